/** What the contract is made of: requests with what both brokers must answer, and things done between them. */
import type { Shape } from './shape.ts'
import type { Asking, Target } from './target.ts'

export interface Row extends Omit<Asking, 'method'> {
  /** GET unless told. */
  readonly method?: string
  /** `METHOD /path` unless told; with who asks, if that is not the administrator. A path's `{word}` was remembered. */
  readonly name?: string
  /** RabbitMQ's; 0 for any. What Signalbox answers otherwise is a difference. */
  readonly status: number
  /** Fields that must be there, on both. */
  readonly shape?: Shape
  /** Fields that clients of later versions want: asked of Signalbox alone. */
  readonly also?: Shape
  /** False compares types alone: numbers and names of the machine. */
  readonly values?: false
  /** Lists whose order says nothing: sorted by these fields first. */
  readonly sortBy?: readonly string[]
  /** Asked again until this holds, for what shows with the next statistics. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are what they are
  readonly until?: (body: any) => boolean
  /** RabbitMQ 3.10 does not know it: what a later one has. Only Signalbox is asked. */
  readonly since?: string
}

export type Step = Row | ((target: Target) => Promise<void>)

export interface Area {
  readonly name: string
  readonly steps: readonly Step[]
}

export const nameOf = (row: Row): string =>
  row.name ?? `${row.method ?? 'GET'} ${row.path}${row.as === undefined ? '' : ` as ${row.as.split(':')[0]}`}`

const remembered = new WeakMap<Target, Map<string, string>>()

/** What each broker calls something in its own way: `{word}` in later rows' paths. */
export function remember(target: Target, word: string, name: string): void {
  const words = remembered.get(target) ?? new Map()
  remembered.set(target, words.set(word, name))
}

/** The path as it is sent to this broker. */
export const pathFor = (target: Target, { path }: Row): string =>
  path.replace(/\{(\w+)\}/g, (_, word) => encodeURIComponent(remembered.get(target)?.get(word) ?? word))
