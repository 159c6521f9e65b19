// Modulus hash exchange: each message goes to the binding whose number is the hash of the routing key modulo the count of
// bindings. They are numbered in the order of their names, so the same bindings give the same result after a restart.
// The binding keys mean nothing, but each makes another binding: one bound twice gets twice as much. When a binding comes
// or goes most keys move: where that matters, the consistent hash exchange is the one to use.

import { type Binding, bindingIdentity } from './binding.ts'
import { type AddTarget, Exchange } from './exchange.ts'
import { hashOf } from './hash.ts'
import type { Headers } from './headers.ts'

export class ModulusHashExchange extends Exchange {
  readonly type = 'x-modulus-hash'
  /** Null after a change, until the next message. */
  #sorted: Binding[] | null = null

  match(key: string, _headers: Headers | null, add: AddTarget): void {
    const sorted = (this.#sorted ??= this.#sort())
    if (sorted.length > 0) add(sorted[hashOf(key) % sorted.length].destination)
  }

  #sort(): Binding[] {
    const named = [...this.bindings()].map((binding) => ({ binding, name: nameOf(binding) }))
    named.sort((a, b) => (a.name < b.name ? -1 : 1))
    return named.map(({ binding }) => binding)
  }

  protected insert(): void {
    this.#sorted = null
  }

  protected remove(): void {
    this.#sorted = null
  }
}

function nameOf({ destination, key, args }: Binding): string {
  return JSON.stringify([destination.name, destination.kind, bindingIdentity(key, args)])
}
