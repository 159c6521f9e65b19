/** A topic: its settings, its partitions. */
import type { PartitionLogOptions } from '../../log/partition/partition-log.ts'
import { lowerLimit } from '../policy/definition.ts'
import type { TopicLimits } from '../policy/topic-limits.ts'
import { TOPIC_CONFIGS } from './config-table.ts'
import type { Partition } from './partition.ts'
import { logOptions, resolveTopicConfig, type TopicConfig } from './topic-config.ts'
import type { TopicDefaults } from './topic-defaults.ts'

/** Multiples of it lie far apart in [0, 1). */
const GOLDEN = 0.618034

/** A topic: a name, an identity of its own, and its partitions. A topic made again under the name is another one. */
export class Topic {
  readonly vhost: string
  readonly name: string
  /** 16 bytes as url-safe base64, as Kafka's tools write it. */
  readonly id: string
  /** Made for the broker's or a library's own use (`__consumer_offsets`). */
  readonly internal: boolean
  /** By index; grows at the end. */
  readonly partitions: Partition[] = []
  /** What it says itself, as text. */
  overrides: ReadonlyMap<string, string>
  /** What policies allow at most. */
  limits: TopicLimits
  /** Resolved: the topic's own settings over the broker's defaults, within the limits. */
  config: TopicConfig

  constructor(
    vhost: string,
    name: string,
    id: string,
    internal: boolean,
    overrides: ReadonlyMap<string, string>,
    defaults: TopicDefaults,
    limits: TopicLimits,
  ) {
    this.vhost = vhost
    this.name = name
    this.id = id
    this.internal = internal
    this.overrides = overrides
    this.limits = limits
    this.config = resolved(overrides, defaults, limits)
  }

  /** Takes effect at once: for what is appended, rolled, kept and compacted from now on. */
  configure(overrides: ReadonlyMap<string, string>, defaults: TopicDefaults, limits: TopicLimits): void {
    this.overrides = overrides
    this.limits = limits
    this.config = resolved(overrides, defaults, limits)
    for (const partition of this.partitions) {
      partition.configure(this.config)
      partition.log.configure(this.logOptions(partition.index))
    }
  }

  /** Of the log of one of its partitions. */
  logOptions(index: number): PartitionLogOptions {
    const start = Buffer.from(this.id, 'base64url').readUInt32BE(0) / 2 ** 32
    return logOptions(this.config, (start + index * GOLDEN) % 1)
  }
}

function resolved(overrides: ReadonlyMap<string, string>, defaults: TopicDefaults, limits: TopicLimits): TopicConfig {
  return resolveTopicConfig((name) => {
    const value = overrides.get(name) ?? defaults.valueOf(TOPIC_CONFIGS.get(name)!)
    const limit = limits.get(name)
    return limit === undefined ? value : String(lowerLimit(Number(value), limit))
  })
}
