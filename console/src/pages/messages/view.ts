/**
 * What the page shows, as its address carries it: a link to a view is the view.
 *
 *   /queues/%2F/orders/messages?tab=unacked       /topics/%2F/clicks/messages?partition=2&from=offset:120&text=err&at=2:133
 */
import { path, query } from '../../api/client.ts'

export type Tab = 'browse' | 'unacked' | 'publish'
export type Start =
  | { readonly kind: 'first' }
  /** So many before the end of each partition as a page has. */
  | { readonly kind: 'last' }
  | { readonly kind: 'place'; readonly place: string }
  | { readonly kind: 'time'; readonly time: number }

/** Where messages are, or go to. */
export interface Named {
  readonly vhost: string
  readonly kind: 'queue' | 'topic' | 'exchange'
  readonly name: string
}

/** Where messages are kept. */
export interface Kept extends Named {
  readonly kind: 'queue' | 'topic'
}

export interface View extends Kept {
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

/** @param named what the path of the page names */
export function readView(named: Kept, parameters: URLSearchParams): View {
  const tab = parameters.get('tab')
  return {
    ...named,
    tab: tab === 'publish' || (tab === 'unacked' && named.kind === 'queue') ? tab : 'browse',
    partition: named.kind === 'topic' ? whole(parameters.get('partition')) : null,
    start: readStart(parameters.get('from')),
    key: parameters.get('key') ?? '',
    header: parameters.get('header') ?? '',
    text: parameters.get('text') ?? '',
    at: parameters.get('at'),
  }
}

/** Leaves out whatever is as it would be without. */
export function addressOf(view: View): string {
  const { vhost, kind, name, start } = view
  const page = kind === 'queue' ? path`/queues/${vhost}/${name}/messages` : path`/topics/${vhost}/${name}/messages`
  return `${page}${query({
    tab: view.tab === 'browse' ? null : view.tab,
    partition: view.partition,
    from: writeStart(start),
    key: view.key,
    header: view.header,
    text: view.text,
    at: view.at,
  })}`
}

/** Everything that decides which messages are read, and in which order: other than this, nothing is read again. */
export function readingKey({ vhost, kind, name, partition, start, key, header, text }: View): string {
  return JSON.stringify([vhost, kind, name, partition, start, key, header, text])
}

export const isSearch = ({ key, header, text }: View): boolean => key !== '' || header !== '' || text !== ''

function writeStart(start: Start): string | null {
  if (start.kind === 'place') return `offset:${start.place}`
  if (start.kind === 'time') return `time:${new Date(start.time).toISOString()}`
  return start.kind === 'last' ? 'last' : null
}

function readStart(from: string | null): Start {
  if (from === 'last') return { kind: 'last' }
  const [, kind, value] = /^(offset|time):(.+)$/.exec(from ?? '') ?? []
  if (kind === 'offset') return { kind: 'place', place: value }
  const time = kind === 'time' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? { kind: 'first' } : { kind: 'time', time }
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null
}
