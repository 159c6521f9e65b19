/**
 * What makes a topic an exchange that remembers: its records go to the queues bound to it. One follower per partition
 * does the work (feed-partition.ts); here stands what they share: the routes found by record key, the message being
 * made, the counters. A feed is made with the first binding of a topic and gone with the last.
 */
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Turn } from '../../base/turn.ts'
import type { LogEngine } from '../../log/engine.ts'
import { MessageDraft } from '../../record/message.ts'
import type { Durability } from '../durability.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { Route } from '../queue/route.ts'
import type { Exchange, PropertyOf } from '../routing/exchange.ts'
import type { Counted, FlowSource, Flows, Ways } from '../routing/flows.ts'
import type { Headers } from '../routing/headers.ts'
import type { LogOutlet, Starts } from '../routing/log-outlet.ts'
import { FeedPartition } from './feed-partition.ts'
import type { RecordReader } from './record-reader.ts'
import type { Topic } from './topic.ts'

export interface FeedContext {
  readonly vhost: string
  readonly engine: LogEngine
  readonly durability: Durability
  readonly turn: Turn
  readonly clock: Clock
  readonly logger: Logger
  readonly properties: PropertyBlocks
  /** Partitions that wait for their share of the turn. */
  readonly busy: { count: number }
  readonly flows: Flows
  /** Moves whenever a route may have changed. */
  readonly version: () => number
  /** The way by which records of the topic would come back into it; null if there is none. */
  circle(topic: Topic): string | null
  route(exchange: Exchange, key: string, headers: Headers | null, into: Route, properties: PropertyOf | null): boolean
}

/** Keys whose routes are remembered. */
const ROUTES_MAX = 4096

/** Where records of one key go, and how many went there. */
class KeyRoute extends Route implements Counted {
  readonly exchange: Exchange
  readonly key: string
  count = 0
  ways: Ways | null = null

  constructor(exchange: Exchange, key: string) {
    super()
    this.exchange = exchange
    this.key = key
  }
}

export class Feed implements FlowSource {
  readonly topic: Topic
  readonly outlet: LogOutlet
  readonly context: FeedContext
  /** The record at hand as a message. */
  readonly draft = new MessageDraft()
  /** When records enter queues in this turn. */
  nowMs = 0
  /** Records that went somewhere. */
  handedOn = 0
  /** Removed by retention or by hand before they were handed on. */
  lostRecords = 0
  /** Records that another topic, which an exchange led to, could not take. */
  refusedByTopics = 0
  /** Batches that are in order by their checksum, and hold no records all the same. */
  unreadableBatches = 0
  readonly partitions: FeedPartition[] = []
  private readonly routes = new Map<string, KeyRoute | null>()
  private readonly once = new Route()
  private version = -1
  /** Records come back to the topic: they go to queues only. Null: that is to be found out. */
  private circular: boolean | null = null
  private toldCircle = ''
  private ended = false

  constructor(topic: Topic, outlet: LogOutlet, context: FeedContext) {
    this.topic = topic
    this.outlet = outlet
    this.context = context
  }

  /** Takes up partitions that are not followed yet: where the cursor stands, or else from `starts` on, or else the beginning. */
  takeUp(starts: Starts): void {
    const { engine } = this.context
    const { partitions } = this.topic
    for (let index = this.partitions.length; index < partitions.length; index++) {
      const owner = this.ownerOf(index)
      const { log } = partitions[index]
      const cursor = engine.cursors.get(owner) ?? engine.createCursor(owner, log, starts[index] ?? log.startOffset)
      this.partitions.push(new FeedPartition(this, partitions[index], cursor))
    }
    this.advanced()
  }

  /** Follows what was taken up, once the cursors are durable. */
  go(): void {
    const { durability, engine } = this.context
    durability.after(engine.seal(), () => {
      if (this.ended) return
      for (const one of this.partitions) one.follow()
    })
    this.context.flows.sources.add(this)
  }

  /** Hands on not one record more. Nothing is deleted. */
  stop(): void {
    this.ended = true
    this.context.flows.sources.delete(this)
    for (const one of this.partitions) one.leave()
  }

  /** For good: who is bound after this begins anew. To be called behind the change of the definitions. */
  end(): void {
    this.stop()
    for (const { cursor } of this.partitions) this.context.engine.deleteCursor(cursor)
  }

  private ownerOf(index: number): string {
    return JSON.stringify(['feed', this.context.vhost, this.topic.id, index])
  }

  /** A partition has come further. */
  advanced(): void {
    const { outlet } = this
    if (outlet.hasYoung && outlet.advance(this.partitions.map((one) => one.next))) this.forgetRoutes()
  }

  /** Where the record that `reader` stands at goes. Valid until the next call. */
  routeOf(partition: number, reader: RecordReader): Route {
    const { outlet, context, routes } = this
    const version = context.version()
    if (version !== this.version) {
      this.forgetRoutes()
      this.circular = null
      this.version = version
    }
    const { key } = reader
    outlet.at(partition, reader.offset)
    if (outlet.keyDecides) {
      const known = routes.get(key) ?? this.lookUp(key)
      if (known !== null) {
        known.count++
        return known
      }
    }
    const { draft, once } = this
    reader.draft(draft)
    const propertyOf = context.properties.lookIn(draft.properties, draft.propertiesPos, draft.propertiesLen)
    const headers = reader.headers()
    context.route(outlet, key, headers, once, propertyOf)
    context.flows.look(null, outlet, [key], headers, propertyOf)
    return once
  }

  /** Whether records may go on to other topics: a policy or an exchange declared anew may have closed a circle that no binding would. */
  get forwards(): boolean {
    if (this.circular === null) {
      const way = this.context.circle(this.topic)
      this.circular = way !== null
      const place = { vhost: this.context.vhost, topic: this.topic.name, way }
      if (way !== null && way !== this.toldCircle) {
        this.toldCircle = way
        this.context.logger.error(place, 'the records of a topic would come back into it: they go to no other topic')
      }
    }
    return !this.circular
  }

  /** @returns null if more than the key has to be looked at */
  private lookUp(key: string): KeyRoute | null {
    const { routes } = this
    if (routes.get(key) === null) return null
    if (routes.size === ROUTES_MAX) this.forgetRoutes()
    const route = new KeyRoute(this.outlet, key)
    const found = this.context.route(this.outlet, key, null, route, null) ? route : null
    routes.set(key, found)
    return found
  }

  settleFlows(): void {
    for (const route of this.routes.values()) if (route !== null) this.context.flows.settle(null, route)
  }

  private forgetRoutes(): void {
    for (const route of this.routes.values()) if (route !== null) this.context.flows.settleLast(null, route)
    this.routes.clear()
  }

  /** Makes `draft` the message of the record that `reader` stands at, as if it were published now. */
  fill(reader: RecordReader): void {
    const { draft, nowMs } = this
    reader.draft(draft)
    if (draft.expiry > 0) draft.expiry += nowMs - draft.arrival
    draft.arrival = nowMs
  }
}
