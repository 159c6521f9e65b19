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
/** Bounds what `(a{1000}){1000}` may cost. */
const STATES_MAX = 10_000

/** A whole name must fit. @throws StreamRefusal invalid-regular-expression */
export function topicMatcher(source: string): TopicMatcher {
  if (source.length > LENGTH_MAX) tooLarge()
  const states: State[] = [{ kind: 'end' }]
  const start = build(parsePattern(source), 0, states)
  return (name) => matches(states, start, name)
}

/** @returns the state at which the node begins; behind it comes `next` */
function build(node: Node, next: number, states: State[]): number {
  switch (node.kind) {
    case 'set':
      return add(states, { kind: 'set', has: node.has, next })
    case 'edge':
      return add(states, { kind: 'edge', edge: node.edge, next })
    case 'sequence':
      return node.nodes.reduceRight((behind, one) => build(one, behind, states), next)
    case 'choice':
      return add(states, { kind: 'fork', nexts: node.nodes.map((one) => build(one, next, states)) })
    case 'repeat':
      return buildRepeat(node, next, states)
  }
}

function buildRepeat({ node, min, max }: Node & { kind: 'repeat' }, next: number, states: State[]): number {
  let start = next
  if (max === Number.POSITIVE_INFINITY) {
    const fork = { kind: 'fork' as const, nexts: [next] }
    start = add(states, fork)
    fork.nexts.push(build(node, start, states))
  } else {
    for (let n = min; n < max; n++) {
      start = add(states, { kind: 'fork', nexts: [next, build(node, start, states)] })
    }
  }
  for (let n = 0; n < min; n++) start = build(node, start, states)
  return start
}

function add(states: State[], state: State): number {
  if (states.length >= STATES_MAX) tooLarge()
  return states.push(state) - 1
}

function matches(states: readonly State[], start: number, name: string): boolean {
  let current = reachable(states, [start], name, 0)
  for (let pos = 0; pos < name.length; pos++) {
    const code = name.charCodeAt(pos)
    const nexts: number[] = []
    for (const index of current) {
      const state = states[index]!
      if (state.kind === 'set' && state.has(code)) nexts.push(state.next)
    }
    current = reachable(states, nexts, name, pos + 1)
  }
  return current.has(0)
}

/** Without taking a character. */
function reachable(states: readonly State[], from: readonly number[], name: string, pos: number): Set<number> {
  const found = new Set(from)
  for (const index of found) {
    const state = states[index]!
    if (state.kind === 'fork') for (const next of state.nexts) found.add(next)
    else if (state.kind === 'edge' && isAt(state.edge, name, pos)) found.add(state.next)
  }
  return found
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
