/**
 * One partition of a topic as AMQP's clients see it: a queue of type stream, which many read and nobody empties. It holds
 * nothing itself: records and settings are the topic's.
 */
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Turn } from '../../base/turn.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { Groups } from '../group/groups.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import type { Headers } from '../routing/headers.ts'
import type { TopicTarget } from '../routing/target.ts'
import type { Partition } from '../topic/partition.ts'
import type { Topic } from '../topic/topic.ts'
import type { NamedPlace } from './named-place.ts'
import { streamArguments, streamConfigs } from './stream-arguments.ts'

/** Who consumes from a stream. */
export interface StreamSubscription {
  /** The stream is gone; nothing more will come. */
  streamGone(): void
}

/** What the streams of a vhost stand on. */
export interface StreamSurroundings {
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  readonly properties: PropertyBlocks
  readonly groups: Groups
  /** @returns the durable number to wait for, or TOPIC_REFUSED */
  readonly writer: { append(topic: Topic, index: number, draft: MessageDraft): number }
}

export class StreamQueue implements TopicTarget {
  readonly kind = 'topic'
  readonly vhost: string
  readonly topic: Topic
  readonly partition: Partition
  readonly durable = true
  readonly autoDelete = false
  readonly exclusiveTo = null
  readonly subscriptions = new Set<StreamSubscription>()
  /** By the names of consumers whose offsets are kept here. */
  readonly places = new Map<string, NamedPlace>()
  /** To all of its consumers, and what they were done with, since the start. */
  delivered = 0
  acknowledged = 0
  /** Set once the topic is deleted. */
  gone = false
  readonly surroundings: StreamSurroundings

  constructor(topic: Topic, partition: Partition, surroundings: StreamSurroundings) {
    this.vhost = topic.vhost
    this.topic = topic
    this.partition = partition
    this.surroundings = surroundings
  }

  /** The topic's, if it is its only partition. */
  get name(): string {
    return this.topic.partitions.length === 1 ? this.topic.name : String(this.partition)
  }

  get arguments(): Headers {
    return streamArguments(this.topic.overrides)
  }

  /** Declared by AMQP, or as it would have made it: its arguments say all of its topic. */
  get isWholeTopic(): boolean {
    const { overrides, partitions } = this.topic
    const said = streamConfigs(this.arguments)
    const isSaid = said.length === overrides.size && said.every(({ name, value }) => overrides.get(name) === value)
    return partitions.length === 1 && isSaid
  }

  /** Records that may be read. */
  get ready(): number {
    const { log } = this.partition
    return Math.max(0, log.lastStableOffset - log.startOffset)
  }

  append(draft: MessageDraft): number {
    return this.surroundings.writer.append(this.topic, this.partition.index, draft)
  }

  /** The topic was deleted: consumers are told. */
  end(): void {
    this.gone = true
    for (const subscription of [...this.subscriptions]) subscription.streamGone()
  }
}
