/**
 * Topics named by a pattern (KIP-848). Clients send the patterns, so matching must not be able to take long: a pattern
 * becomes an automaton whose possible states are all followed at once, in time proportional to pattern × name.
 */
import { StreamRefusal } from '../stream-refusal.ts'
import { type Edge, isWord, type Node, parsePattern } from './subscription-regex-parser.ts'

export type TopicMatcher = (name: string) => boolean

type State =
  | { readonly kind: 'set'; has(code: number): boolean; readonly next: number }
  | { readonly kind: 'edge'; readonly edge: Edge; readonly next: number }
  | { readonly kind: 'fork'; nexts: number[] }
  | { readonly kind: 'end' }

const LENGTH_MAX = 4096
/** Bounds what `(a{1000}){1000}` may cost, and `(){1000}` so often in itself, which comes to nothing. */
const PARTS_MAX = 5000

/** A whole name must fit. @throws StreamRefusal invalid-regular-expression */
export function topicMatcher(source: string): TopicMatcher {
  if (source.length > LENGTH_MAX) tooLarge()
  const automaton = new Automaton()
  const start = automaton.build(parsePattern(source), END)
  const walk = new Walk(automaton.states)
  return (name) => walk.fits(start, name)
}

const END = 0

class Automaton {
  readonly states: State[] = [{ kind: 'end' }]
  private parts = 0

  /** @returns the state at which the node begins; behind it comes `next` */
  build(node: Node, next: number): number {
    this.parts += 1
    if (this.parts > PARTS_MAX) tooLarge()
    switch (node.kind) {
      case 'set':
        return this.add({ kind: 'set', has: node.has, next })
      case 'edge':
        return this.add({ kind: 'edge', edge: node.edge, next })
      case 'sequence':
        return node.nodes.reduceRight((behind, one) => this.build(one, behind), next)
      case 'choice':
        return this.add({ kind: 'fork', nexts: node.nodes.map((one) => this.build(one, next)) })
      case 'repeat':
        return this.buildRepeat(node, next)
    }
  }

  private buildRepeat({ node, min, max }: Node & { kind: 'repeat' }, next: number): number {
    let start = next
    if (max === Number.POSITIVE_INFINITY) {
      const fork = { kind: 'fork' as const, nexts: [next] }
      start = this.add(fork)
      fork.nexts.push(this.build(node, start))
    } else {
      for (let n = min; n < max; n++) start = this.add({ kind: 'fork', nexts: [next, this.build(node, start)] })
    }
    for (let n = 0; n < min; n++) start = this.build(node, start)
    return start
  }

  private add(state: State): number {
    return this.states.push(state) - 1
  }
}

/** One automaton's way through a name. The states it may be in are kept in arrays, for there may be thousands. */
class Walk {
  private readonly states: readonly State[]
  private current: Int32Array
  private upcoming: Int32Array
  private count = 0
  /** Of each state, behind how many characters it was reached last. */
  private readonly reachedAt: Int32Array

  constructor(states: readonly State[]) {
    this.states = states
    this.current = new Int32Array(states.length)
    this.upcoming = new Int32Array(states.length)
    this.reachedAt = new Int32Array(states.length)
  }

  fits(start: number, name: string): boolean {
    this.reachedAt.fill(-1)
    this.count = 0
    this.reach(start, 0)
    this.follow(name, 0)
    for (let pos = 0; pos < name.length && this.count > 0; pos++) this.take(name, pos)
    return this.reachedAt[END] === name.length
  }

  /** Goes on from all states that take the character. */
  private take(name: string, pos: number): void {
    const { states, current, count } = this
    const code = name.charCodeAt(pos)
    this.current = this.upcoming
    this.upcoming = current
    this.count = 0
    for (let at = 0; at < count; at++) {
      const state = states[current[at]!]!
      if (state.kind === 'set' && state.has(code)) this.reach(state.next, pos + 1)
    }
    this.follow(name, pos + 1)
  }

  /** Reaches what can be without taking a character. */
  private follow(name: string, pos: number): void {
    for (let at = 0; at < this.count; at++) {
      const state = this.states[this.current[at]!]!
      if (state.kind === 'fork') for (const next of state.nexts) this.reach(next, pos)
      else if (state.kind === 'edge' && isAt(state.edge, name, pos)) this.reach(state.next, pos)
    }
  }

  private reach(state: number, pos: number): void {
    if (this.reachedAt[state] === pos) return
    this.reachedAt[state] = pos
    this.current[this.count++] = state
  }
}

function isAt(edge: Edge, name: string, pos: number): boolean {
  if (edge === 'start') return pos === 0
  if (edge === 'end') return pos === name.length
  const inside = isWord(name.charCodeAt(pos - 1)) !== isWord(name.charCodeAt(pos))
  return edge === 'word' ? inside : !inside
}

function tooLarge(): never {
  throw new StreamRefusal('invalid-regular-expression', 'SubscribedTopicRegex is too large.')
}
