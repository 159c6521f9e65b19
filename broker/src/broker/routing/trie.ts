// The trie behind the topic exchange: topic.ts says what it means.
//
// A key of no characters has no words; every dot separates two words, which may be empty: `*` takes an empty word.

import type { Binding } from './binding.ts'
import type { RouteTarget } from './target.ts'

class Node {
  readonly parent: Node | null
  readonly word: string
  /** By word, `*` and `#` among them: as a word of a routing key these two are looked up apart. */
  words: Map<string, Node> | null = null
  star: Node | null = null
  hash: Node | null = null
  bindings: Binding[] = []
  /** The step in which this node was last entered. */
  entered = 0

  constructor(parent: Node | null, word: string) {
    this.parent = parent
    this.word = word
  }

  child(word: string): Node | null {
    if (word === '*') return this.star
    if (word === '#') return this.hash
    return this.words?.get(word) ?? null
  }

  setChild(word: string, node: Node | null): void {
    if (word === '*') this.star = node
    else if (word === '#') this.hash = node
    else if (node !== null) (this.words ??= new Map()).set(word, node)
    else if (this.words!.delete(word) && this.words!.size === 0) this.words = null
  }

  get idle(): boolean {
    return this.bindings.length === 0 && this.words === null && this.star === null && this.hash === null
  }
}

export class Trie {
  nodesVisited = 0
  readonly #root = new Node(null, '')
  #step = 0
  // The sets of nodes before and after a word: emptied and kept between searches.
  #here: Node[] = []
  #next: Node[] = []

  insert(binding: Binding): void {
    let node = this.#root
    for (const word of wordsOf(binding.key)) {
      let child = node.child(word)
      if (child === null) node.setChild(word, (child = new Node(node, word)))
      node = child
    }
    node.bindings.push(binding)
  }

  /** The binding must have been inserted. Nodes that lead nowhere any more are dropped. */
  remove(binding: Binding): void {
    let node = this.#root
    for (const word of wordsOf(binding.key)) node = node.child(word)!
    node.bindings.splice(node.bindings.indexOf(binding), 1)
    while (node.idle && node.parent !== null) {
      node.parent.setChild(node.word, null)
      node = node.parent
    }
  }

  search(key: string, found: Set<RouteTarget>): void {
    this.#next.length = 0
    this.#step++
    this.#enter(this.#root)
    for (let from = 0, dot = 0; key !== '' && dot >= 0 && this.#next.length > 0; from = dot + 1) {
      dot = key.indexOf('.', from)
      this.#advance(dot < 0 ? key.slice(from) : key.slice(from, dot))
    }
    for (const node of this.#next) for (const binding of node.bindings) found.add(binding.destination)
    this.#next.length = 0
    this.#here.length = 0
  }

  #advance(word: string): void {
    const here = this.#next
    this.#next = this.#here
    this.#here = here
    this.#next.length = 0
    this.#step++
    for (let i = 0; i < here.length; i++) {
      const node = here[i]
      if (node.word === '#') this.#enter(node)
      if (node.star !== null) this.#enter(node.star)
      const child = node.words?.get(word)
      if (child !== undefined) this.#enter(child)
    }
  }

  /** Into the next set, with the `#` below it, which takes no word at first. */
  #enter(node: Node): void {
    if (node.entered === this.#step) return
    node.entered = this.#step
    this.nodesVisited++
    this.#next.push(node)
    if (node.hash !== null) this.#enter(node.hash)
  }
}

function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.')
}
