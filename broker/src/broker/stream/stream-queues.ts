/**
 * The streams of a vhost by name: one for each partition of a topic (`orders-0`), and of a topic with one partition also
 * under the topic's own name. They come, multiply and go with their topics; to declare one from AMQP makes a topic.
 */
import { checkSameProperties } from '../equivalence.ts'
import { checkTypeProperties } from '../queue/queue-arguments.ts'
import type { QueueOptions } from '../queue/surroundings.ts'
import { Refusal } from '../refusal.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import { streamName } from '../topic/name-claims.ts'
import type { Partition } from '../topic/partition.ts'
import type { Topic } from '../topic/topic.ts'
import type { TopicChange, Topics } from '../topic/topics.ts'
import { checkSameStreamArguments, checkStreamArguments, streamConfigs } from './stream-arguments.ts'
import { StreamQueue, type StreamSurroundings } from './stream-queue.ts'

export interface StreamQueuesOptions extends StreamSurroundings {
  readonly vhost: string
  readonly topics: Topics
  /** It can be found. */
  readonly added: (stream: StreamQueue) => void
  /** It cannot be found any more. */
  readonly removed: (stream: StreamQueue) => void
}

/** A stream's only partition is not assigned to anybody. */
const NO_NODE = -1

export class StreamQueues {
  private readonly options: StreamQueuesOptions
  private readonly streams = new Map<string, StreamQueue>()
  private readonly ofPartitions = new Map<Partition, StreamQueue>()

  constructor(options: StreamQueuesOptions) {
    this.options = options
    options.topics.onChanged((topic, what) => this.changed(topic, what))
  }

  get byName(): ReadonlyMap<string, StreamQueue> {
    return this.streams
  }

  /** Each once, topic by topic. */
  all(): Iterable<StreamQueue> {
    return this.ofPartitions.values()
  }

  /** @throws Refusal when it exists with other properties, or nothing can be like that */
  declare(options: Omit<QueueOptions, 'vhost'>): StreamQueue {
    const { name, arguments: args } = options
    const existing = this.streams.get(name)
    if (existing !== undefined) {
      checkSameProperties({ name, vhost: existing.vhost, durable: true, autoDelete: false, exclusiveTo: null }, options)
      checkSameStreamArguments(name, existing.vhost, existing.arguments, args)
      return existing
    }
    this.make(options)
    return this.streams.get(name)!
  }

  private make({ name, arguments: args, ...properties }: Omit<QueueOptions, 'vhost'>): void {
    const { vhost, topics } = this.options
    checkStreamArguments(name, vhost, args)
    checkTypeProperties(name, vhost, 'stream', { ...properties, exclusive: properties.exclusiveTo !== null })
    const wanted = { name, partitions: 1, replicationFactor: -1, assignments: [], configs: streamConfigs(args) }
    try {
      topics.create(topics.check(wanted, NO_NODE))
    } catch (error) {
      if (!(error instanceof StreamRefusal)) throw error
      throw new Refusal('precondition-failed', `queue '${name}' in vhost '${vhost}' of type stream: ${error.message}`)
    }
  }

  /**
   * Deletes the topic with the stream that is all of it.
   * @returns the number of records it held
   * @throws Refusal precondition-failed for a partition of several, and if it is in use or holds records and must not
   */
  delete(name: string, ifUnused: boolean, ifEmpty: boolean): number {
    const stream = this.streams.get(name)
    if (stream === undefined) return 0
    const { topic, partition, ready } = stream
    const queue = `queue '${name}' in vhost '${stream.vhost}'`
    if (topic.partitions.length > 1) {
      const what = `is partition ${partition.index} of topic '${topic.name}'`
      throw new Refusal('precondition-failed', `${queue} ${what}: delete the topic or its exchange '${topic.name}'`)
    }
    if (ifUnused && stream.subscriptions.size > 0) throw new Refusal('precondition-failed', `${queue} in use`)
    if (ifEmpty && ready > 0) throw new Refusal('precondition-failed', `${queue} not empty`)
    this.options.topics.delete(topic)
    return ready
  }

  private changed(topic: Topic, what: TopicChange): void {
    if (what === 'deleted') this.remove(topic)
    else this.add(topic)
  }

  private add(topic: Topic): void {
    const { partitions } = topic
    for (const partition of partitions) {
      if (this.ofPartitions.has(partition)) continue
      const stream = new StreamQueue(topic, partition, this.options)
      this.ofPartitions.set(partition, stream)
      const name = streamName(topic.name, partition.index)
      if (!this.streams.has(name)) this.streams.set(name, stream)
      if (partitions.length === 1) this.streams.set(topic.name, stream)
      this.options.added(stream)
    }
    // The first of several partitions is not the whole topic any more.
    if (partitions.length > 1) this.forget(topic.name, topic)
  }

  private remove(topic: Topic): void {
    this.forget(topic.name, topic)
    for (const partition of topic.partitions) {
      this.forget(streamName(topic.name, partition.index), topic)
      const stream = this.ofPartitions.get(partition)!
      this.ofPartitions.delete(partition)
      stream.end()
      this.options.removed(stream)
    }
  }

  /** A name that a topic had is free, or that of another topic's partition, which stood behind it. */
  private forget(name: string, topic: Topic): void {
    if (this.streams.get(name)?.topic !== topic) return
    this.streams.delete(name)
    const [, of, index] = /^(.+)-(0|[1-9]\d*)$/.exec(name) ?? []
    const partition = of === undefined ? undefined : this.options.topics.get(of)?.partitions[Number(index)]
    const stream = partition && this.ofPartitions.get(partition)
    if (stream !== undefined && stream.topic !== topic) this.streams.set(name, stream)
  }
}
