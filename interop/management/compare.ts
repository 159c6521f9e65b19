/**
 * Holds two answers to the same request against each other: status, telling headers, every field with its type, and
 * its value where that is no accident of the moment. What differs is matched against the list of known differences.
 */
import { type Difference, differences, type Kind } from './differences.ts'
import { typeOf } from './shape.ts'
import type { Answer } from './target.ts'

export interface Found {
  readonly row: string
  readonly path: string
  readonly kind: Kind
  readonly ours: unknown
  readonly theirs: unknown
}

/** Fields whose values are measured, drawn or of the place: there, of the same type, and otherwise not compared. */
const OF_THE_MOMENT = new Set(
  `rate avg avg_rate sample timestamp samples memory reductions connected_at idle_since os_pid uptime port peer_port
  recv_oct send_oct recv_cnt send_cnt send_pend recv_oct_details send_oct_details minor_gcs ports consumer_capacity consumer_utilisation message_bytes_ram
  consumer_tag queue_name properties_key pid management_version rabbitmq_version product_version product_name
  erlang_version erlang_full_version version password_hash`.split(/\s+/),
)

/** `values: false` compares types only. `unordered` sorts arrays first. */
export function compare(row: string, ours: Answer, theirs: Answer, how: { values: boolean }): Found[] {
  const found: Found[] = []
  const note = (kind: Kind, path: string, mine: unknown, yours: unknown) => {
    found.push({ row, path, kind, ours: mine, theirs: yours })
  }
  if (ours.status !== theirs.status) {
    note('status', '', ours.status, theirs.status)
    return found
  }
  for (const name of new Set([...Object.keys(ours.headers), ...Object.keys(theirs.headers)])) {
    const [mine, yours] = [normal(ours.headers[name]), normal(theirs.headers[name])]
    if (mine !== yours) note('header', name, mine, yours)
  }
  walk(withoutNodes(ours.body), withoutNodes(theirs.body), '', '')
  return found

  function walk(mine: unknown, yours: unknown, path: string, key: string): void {
    const [a, b] = [typeOf(mine), typeOf(yours)]
    if (a !== b) note('type', path, mine, yours)
    else if (a === 'array') walkArrays(mine as unknown[], yours as unknown[], path, key)
    else if (a === 'object') walkObjects(mine as Record<string, unknown>, yours as Record<string, unknown>, path)
    else if (how.values && !OF_THE_MOMENT.has(key) && normal(mine) !== normal(yours)) note('value', path, mine, yours)
  }
  function walkArrays(mine: unknown[], yours: unknown[], path: string, key: string): void {
    if (OF_THE_MOMENT.has(key)) return
    if (how.values && mine.length !== yours.length) note('length', path, mine.map(brief), yours.map(brief))
    const count = Math.min(mine.length, yours.length)
    for (let at = 0; at < count; at++) walk(mine[at], yours[at], `${path}[]`, key)
  }
  function walkObjects(mine: Record<string, unknown>, yours: Record<string, unknown>, path: string): void {
    for (const name of new Set([...Object.keys(mine), ...Object.keys(yours)])) {
      const at = path === '' ? name : `${path}.${name}`
      if (!Object.hasOwn(mine, name)) note('missing', at, undefined, yours[name])
      else if (!Object.hasOwn(yours, name)) note('extra', at, mine[name], undefined)
      else walk(mine[name], yours[name], at, name)
    }
  }
}

/** Each difference once, with what the list says of it: undefined for one that nobody has given a reason for. */
export function explained(found: readonly Found[]): { found: Found; by: Difference | undefined }[] {
  const seen = new Set<string>()
  return found.flatMap((one) => {
    const name = JSON.stringify([one.path, one.kind, one.kind === 'value' ? one.ours : ''])
    if (seen.has(name)) return []
    seen.add(name)
    return [{ found: one, by: differences.find((difference) => covers(difference, one)) }]
  })
}

function covers({ rows, path, kind }: Difference, one: Found): boolean {
  if (kind !== undefined && ![kind].flat().includes(one.kind)) return false
  return [rows].flat().some((glob) => matches(glob, one.row)) && [path].flat().some((glob) => matches(glob, one.path))
}

/** `*` stands for anything. */
function matches(glob: string, text: string): boolean {
  const pattern = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(text)
}

/** Names that carry ports, and names of nodes, in the same words for both. */
function normal(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value
    .replace(/\b(127\.0\.0\.1|\[::1\]):\d+ -> (127\.0\.0\.1|\[::1\]):\d+/g, 'PEER -> HOST')
    .replace(/\b(rabbit|signalbox)@[\w.-]+/g, 'NODE')
}

/** Fields that are called by the node are called NODE. */
function withoutNodes(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replace(/"(rabbit|signalbox)@[\w.-]+":/g, '"NODE":'))
}

function brief(item: unknown): unknown {
  if (typeOf(item) !== 'object') return item
  const { name, user, component, source, destination, vhost } = item as Record<string, unknown>
  return [name, user, component, source, destination, vhost].filter((part) => part !== undefined).join(' ')
}
