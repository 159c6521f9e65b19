/**
 * Messages of a queue without taking them, page by page. A search that finds little goes through much: it is answered in
 * parts, and shows how far it is.
 */
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { Progress } from '../progress.ts'
import type { Session } from '../session.ts'

export interface Filter {
  readonly key?: string
  readonly header?: string
  readonly text?: string
}

export interface Browsed {
  readonly place: number
  readonly exchange: string
  readonly routing_key: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly payload: string
  readonly payload_encoding: 'string' | 'base64'
  readonly payload_bytes: number
  readonly truncated: boolean
  readonly arrival: number
  readonly expires: number | null
  readonly due: number | null
  readonly state: string
  readonly redelivered: boolean
  readonly delivery_count: number
}

interface Page {
  readonly messages: readonly Browsed[]
  readonly next: number | null
  readonly scanned: { readonly messages: number }
}

interface BrowseOptions extends Filter {
  readonly since?: number
  /** Messages of a page. */
  readonly limit: number
  readonly bodyBytes: number
}

export function filterOptions(command: Command): Command {
  return command
    .option('-k, --key <text>', 'those whose routing key has this in it')
    .option('-H, --header <name[=value]>', 'those with this header')
    .option('--text <text>', 'those with this in body, headers or properties')
}

export function isFilter({ key, header, text }: Filter): boolean {
  return key !== undefined || header !== undefined || text !== undefined
}

export async function messageCount({ api, vhost }: Session, queue: string): Promise<number> {
  return (await api.get<{ messages: number }>(address`/api/queues/${vhost}/${queue}?columns=messages`)).messages
}

/**
 * Pages with what was found, empty ones left out, of the messages that are there now: no more than so many are looked at.
 *
 * @param looked told how many messages were looked at since it was called last
 */
export async function* browse(
  { api, vhost }: Session,
  queue: string,
  { since, limit, bodyBytes, ...filter }: BrowseOptions,
  looked: (count: number) => void = () => {},
): AsyncGenerator<readonly Browsed[]> {
  const query = new URLSearchParams({ limit: String(limit), body_bytes: String(bodyBytes) })
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value)
  if (since !== undefined) query.set('since', String(since))
  for (;;) {
    const { messages, next, scanned } = await api.get<Page>(
      address`/api/queues/${vhost}/${queue}/messages` + `?${query}`,
    )
    looked(scanned.messages)
    if (messages.length > 0) yield messages
    if (next === null) return
    query.set('place', String(next))
  }
}

/** A bar for a search once it needs a second page. */
export function searching(total: number): { looked: (count: number) => void; stop: () => void } {
  let progress: Progress | null = null
  let pages = 0
  let done = 0
  return {
    looked(count) {
      done += count
      if (++pages > 1) (progress ??= new Progress('searching', 'messages', total)).reach(Math.min(done, total))
    },
    stop: () => progress?.stop(),
  }
}
