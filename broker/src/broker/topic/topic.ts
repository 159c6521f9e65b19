import type { Partition } from './partition.ts'
import type { TopicConfig } from './topic-config.ts'

/** A topic: a name, an identity of its own, and its partitions. A topic made again under the name is another one. */
export interface Topic {
  readonly vhost: string
  readonly name: string
  /** 16 bytes as url-safe base64, as Kafka's tools write it. */
  readonly id: string
  /** Made for the broker's or a library's own use (`__consumer_offsets`). */
  readonly internal: boolean
  /** By index. */
  readonly partitions: readonly Partition[]
  /** Resolved: the topic's own settings over the broker's defaults. */
  readonly config: TopicConfig
}
