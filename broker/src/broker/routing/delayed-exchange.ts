// Exchange type x-delayed-message: routes as the type named by `x-delayed-type` does. What keeps messages back until
// they are due is their vhost (delay/): where they are published to, or, by `keeper`, where they come by a binding. Here
// they are routed when their time has come, or if they ask for no delay.

import { delayOf } from '../delay/due-time.ts'
import { Refusal } from '../refusal.ts'
import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions, type PropertyOf } from './exchange.ts'
import type { Headers } from './headers.ts'
import { SCHEDULE_TYPE } from './schedule-exchange.ts'
import type { TopicTarget } from './target.ts'

export const DELAYED_TYPE = 'x-delayed-message'

export class DelayedExchange extends Exchange {
  readonly type = DELAYED_TYPE
  override readonly knownArguments = ['alternate-exchange', 'x-delayed-type']
  override readonly keepsBack = true
  override readonly keyDecides: boolean
  override readonly looksUpEachKey: boolean
  /** Routes; its bindings are copies of those here. */
  readonly inner: Exchange
  /** Takes what asks for a delay and was not kept back on its way in: another exchange leads here. Set by its vhost. */
  keeper: TopicTarget | null = null

  /** @param inner of the type that routes; it has the same name and no bindings. */
  constructor(name: string, options: ExchangeOptions, inner: Exchange) {
    super(name, options)
    this.inner = inner
    this.keyDecides = inner.keyDecides
    this.looksUpEachKey = inner.looksUpEachKey
  }

  match(key: string, headers: Headers | null, add: AddTarget, properties: PropertyOf | null): void {
    if (this.keeper !== null && headers !== null && delayOf(headers) > 0) add(this.keeper)
    else this.inner.match(key, headers, add, properties)
  }

  protected insert({ destination, key, args }: Binding): void {
    this.inner.bind(destination, key, args)
  }

  protected remove({ destination, key, args }: Binding): void {
    this.inner.unbind(destination, key, args)
  }
}

/** @throws Refusal precondition-failed, in the words of RabbitMQ's plugin, if the arguments name no type. */
export function delayedTypeOf(args: Headers): string {
  const type = args['x-delayed-type']
  if (type === DELAYED_TYPE || type === SCHEDULE_TYPE) {
    throw new Refusal('precondition-failed', `Invalid argument, '${type}' can't be used for 'x-delayed-type'`)
  }
  if (typeof type === 'string') return type
  throw new Refusal('precondition-failed', `Invalid argument, 'x-delayed-type' must be an existing exchange type`)
}
