// Topic exchange: binding keys are patterns of words between dots; `*` is one word, `#` any number of them, also none.
//
//   bindings a.*.c, a.#          (root) ─ a ─┬─ * ─ c •
//                                           └─ # •
//
// Patterns stand in a trie. A key walks it with the set of all nodes it can be at, word by word, a `#` node staying in
// the set once entered. Each node is entered once per word, so many `#` in one pattern cost no more than their number;
// a recursive search would take exponential time on a.#.b.#.c.#.
//
// Real publishers repeat few keys, so results are kept by key. The cache counts keys and destinations together, is
// emptied when full and at each change of bindings: cheap to keep true, and a burst of bindings pays nothing for it.

import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import type { Headers } from './headers.ts'
import type { RouteTarget } from './target.ts'
import { Trie } from './trie.ts'

export interface TopicOptions extends ExchangeOptions {
  /** Keys plus destinations that the result cache holds before it is emptied. */
  readonly cachedMax?: number
}

export class TopicExchange extends Exchange {
  readonly type = 'topic'
  override readonly looksUpEachKey = true
  readonly #trie = new Trie()
  readonly #cache = new Map<string, readonly RouteTarget[]>()
  readonly #cachedMax: number
  #cached = 0

  constructor(name: string, options: TopicOptions) {
    super(name, options)
    this.#cachedMax = options.cachedMax ?? 65_536
  }

  /** Trie nodes looked at since the exchange was made: what matching costs where a clock would be too noisy. */
  get nodesVisited(): number {
    return this.#trie.nodesVisited
  }

  match(key: string, _headers: Headers | null, add: AddTarget): void {
    const targets = this.#cache.get(key) ?? this.#search(key)
    for (let i = 0; i < targets.length; i++) add(targets[i])
  }

  protected insert(binding: Binding): void {
    this.#trie.insert(binding)
    this.#forget()
  }

  protected remove(binding: Binding): void {
    this.#trie.remove(binding)
    this.#forget()
  }

  #search(key: string): readonly RouteTarget[] {
    const found = new Set<RouteTarget>()
    this.#trie.search(key, found)
    const targets = [...found]
    const weight = targets.length + 1
    if (this.#cached + weight > this.#cachedMax) this.#forget()
    if (weight <= this.#cachedMax) {
      this.#cache.set(key, targets)
      this.#cached += weight
    }
    return targets
  }

  #forget(): void {
    if (this.#cached === 0) return
    this.#cache.clear()
    this.#cached = 0
  }
}
