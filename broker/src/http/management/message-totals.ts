/** Messages and their rates, of the whole broker or of the vhosts that a caller may enter. */
import type { Broker } from '../../broker/broker.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import type { RowOptions } from '../lists/row-options.ts'
import { clientSeries } from '../stats/client-series.ts'
import { type Detailed, type Details, detailed, detailedGroups } from '../stats/details.ts'
import { OUT_FIELDS, type QueueField } from '../stats/object-series.ts'
import type { Series } from '../stats/series.ts'

/** Those that are shown together. */
const GROUPS: readonly (readonly QueueField[])[] = [['publish'], OUT_FIELDS]
const MESSAGE_FIELDS = GROUPS.flat()

const LENGTH_FIELDS = ['messages', 'messages_ready', 'messages_unacknowledged'] as const satisfies readonly QueueField[]

interface MessageTotals {
  readonly message_stats: Detailed
  readonly queue_totals: Detailed
}

export function messageTotals(http: HttpContext, caller: Caller, options: RowOptions): MessageTotals {
  const { broker } = http
  const objects: (Broker | Vhost)[] = caller.is('monitoring') ? [broker] : caller.seenVhosts()
  const nowMs = broker.clock.now()
  const { totals } = http.stats
  const { fates } = clientSeries(http)
  const sum = <F extends string>(of: Series<Broker | Vhost, F>, fields: readonly F[], past: RowOptions['rates']) => {
    const rows = objects.map((object) => detailed(of, object, fields, past, nowMs, true))
    return rows.length === 1 ? rows[0] : sumOf(fields, rows)
  }
  return {
    message_stats: {
      ...usedGroups(sum(totals, MESSAGE_FIELDS, options.rates), GROUPS),
      ...usedGroups(sum(fates, fates.fields, options.rates), [fates.fields]),
    },
    queue_totals: sum(totals, LENGTH_FIELDS, options.lengths),
  }
}

/** Those of which anything was counted. */
function usedGroups(row: Detailed, groups: readonly (readonly string[])[]): Detailed {
  const used: Detailed = {}
  for (const fields of groups) {
    if (fields.every((field) => row[field] === 0)) continue
    for (const field of fields) {
      used[field] = row[field]
      used[`${field}_details`] = row[`${field}_details`]
    }
  }
  return used
}

/** Of one vhost, as its row has them. */
export function vhostTotals(http: HttpContext, vhost: Vhost, { rates, lengths }: RowOptions): object {
  const { totals } = http.stats
  const { fates } = clientSeries(http)
  const nowMs = http.broker.clock.now()
  return {
    ...detailed(totals, vhost, LENGTH_FIELDS, lengths, nowMs, true),
    message_stats: {
      ...usedGroups(detailed(totals, vhost, MESSAGE_FIELDS, rates, nowMs, true), GROUPS),
      ...detailedGroups(fates, vhost, [fates.fields], rates, nowMs),
    },
  }
}

function sumOf(fields: readonly string[], rows: readonly Detailed[]): Detailed {
  const sum: Detailed = {}
  for (const field of fields) {
    sum[field] = rows.reduce((total, row) => total + (row[field] as number), 0)
    sum[`${field}_details`] = sumOfDetails(rows.map((row) => row[`${field}_details`] as Details))
  }
  return sum
}

/** Samples of all are of the same times. */
function sumOfDetails(all: readonly Details[]): Details {
  const add = (of: (one: Details) => number | undefined): number =>
    all.reduce((total, one) => total + (of(one) ?? 0), 0)
  const rate = add((one) => one.rate)
  const [first] = all
  if (first?.samples === undefined) return { rate }
  const samples = first.samples.map(({ timestamp }, i) => ({
    sample: add((one) => one.samples?.[i]?.sample),
    timestamp,
  }))
  return { rate, samples, avg_rate: add((one) => one.avg_rate), avg: add((one) => one.avg) }
}
