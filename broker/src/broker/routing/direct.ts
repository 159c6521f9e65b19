// Direct exchange: the routing key equals the binding key.

import type { Binding } from './binding.ts'
import { type AddTarget, Exchange } from './exchange.ts'
import type { Headers } from './headers.ts'

export class DirectExchange extends Exchange {
  readonly type = 'direct'
  override readonly looksUpEachKey = true
  // A list per key: most have one entry. Removal searches the list, so one key with very many queues unbinds slower.
  readonly #byKey = new Map<string, Binding[]>()

  match(key: string, _headers: Headers | null, add: AddTarget): void {
    const bindings = this.#byKey.get(key)
    if (bindings === undefined) return
    for (let i = 0; i < bindings.length; i++) add(bindings[i].destination)
  }

  protected insert(binding: Binding): void {
    const bindings = this.#byKey.get(binding.key)
    if (bindings === undefined) this.#byKey.set(binding.key, [binding])
    else bindings.push(binding)
  }

  protected remove(binding: Binding): void {
    const bindings = this.#byKey.get(binding.key)!
    bindings.splice(bindings.indexOf(binding), 1)
    if (bindings.length === 0) this.#byKey.delete(binding.key)
  }
}
