// Random exchange: each message goes to one binding, all with the same chance. Keys mean nothing, but each makes another
// binding: a destination bound twice gets twice as much.

import { type Random, systemRandom } from '../../base/random.ts'
import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import type { Headers } from './headers.ts'

export class RandomExchange extends Exchange {
  readonly type: 'x-random' | 'x-local-random' = 'x-random'
  override readonly keyDecides = false
  readonly #random: Random
  readonly #bindings: Binding[] = []

  constructor(name: string, options: ExchangeOptions, random: Random = systemRandom) {
    super(name, options)
    this.#random = random
  }

  match(_key: string, _headers: Headers | null, add: AddTarget): void {
    const { length } = this.#bindings
    if (length > 0) add(this.#bindings[length === 1 ? 0 : this.#random.below(length)].destination)
  }

  protected insert(binding: Binding): void {
    this.#bindings.push(binding)
  }

  protected remove(binding: Binding): void {
    const last = this.#bindings.pop()!
    if (last !== binding) this.#bindings[this.#bindings.indexOf(binding)] = last
  }
}
