/**
 * The feeds of a vhost: one for each topic with bindings. What outlives a crash is the bindings, each with the offsets
 * where it begins, and a cursor per partition; a feed is put together from these at a start.
 */
import type { Exchange } from '../routing/exchange.ts'
import { LogExchange } from '../routing/log-exchange.ts'
import type { Starts } from '../routing/log-outlet.ts'
import { Feed, type FeedContext } from './feed.ts'
import { circleOf } from './feed-cycle.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'

export interface FeedsContext extends Omit<FeedContext, 'circle' | 'busy'> {
  readonly exchanges: ReadonlyMap<string, Exchange>
  /** What was published so far has its offsets after this. */
  flushTopics(): void
}

export class Feeds {
  private readonly context: FeedsContext & FeedContext
  private readonly topics: Topics
  private readonly byTopic = new Map<Topic, Feed>()
  /** Queues have all that they had before a start. */
  private isOpen = false

  constructor(topics: Topics, context: FeedsContext) {
    this.topics = topics
    const graph = { name: context.vhost, exchanges: context.exchanges }
    const circle = (topic: Topic): string | null => {
      const source = context.exchanges.get(topic.name)
      return source instanceof LogExchange ? circleOf(graph, source) : null
    }
    this.context = { ...context, circle, busy: { count: 0 } }
    topics.onChanged((topic, what) => {
      if (what === 'deleted') this.end(topic)
      else if (what === 'widened') this.begin(this.byTopic.get(topic), [])
    })
  }

  of(topic: Topic): Feed | undefined {
    return this.byTopic.get(topic)
  }

  /** To be called before something is bound. @returns where its bindings begin; null for the exchange of no topic */
  startsOf(source: Exchange): Starts | null {
    if (!(source instanceof LogExchange)) return null
    this.context.flushTopics()
    const ends = this.topicOf(source).partitions.map((partition) => partition.log.endOffset)
    source.outlet.starts = ends
    return ends
  }

  /** Something was bound, and the binding is kept. */
  bound(source: Exchange): void {
    if (source instanceof LogExchange) this.begin(this.feedOf(source), source.outlet.starts)
  }

  /** Bindings are gone, and are no longer kept. */
  unbound(source: Exchange): void {
    if (source instanceof LogExchange && source.bindingCount === 0) this.end(this.topicOf(source))
  }

  /**
   * To be called before something is bound again at a start. Logs may have lost their end: a binding begins there then,
   * and that is durable before anything is appended for a client.
   * @returns where it begins, if that has to be kept anew
   */
  restoring(source: Exchange, kept: Starts | undefined): Starts | null {
    if (!(source instanceof LogExchange)) return null
    const { partitions } = this.topicOf(source)
    const starts = (kept ?? []).map((start, index) => Math.min(start, partitions[index]?.log.endOffset ?? 0))
    source.outlet.starts = starts
    if (kept?.every((start, index) => start === starts[index])) return null
    return starts
  }

  /** All bindings are back. Cursors that no binding needs are deleted. */
  restored(exchanges: Iterable<Exchange>): void {
    const { engine, vhost } = this.context
    for (const source of exchanges) {
      if (!(source instanceof LogExchange) || source.bindingCount === 0) continue
      this.feedOf(source).takeUp(source.outlet.earliestStarts)
    }
    const needed = new Set<string>()
    for (const feed of this.byTopic.values()) for (const { cursor } of feed.partitions) needed.add(cursor.owner)
    for (const [owner, cursor] of [...engine.cursors]) {
      const [kind, of] = JSON.parse(owner) as string[]
      if (kind === 'feed' && of === vhost && !needed.has(owner)) engine.deleteCursor(cursor)
    }
  }

  /** Queues are ready for messages. */
  open(): void {
    this.isOpen = true
    for (const feed of this.byTopic.values()) feed.go()
  }

  /** Nothing is handed on any more. */
  stop(): void {
    for (const feed of this.byTopic.values()) feed.stop()
  }

  private topicOf(source: LogExchange): Topic {
    return this.topics.get(source.name)!
  }

  private feedOf(source: LogExchange): Feed {
    const topic = this.topicOf(source)
    let feed = this.byTopic.get(topic)
    if (feed === undefined) this.byTopic.set(topic, (feed = new Feed(topic, source.outlet, this.context)))
    return feed
  }

  private begin(feed: Feed | undefined, starts: Starts): void {
    if (feed === undefined) return
    feed.takeUp(starts)
    if (this.isOpen) feed.go()
  }

  private end(topic: Topic): void {
    this.byTopic.get(topic)?.end()
    this.byTopic.delete(topic)
  }
}
