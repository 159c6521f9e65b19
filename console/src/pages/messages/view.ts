/**
 * What the page shows, as its address carries it: a link to a view is the view.
 *
 *   ?vhost=/&queue=orders&tab=unacked          ?vhost=/&topic=clicks&partition=2&from=offset:120&text=err&at=2:133
 */

export type Tab = 'browse' | 'unacked' | 'publish'
export type Start =
  | { readonly kind: 'first' }
  | { readonly kind: 'place'; readonly place: string }
  | { readonly kind: 'time'; readonly time: number }

export interface View {
  readonly vhost: string
  readonly kind: 'queue' | 'topic' | 'exchange'
  /** Null while nothing is chosen. */
  readonly name: string | null
  readonly tab: Tab
  /** Of a topic; null for all. */
  readonly partition: number | null
  readonly start: Start
  readonly key: string
  readonly header: string
  readonly text: string
  /** The message that is open. */
  readonly at: string | null
}

export function readView(parameters: URLSearchParams): View {
  const kind = parameters.has('topic') ? 'topic' : parameters.has('exchange') ? 'exchange' : 'queue'
  const tab = parameters.get('tab')
  return {
    vhost: parameters.get('vhost') ?? '/',
    kind,
    name: parameters.get(kind),
    tab: tab === 'publish' || kind === 'exchange' ? 'publish' : tab === 'unacked' && kind === 'queue' ? tab : 'browse',
    partition: whole(parameters.get('partition')),
    start: readStart(parameters.get('from')),
    key: parameters.get('key') ?? '',
    header: parameters.get('header') ?? '',
    text: parameters.get('text') ?? '',
    at: parameters.get('at'),
  }
}

/** Leaves out whatever is as it would be without. */
export function writeView(view: View): URLSearchParams {
  const parameters = new URLSearchParams({ vhost: view.vhost })
  if (view.name !== null) parameters.set(view.kind, view.name)
  if (view.tab !== 'browse' && view.kind !== 'exchange') parameters.set('tab', view.tab)
  if (view.partition !== null && view.kind === 'topic') parameters.set('partition', String(view.partition))
  if (view.start.kind === 'place') parameters.set('from', `offset:${view.start.place}`)
  if (view.start.kind === 'time') parameters.set('from', `time:${new Date(view.start.time).toISOString()}`)
  for (const name of ['key', 'header', 'text', 'at'] as const) {
    const value = view[name]
    if (value) parameters.set(name, value)
  }
  return parameters
}

/** Everything that decides which messages are read, and in which order: other than this, nothing is read again. */
export function readingKey({ vhost, kind, name, partition, start, key, header, text }: View): string {
  return JSON.stringify([vhost, kind, name, partition, start, key, header, text])
}

export const isSearch = ({ key, header, text }: View): boolean => key !== '' || header !== '' || text !== ''

function readStart(from: string | null): Start {
  const [, kind, value] = /^(offset|time):(.+)$/.exec(from ?? '') ?? []
  if (kind === 'offset') return { kind: 'place', place: value }
  const time = kind === 'time' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? { kind: 'first' } : { kind: 'time', time }
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null
}
