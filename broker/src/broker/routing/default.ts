// The default exchange: named '', direct, durable, bound to every queue by the queue's name and by nothing else.

import { Refusal } from '../refusal.ts'
import { type AddTarget, Exchange } from './exchange.ts'
import { type Headers, noHeaders } from './headers.ts'
import type { RouteTarget } from './target.ts'

export class DefaultExchange extends Exchange {
  readonly type = 'direct'
  override readonly looksUpEachKey = true
  readonly #queue: (name: string) => RouteTarget | undefined

  constructor(queue: (name: string) => RouteTarget | undefined) {
    super('', { durable: true, autoDelete: false, internal: false, arguments: noHeaders })
    this.#queue = queue
  }

  match(key: string, _headers: Headers | null, add: AddTarget): void {
    const queue = this.#queue(key)
    if (queue !== undefined) add(queue)
  }

  /** @throws Refusal access-refused always: its bindings follow from the queues. */
  override bind(): never {
    throw new Refusal('access-refused', 'operation not permitted on the default exchange')
  }

  /** @throws Refusal access-refused always. */
  override unbind(): never {
    throw new Refusal('access-refused', 'operation not permitted on the default exchange')
  }

  protected insert(): void {}

  protected remove(): void {}
}
