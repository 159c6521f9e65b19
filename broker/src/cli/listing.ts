/**
 * `list` and `show` of the things that the API lists: filtered, sorted and cut by the broker, so that nothing is sent in
 * vain.
 */
import type { Command } from 'commander'
import { address } from './broker-api.ts'
import { wholeNumber } from './quantities.ts'
import { columnsOf, fieldsOf, type Row, valueAt } from './rows.ts'
import { onBroker, type Session } from './session.ts'

/** RabbitMQ's own bound. */
const PAGE_SIZE_MAX = 500

export interface Listing {
  /** The collection's name in the API, and in sentences. */
  readonly of: string
  readonly columns: readonly string[]
  /** Of the columns those that a narrow terminal goes without, the first of them first. */
  readonly spare?: readonly string[]
  /** Whether a vhost holds them. */
  readonly inVhosts: boolean
  /** Fields that are not for a screen. */
  readonly hidden?: readonly string[]
}

interface ListOptions {
  readonly columns?: string
  readonly sort?: string
  readonly reverse?: true
  readonly filter?: string
  readonly regex?: true
  readonly limit?: number
  readonly allVhosts?: true
}

interface Page {
  readonly items: readonly Row[]
  readonly filtered_count: number
  readonly page_count: number
}

/** Gives a command its subcommand `list`. */
export function defineList(command: Command, listing: Listing): void {
  const list = command
    .command('list')
    .description(`Lists ${listing.of}.`)
    .option('--columns <names>', `fields to show, with commas (${listing.columns.join(',')})`)
    .option('--sort <column>', 'the field to sort by')
    .option('--reverse', 'the largest first')
    .option('--filter <text>', 'only names that have this in them')
    .option('--regex', 'the filter is a regular expression')
    .option('--limit <count>', 'at most so many', wholeNumber)
  if (listing.inVhosts) list.option('--all-vhosts', 'of all virtual hosts')
  onBroker(list, (session, options: ListOptions) => printList(session, options, listing))
}

async function printList(session: Session, options: ListOptions, listing: Listing): Promise<void> {
  const { out, vhost } = session
  const { of, inVhosts, hidden = [] } = listing
  const columns = options.columns?.split(',') ?? [...(options.allVhosts ? ['vhost'] : []), ...listing.columns]
  const query = new URLSearchParams()
  // JSON has everything, unless columns are asked for.
  if (options.columns !== undefined || !out.json) query.set('columns', columns.join())
  if (options.sort !== undefined) query.set('sort', options.sort)
  if (options.reverse) query.set('sort_reverse', 'true')
  if (options.filter !== undefined) query.set('name', options.filter)
  if (options.regex) query.set('use_regex', 'true')
  const path = inVhosts && !options.allVhosts ? address`/api/${of}/${vhost}` : `/api/${of}`
  const rows = await rowsOf(session, path, query, options.limit)
  const shownRows = hidden.length === 0 ? rows : rows.map((row) => without(row, hidden))
  const unknown = columns.filter((name) => shownRows.every((row) => valueAt(row, name) === undefined))
  if (options.columns !== undefined && rows.length > 0 && unknown.length > 0) {
    out.note(`none of them has ${unknown.join(', ')}`)
  }
  // What was asked for is whole, however wide.
  out.list(shownRows, columnsOf(columns, shownRows), options.columns === undefined ? listing.spare : null)
}

/** Gives a command its subcommand `show`, of fields that have something to tell. */
export function defineShow(
  command: Command,
  { of, one, fields, inVhosts }: { of: string; one: string; fields: readonly string[]; inVhosts: boolean },
): void {
  const show = command.command(`show <${one}>`).description(`Shows ${/^[aeiou]/.test(one) ? 'an' : 'a'} ${one}.`)
  onBroker(show, async ({ api, out, vhost }, _: object, name: string) => {
    const row = await api.get<Row>(inVhosts ? address`/api/${of}/${vhost}/${name}` : address`/api/${of}/${name}`)
    out.show(row, fieldsOf(row, fields))
  })
}

/** Filters want pages as well: without, RabbitMQ's lists are whole. */
async function rowsOf(
  { api, out }: Session,
  path: string,
  query: URLSearchParams,
  limit: number | undefined,
): Promise<Row[]> {
  if (limit === undefined && !query.has('name')) return api.get<Row[]>(`${path}?${query}`)
  const most = limit ?? Number.MAX_SAFE_INTEGER
  query.set('page_size', String(Math.min(PAGE_SIZE_MAX, Math.max(1, most))))
  const rows: Row[] = []
  for (let page = 1; ; page++) {
    query.set('page', String(page))
    const { items, filtered_count, page_count } = await api.get<Page>(`${path}?${query}`)
    rows.push(...items.slice(0, most - rows.length))
    if (rows.length < most && page < page_count) continue
    if (rows.length < filtered_count) out.note(`${rows.length} of ${filtered_count} shown`)
    return rows
  }
}

export function without(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))
}
