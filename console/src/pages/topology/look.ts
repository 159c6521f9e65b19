/** How kinds of lines and nodes look, told once for the drawing and its legend. */
import type { EdgeKind, NodeKind } from './graph.ts'

export interface LineLook {
  readonly title: string
  readonly colour: string
  /** `stroke-dasharray`; null for a whole line. */
  readonly dashes: string | null
}

const plain = (title: string): LineLook => ({ title, colour: 'var(--accent)', dashes: null })

export const LINES: Readonly<Record<EdgeKind, LineLook>> = {
  publish: plain('publishes to'),
  binding: plain('binding'),
  consume: plain('consumes'),
  fetch: { title: 'fetched by a group', colour: 'var(--series-3)', dashes: null },
  feed: { title: 'feeds a queue', colour: 'var(--series-6)', dashes: '10 3' },
  'dead-letter': { title: 'dead letters', colour: 'var(--danger)', dashes: '7 5' },
  alternate: { title: 'if unroutable', colour: 'var(--warn)', dashes: '2 5' },
}

/** Of a line on which nothing moves. */
export const IDLE = 'var(--line-strong)'

export const KINDS: Readonly<
  Record<NodeKind, { readonly title: string; readonly many: string; readonly colour: string }>
> = {
  publisher: { title: 'Publisher', many: 'publishers', colour: 'var(--series-5)' },
  exchange: { title: 'Exchange', many: 'exchanges', colour: 'var(--series-2)' },
  topic: { title: 'Topic', many: 'topics', colour: 'var(--series-3)' },
  queue: { title: 'Queue', many: 'queues', colour: 'var(--series-1)' },
  stream: { title: 'Stream', many: 'streams', colour: 'var(--series-6)' },
  group: { title: 'Group', many: 'groups', colour: 'var(--series-3)' },
  consumer: { title: 'Consumer', many: 'consumers', colour: 'var(--series-5)' },
}

export const titleOf = (kind: NodeKind, name: string): string => {
  if (name !== '') return name
  return kind === 'exchange' ? '(default exchange)' : `(${KINDS[kind].title.toLowerCase()} without a name)`
}
