/** Groups as the API gives them, and what can be read from how their lag goes. */
import { type Details, levelOf, type Point } from '../../api/samples.ts'
import { humanRate, humanSpan } from '../../parts/format.ts'

interface GroupBase {
  readonly name: string
  readonly vhost: string
  readonly type: 'classic' | 'consumer'
  readonly protocol_type: string
  readonly state: string
  readonly lag: number
  readonly lag_details: Details
}

/** In lists. */
export interface GroupRow extends GroupBase {
  readonly members: number
  readonly topics: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface Member {
  readonly member_id: string
  readonly instance_id: string | null
  readonly client_id: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
}

export interface OffsetRow extends TopicPartition {
  /** Null: a member has the partition, but nothing of it was committed. */
  readonly committed: number | null
  readonly committed_at?: number
  readonly end_offset: number | null
  readonly lag: number | null
  readonly member_id: string | null
  /** Newest first. */
  readonly lag_samples?: Details['samples']
}

export interface Rebalance {
  readonly at: number
  readonly reason: string
}

/** By itself. */
export interface Group extends GroupBase {
  readonly members: readonly Member[]
  /** How many topics it has offsets in. */
  readonly topics: number
  readonly generation: number
  readonly assignor: string | null
  readonly offsets: readonly OffsetRow[]
  /** Newest first. */
  readonly lag_samples: Details['samples']
  /** Newest first; not kept over a restart. */
  readonly rebalances: readonly Rebalance[]
}

/** What moves slower than this is still. */
const STILL = 0.5

export type Trend = 'growing' | 'shrinking' | 'still'

export function trendOf({ lag_details: { rate } }: Pick<GroupBase, 'lag_details'>): Trend {
  return rate > STILL ? 'growing' : rate < -STILL ? 'shrinking' : 'still'
}

/** Less than this comes and goes. */
const NOTABLE = 1000

export const isFallingBehind = (group: Pick<GroupBase, 'lag' | 'lag_details'>): boolean =>
  group.lag > NOTABLE && trendOf(group) === 'growing'

/** What becomes of the lag if all goes on as now; null where there is nothing to say. */
export function outlook(group: Pick<GroupBase, 'lag' | 'lag_details'>): string | null {
  const { lag, lag_details } = group
  if (lag === 0) return 'has read all'
  const trend = trendOf(group)
  if (trend === 'growing') return `growing by ${humanRate(lag_details.rate)}`
  return trend === 'shrinking' ? `caught up in ${humanSpan((lag / -lag_details.rate) * 1000)}` : null
}

export const lagPoints = (samples: Details['samples']): Point[] => levelOf({ rate: 0, samples: samples ?? [] })

/** As many as there are colours. */
const LINES = 6

export interface LagLine {
  readonly label: string
  readonly points: readonly Point[]
}

/**
 * The lag of each partition over time. Where there are more partitions than colours, those that are most behind have a
 * line each, and the others share one.
 */
export function lagLines(offsets: readonly OffsetRow[]): LagLine[] {
  const known = offsets.filter(({ lag_samples = [] }) => lag_samples.length > 0)
  const oneTopic = new Set(known.map(({ topic }) => topic)).size === 1
  const label = ({ topic, partition }: OffsetRow): string =>
    oneTopic ? `partition ${partition}` : `${topic} ${partition}`
  const line = (row: OffsetRow): LagLine => ({ label: label(row), points: lagPoints(row.lag_samples) })
  if (known.length <= LINES) return [...known].sort(byPlace).map(line)
  const ranked = [...known].sort((a, b) => (b.lag ?? 0) - (a.lag ?? 0) || byPlace(a, b))
  const others = ranked.slice(LINES - 1)
  return [
    ...ranked
      .slice(0, LINES - 1)
      .sort(byPlace)
      .map(line),
    { label: `${others.length} others`, points: sumOf(others) },
  ]
}

function byPlace(a: TopicPartition, b: TopicPartition): number {
  return a.topic.localeCompare(b.topic) || a.partition - b.partition
}

function sumOf(rows: readonly OffsetRow[]): Point[] {
  const sums = new Map<number, number>()
  for (const { lag_samples = [] } of rows) {
    for (const { timestamp, sample } of lag_samples) sums.set(timestamp, (sums.get(timestamp) ?? 0) + sample)
  }
  return [...sums].map(([timestamp, value]) => ({ timestamp, value })).sort((a, b) => a.timestamp - b.timestamp)
}
