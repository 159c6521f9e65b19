/** Topics as the API gives them, and their settings as people say them. */
import type { Details } from '../../api/samples.ts'
import { humanBytes, humanSpan } from '../../parts/format.ts'

interface TopicStats {
  readonly publish?: number
  readonly publish_details?: Details
  readonly bytes_in?: number
  readonly bytes_in_details?: Details
  readonly bytes_out?: number
  readonly bytes_out_details?: Details
}

interface TopicBase {
  readonly name: string
  readonly vhost: string
  readonly internal: boolean
  readonly partitions: number
  readonly durability: 'synced' | 'written'
  /** `delete`, `compact`, both, or empty. */
  readonly cleanup_policy: string
  readonly retention_ms: number
  readonly retention_bytes: number
  readonly bytes: number
  readonly records: number
  readonly message_stats?: TopicStats
  /** Queues and exchanges bound to it. */
  readonly bindings: number
}

/** In lists. */
export interface TopicRow extends TopicBase {
  readonly groups: number
}

export interface PartitionRow {
  readonly partition: number
  readonly start_offset: number
  readonly end_offset: number
  readonly last_stable_offset: number
  readonly bytes: number
  readonly segments: number
  readonly leader_epoch: number
}

export interface ReaderRow {
  readonly name: string
  readonly type: string
  readonly state: string
  readonly lag: number
}

/** What hands its records to the queues that are bound. */
export interface Feed {
  readonly handed_on: number
  readonly lost_records: number
  readonly refused_by_topics: number
  readonly unreadable_batches: number
  readonly behind: number
}

/** By itself. */
export interface Topic extends TopicBase {
  readonly groups: readonly ReaderRow[]
  readonly partition_list: readonly PartitionRow[]
  /** Null while nothing is bound. */
  readonly feed: Feed | null
}

const UNLIMITED = '9223372036854775807'

/** How long and how much it keeps. */
export function retentionText({ cleanup_policy, retention_ms, retention_bytes }: TopicBase): string {
  const removes = cleanup_policy.includes('delete')
  const parts = [
    ...(cleanup_policy.includes('compact') ? ['newest of each key'] : []),
    ...(removes && retention_ms >= 0 ? [humanSpan(retention_ms)] : []),
    ...(removes && retention_bytes >= 0 ? [`${humanBytes(retention_bytes)} a partition`] : []),
  ]
  return parts.length === 0 ? 'for ever' : parts.join(', ')
}

/** Without a needless `.0`, so that it has room beside a chart. */
export const byteRate = (value: number): string => `${humanBytes(value).replace('.0 ', ' ')}/s`

/** A number of ms or bytes as people read it, null where it says no more than itself. */
export function meaningOf(name: string, value: string): string | null {
  const number = Number(value)
  if (value === '' || Number.isNaN(number)) return null
  if (value === UNLIMITED) return 'no limit'
  const isTime = /(^|\.)ms$/.test(name)
  if (!isTime && !/(^|\.)bytes$/.test(name)) return null
  if (number < 0) return /^(local\.)?retention/.test(name) && number === -1 ? 'no limit' : null
  return isTime ? (number < 1000 ? null : humanSpan(number)) : number < 1000 ? null : humanBytes(number)
}

/** Of settings that are one of a few words. */
export const CONFIG_CHOICES: Readonly<Record<string, readonly string[]>> = {
  'cleanup.policy': ['delete', 'compact', 'compact,delete', ''],
  'compression.type': ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
  durability: ['synced', 'written'],
  'message.timestamp.type': ['CreateTime', 'LogAppendTime'],
}
