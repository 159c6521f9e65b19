/** What a topic's settings say once they are resolved, and what its logs are told of them. */
import type { PartitionLogOptions } from '../../log/partition/partition-log.ts'
import { listOf } from './config-row.ts'

/** A topic's settings, resolved. Names and defaults are Kafka's; `durability` is ours. */
export interface TopicConfig {
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean }
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  readonly indexIntervalBytes: number
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly minInsyncReplicas: number
  /** Bytes, -1 without bound. */
  readonly retentionBytes: number
  readonly retentionMs: number
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  /** `synced`: acks=all means on the disk. `written`: in the page cache, as Kafka does. */
  readonly durability: 'synced' | 'written'
}

/** @param settingOf the value of a setting by its name: checked text, empty for a hidden one that is not set */
export function resolveTopicConfig(settingOf: (name: string) => string): TopicConfig {
  const number = (name: string): number => Number(settingOf(name))
  const policies = listOf(settingOf('cleanup.policy'))
  const hiddenSegmentBytes = settingOf('internal.segment.bytes')
  return {
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
    compressionType: settingOf('compression.type') as TopicConfig['compressionType'],
    deleteRetentionMs: number('delete.retention.ms'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    indexIntervalBytes: number('index.interval.bytes'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: settingOf('message.timestamp.type') as TopicConfig['messageTimestampType'],
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    segmentBytes: hiddenSegmentBytes === '' ? number('segment.bytes') : Number(hiddenSegmentBytes),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    durability: settingOf('durability') as TopicConfig['durability'],
  }
}

/**
 * What of it the log of a partition keeps to.
 * @param spread from 0 to below 1: how much of the jitter is this partition's
 */
export function logOptions(config: TopicConfig, spread: number): PartitionLogOptions {
  const { durability, segmentBytes, segmentMs, segmentJitterMs, indexIntervalBytes } = config
  const earlier = Math.floor(spread * Math.min(segmentJitterMs, segmentMs))
  return { durability, segmentBytes, segmentMs: Math.max(1, segmentMs - earlier), indexIntervalBytes }
}
