/**
 * The queues of a vhost that stand over topics. A queue is kept as any other; beside it is kept over which topic it stood
 * last, and where it began in each partition, so that a crash between that and the ledgers changes nothing. A topic made
 * anew under the name is taken up from its beginning.
 */
import type { Clock } from '../../base/clock.ts'
import type { Catalog } from '../catalog.ts'
import type { Queue } from '../queue/queue.ts'
import { SOURCE_OFFSET, SOURCE_TOPIC } from '../queue/settings.ts'
import { Refusal } from '../refusal.ts'
import type { Headers } from '../routing/headers.ts'
import { parseStreamOffset, resolveStreamOffset, type StreamOffset } from '../stream/stream-offset.ts'
import { Source, type SourceContext } from './source.ts'
import type { Topic } from './topic.ts'
import type { TopicChange, Topics } from './topics.ts'

const KIND = 'queue-source'
const PARTITIONS_MAX = 256

export interface SourceQueuesContext extends SourceContext {
  readonly catalog: Catalog
  readonly clock: Clock
}

interface KeptSource {
  readonly topicId: string
  /** By partition; those that came later are taken up from the beginning. */
  readonly starts?: readonly number[]
  /** Where to begin, as long as that is not known as offsets. */
  readonly offset?: StreamOffset
}

export class SourceQueues {
  private readonly context: SourceQueuesContext
  private readonly topics: Topics
  private readonly byQueue = new Map<Queue, Source>()
  /** Their topics are not taken up until it is known where they begin. */
  private readonly resolving = new Set<Source>()

  constructor(topics: Topics, context: SourceQueuesContext) {
    this.context = context
    this.topics = topics
    topics.onChanged((topic, what) => this.changed(topic, what))
  }

  of(queue: Queue): Source | undefined {
    return this.byQueue.get(queue)
  }

  /** To be called before such a queue is made. @throws Refusal not-found, precondition-failed */
  check(queue: string, args: Headers): void {
    const name = args[SOURCE_TOPIC]
    if (typeof name !== 'string') return
    const { vhost } = this.context
    const topic = this.topics.get(name)
    if (topic === undefined) throw new Refusal('not-found', `no topic '${name}' in vhost '${vhost}'`)
    const refuse = (arg: string, reason: string): never => {
      throw new Refusal(
        'precondition-failed',
        `invalid arg '${arg}' for queue '${queue}' in vhost '${vhost}': ${reason}`,
      )
    }
    const { length } = topic.partitions
    if (length > PARTITIONS_MAX) {
      refuse(
        SOURCE_TOPIC,
        `topic '${name}' has ${length} partitions, and a queue stands over ${PARTITIONS_MAX} at most`,
      )
    }
    if (length > 1 && parseStreamOffset(args[SOURCE_OFFSET], 0)?.kind === 'offset') {
      refuse(SOURCE_OFFSET, `topic '${name}' has ${length} partitions, and an offset is one of one partition`)
    }
  }

  /** A queue over a topic was made. */
  made(queue: Queue): void {
    const topic = this.topics.get(queue.settings.sourceTopic!)!
    const source = this.add(queue)
    this.resolve(source, topic, parseStreamOffset(queue.arguments[SOURCE_OFFSET], this.context.clock.now())!)
  }

  deleted(queue: Queue): void {
    const source = this.byQueue.get(queue)
    if (source === undefined) return
    this.byQueue.delete(queue)
    this.resolving.delete(source)
    this.context.catalog.remove(KIND, [this.context.vhost, queue.name])
    source.delete()
  }

  /** At a start: topics and queues are back. Ledgers that no queue needs are deleted. */
  restore(queues: Iterable<Queue>): void {
    const { catalog, engine, vhost } = this.context
    const kept = new Map<string, KeptSource>()
    for (const { key, value } of catalog.all(KIND)) if (key[0] === vhost) kept.set(key[1], value as KeptSource)
    for (const queue of queues) {
      if (queue.settings.sourceTopic === null) continue
      const source = this.add(queue)
      const topic = this.topics.get(queue.settings.sourceTopic)
      if (topic !== undefined) this.takeUpAgain(source, topic, kept.get(queue.name))
    }
    const inUse = new Set<number>()
    for (const { queue } of this.byQueue.values()) for (const lane of queue.lanes) inUse.add(lane.log.id)
    for (const [owner, ledger] of [...engine.ledgers]) {
      const [kind, of] = JSON.parse(owner) as string[]
      if (kind === 'source' && of === vhost && !inUse.has(ledger.id)) engine.deleteLedger(ledger)
    }
  }

  private takeUpAgain(source: Source, topic: Topic, kept: KeptSource | undefined): void {
    if (kept?.topicId !== topic.id) this.begin(source, topic, [])
    else if (kept.offset !== undefined) this.resolve(source, topic, kept.offset)
    else source.takeUp(topic, kept.starts)
  }

  private add(queue: Queue): Source {
    const source = new Source(queue, this.context)
    this.byQueue.set(queue, source)
    return source
  }

  /** Finds the offsets to begin at, at once unless files have to be looked at, and begins. */
  private resolve(source: Source, topic: Topic, offset: StreamOffset): void {
    const starts: number[] = []
    let left = topic.partitions.length
    this.resolving.add(source)
    for (const partition of topic.partitions) {
      resolveStreamOffset(offset, partition, (error, found) => {
        if (error !== null) source.failed(partition, error)
        starts[partition.index] = error === null ? found : partition.log.startOffset
        if (--left > 0 || !this.resolving.delete(source)) return
        if (this.topics.get(topic.name) === topic) this.begin(source, topic, starts)
      })
    }
    if (this.resolving.has(source)) this.keep(source, { topicId: topic.id, offset })
  }

  private begin(source: Source, topic: Topic, starts: readonly number[]): void {
    this.keep(source, { topicId: topic.id, starts })
    source.takeUp(topic, starts)
  }

  private keep({ queue }: Source, value: KeptSource): void {
    this.context.catalog.put(KIND, [this.context.vhost, queue.name], value)
  }

  private changed(topic: Topic, what: TopicChange): void {
    if (what === 'deleted') return
    for (const source of this.byQueue.values()) {
      if (source.queue.settings.sourceTopic !== topic.name || this.resolving.has(source)) continue
      if (what === 'created') this.begin(source, topic, [])
      else source.takeUp(topic)
    }
  }
}
