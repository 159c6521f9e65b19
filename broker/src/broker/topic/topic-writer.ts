/**
 * Messages that become records: what one turn brings is gathered per partition and appended as one batch, at the end of
 * the turn or before the journal is sealed. Trade: a record has no offset before that, so nobody is told of one.
 */
import type { Logger } from '../../base/logger.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { LogEngine } from '../../log/engine.ts'
import { BATCH_HEAD_BYTES } from '../../record/batch.ts'
import { BatchBuilder } from '../../record/batch-builder.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { Durability } from '../durability.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { TOPIC_REFUSED, type TopicTarget } from '../routing/target.ts'
import { MessageRecords } from './message-record.ts'
import { partitionOf } from './murmur2.ts'
import type { Partition } from './partition.ts'
import type { Topic } from './topic.ts'

export interface TopicWriterOptions {
  readonly engine: LogEngine
  readonly durability: Durability
  readonly turn: Turn
  readonly logger: Logger
  readonly properties: PropertyBlocks
}

/** A batch is appended before it grows beyond this. */
const BATCH_BYTES_MAX = 256 << 10

/** Between turns, each with the memory it has grown to. */
const BUILDERS_KEPT = 8

/** What one partition gets in this turn. */
interface Gathered {
  readonly topic: Topic
  readonly partition: Partition
  readonly builder: BatchBuilder
  lastArrival: number
}

type WhenWritten = (task: () => void) => void

export class TopicWriter implements TurnTask {
  scheduled = false
  private readonly options: TopicWriterOptions
  private readonly records: MessageRecords
  private readonly gathered = new Map<Partition, Gathered>()
  private readonly builders: BatchBuilder[] = []
  /** Of the open ticket: appended to `written` partitions, and when that is done. */
  private written: WhenWritten[] = []
  /** Where records without a key go: the next partition with each turn. */
  private turns = 0

  constructor(options: TopicWriterOptions) {
    this.options = options
    this.records = new MessageRecords(options.properties)
    options.engine.onSeal = () => this.flush()
  }

  /** What comes to the target is appended to the partition of its key, or to the one of that index. */
  target(topic: Topic, index: number | null): TopicTarget {
    return { kind: 'topic', name: topic.name, append: (draft) => this.append(topic, index, draft) }
  }

  /**
   * Takes the message into the batch of its partition; its bytes are copied.
   * @returns the durable number to wait for; TOPIC_REFUSED for one that is too large, or has no key in a compacted topic
   */
  append(topic: Topic, index: number | null, draft: MessageDraft): number {
    const { records } = this
    const { cleanupPolicy, maxMessageBytes, durability } = topic.config
    const key = records.key(draft)
    if (key === null && cleanupPolicy.compact) return TOPIC_REFUSED
    const bytes = records.bytesOf(draft, topic.name)
    if (BATCH_HEAD_BYTES + bytes > maxMessageBytes) return TOPIC_REFUSED
    const partition = topic.partitions[index ?? this.indexFor(topic, key)]
    if (partition === undefined || partition.log.deleted) return TOPIC_REFUSED
    let gathered = this.gathered.get(partition)
    if (gathered !== undefined && gathered.builder.length + bytes > Math.min(BATCH_BYTES_MAX, maxMessageBytes)) {
      this.appendBatch(gathered)
      gathered = undefined
    }
    gathered ??= this.begin(topic, partition)
    gathered.lastArrival = draft.arrival
    records.append(gathered.builder, gathered.builder.count, draft, topic.name)
    this.options.turn.schedule(TurnPhase.seal, this)
    const { durability: numbers, engine } = this.options
    return durability === 'synced' ? engine.openRound : numbers.openTicket()
  }

  runTurn(): void {
    this.turns++
    this.flush()
  }

  /** Appends all that is gathered. */
  flush(): void {
    for (const gathered of this.gathered.values()) this.appendBatch(gathered)
    const { written } = this
    this.written = []
    this.options.durability.closeTicket(written)
  }

  private indexFor({ partitions }: Topic, key: Uint8Array | null): number {
    return key === null ? this.turns % partitions.length : partitionOf(key, partitions.length)
  }

  private begin(topic: Topic, partition: Partition): Gathered {
    const builder = this.builders.pop() ?? new BatchBuilder()
    const gathered = { topic, partition, builder, lastArrival: 0 }
    this.gathered.set(partition, gathered)
    return gathered
  }

  private appendBatch({ topic, partition, builder, lastArrival }: Gathered): void {
    this.gathered.delete(partition)
    const batch = builder.finishCopy({ leaderEpoch: 0 })
    if (this.builders.length < BUILDERS_KEPT) this.builders.push(builder)
    // A topic that was deleted meanwhile takes what came to it along.
    if (partition.log.deleted) return
    const { error, errorMessage } = partition.appendBuilt(batch, lastArrival)
    if (error !== null) {
      // They were taken: in another form is better than not at all.
      this.options.logger.error({ topic: topic.name, error, errorMessage }, 'messages of a topic cannot be packed')
      partition.appendAsIs(batch, lastArrival)
    }
    const { endOffset } = partition.log
    if (topic.config.durability === 'written') this.written.push((task) => partition.whenDurable(endOffset, task))
  }
}
