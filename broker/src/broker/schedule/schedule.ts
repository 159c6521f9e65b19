/**
 * One schedule: publishes to its exchange at each tick, one tick at a time, the next when that one is durable. How far it
 * came is a cursor whose offsets are the times of ticks. It stands in the journal in one section with the copies: a crash
 * leaves both or neither, so a tick has its message once, and no crash skips it. Shards share no journal: what a crash left
 * of a tick in some of them only is completed in the others at the start.
 *
 *   cursor.next    all ticks before it are done; after a start, what lies between it and now was missed
 *   changed.from   of a schedule that was defined anew: the first tick is not before it
 *
 * A new definition replaces the old one in a section of its own, which may be durable before the tick in flight is: with
 * several shards, or a topic. So it brings along what that tick publishes, and the start completes it as it began.
 */
import type { Clock } from '../../base/clock.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { Cursor, LogEngine } from '../../log/engine.ts'
import type { Alarms } from '../alarms.ts'
import type { Durability } from '../durability.ts'
import { type TracingBroker, tracePublish } from '../firehose.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { Route } from '../queue/route.ts'
import { WakeUp } from '../queue/wake-up.ts'
import type { Headers } from '../routing/headers.ts'
import type { Change, ScheduleExchange } from '../routing/schedule-exchange.ts'
import { TOPIC_REFUSED } from '../routing/target.ts'
import type { Vhost } from '../vhost.ts'
import { planOf } from './plan.ts'
import { TickMessage } from './tick-message.ts'

export interface ScheduleContext {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly durability: Durability
  readonly properties: PropertyBlocks
  readonly alarms: Alarms
  readonly tracingBroker: TracingBroker
}

/** A tick that is not known to be durable everywhere. */
interface Flight {
  readonly tick: number
  readonly message: TickMessage
  /** Of the exchange, when it was published. */
  readonly arguments: Headers
}

/** The wall clock may be set: nobody sleeps longer than this without looking at it. */
const SLEEP_MS_MAX = 60_000
/** Publishes in nobody's name. */
const TRACED_AS = { connection: 'schedule', channel: 0, user: 'rmq-internal' }
/** A tick that is later than this counts as missed, as those do that fell into a time without broker. */
const LATE_MS = 60_000
const BUSY_RETRY_MS = 20
const FULL_RETRY_MS = 1000
/** Looking for a tick costs a fraction of a millisecond. */
const COUNT_MAX = 1000

export class Schedule implements TurnTask {
  scheduled = false
  /** Ticks that were published, since the broker started. */
  fired = 0
  /** Ticks that went without a message of their own, since the broker started. Up to COUNT_MAX of one pause are counted. */
  missed = 0
  /** The last tick that was published, ms since 1970; null if none was. */
  lastAt: number | null
  /** The tick that is published next. */
  nextAt: number
  private readonly exchange: ScheduleExchange
  private readonly cursor: Cursor
  private readonly vhost: Vhost
  private readonly context: ScheduleContext
  private readonly route = new Route()
  private readonly wake: WakeUp
  private message: TickMessage
  /** After a start: what a crash left of a tick. */
  private flight: Flight | null
  private openedAt = 0
  /** For how much, the tick in flight or a new definition, to become durable before the next tick. */
  private waiting = 0
  private ended = false

  constructor(
    exchange: ScheduleExchange,
    cursor: Cursor,
    message: TickMessage,
    vhost: Vhost,
    context: ScheduleContext,
  ) {
    this.exchange = exchange
    this.cursor = cursor
    this.message = message
    this.vhost = vhost
    this.context = context
    this.wake = new WakeUp(context.clock, this.proceed)
    this.flight = this.leftBehind()
    const { changed, plan } = exchange
    const last = cursor.furthest - 1
    const isOwn = last >= (changed?.from ?? 0) && plan.ticks.from(last) === last
    this.lastAt = isOwn ? last : (changed?.lastAt ?? null)
    this.nextAt = this.following()
  }

  /** Queues are ready for messages. What was missed comes first. */
  open(): void {
    this.openedAt = this.context.clock.now()
    this.proceed()
  }

  /** Nothing is published any more. */
  stop(): void {
    this.ended = true
    this.wake.clear()
    this.context.alarms.unsubscribe(this.alarmChanged)
  }

  /** The exchange is gone. */
  end(): void {
    this.stop()
    this.context.engine.deleteCursor(this.cursor)
  }

  /** What is due and was not published is the new plan's. `redefined` is to be called when the exchange is kept. */
  redefine(args: Headers, message: TickMessage): void {
    const { flight, exchange } = this
    const change: Change = {
      from: Math.min(this.context.clock.now(), Math.max(this.nextAt, this.following())),
      lastAt: flight?.tick ?? this.lastAt,
      ...(flight !== null && { unfinished: flight.arguments }),
    }
    exchange.redefine(args, message.plan, change)
    this.message = message
    this.nextAt = this.following()
  }

  /** A crash must not leave a tick of the new plan without the plan. */
  redefined(): void {
    if (this.openedAt > 0) this.waitFor(this.context.engine.seal(), this.proceed)
  }

  runTurn(): void {
    if (this.ended || this.waiting > 0) return
    const { engine, clock } = this.context
    const now = clock.now()
    if (engine.lagging) {
      this.wake.at(now + BUSY_RETRY_MS)
      return
    }
    if (this.context.alarms.reason !== null && (this.flight !== null || this.nextAt <= now)) {
      this.context.alarms.subscribe(this.alarmChanged)
      return
    }
    if (this.flight !== null) {
      this.publish(this.flight, now, false)
      return
    }
    this.passMissed(now)
    if (this.nextAt > now) this.wake.at(Math.min(this.nextAt, now + SLEEP_MS_MAX))
    else this.publish({ tick: this.nextAt, message: this.message, arguments: this.exchange.arguments }, now, true)
  }

  private readonly proceed = (): void => {
    this.context.turn.schedule(TurnPhase.deliver, this)
  }

  /** Nobody publishes under an alarm; what fell due meanwhile was missed, as if the broker had been down. */
  private readonly alarmChanged = (reason: string | null): void => {
    if (reason !== null) return
    this.context.alarms.unsubscribe(this.alarmChanged)
    this.open()
  }

  /** The first tick that is neither done nor in flight. */
  private following(): number {
    const { cursor, flight, exchange } = this
    const after = flight === null ? cursor.next : flight.tick + 1
    return exchange.plan.ticks.from(Math.max(after, exchange.changed?.from ?? 0))
  }

  /** What a crash left in some shards only, or of the definition before, in some shards or none. */
  private leftBehind(): Flight | null {
    const { exchange, cursor, message, context } = this
    const { next, furthest } = cursor
    const { lastAt, unfinished } = exchange.changed ?? {}
    const tick = furthest > next ? furthest - 1 : unfinished === undefined ? null : lastAt!
    if (tick === null || tick < next) return null
    if (tick !== lastAt || unfinished === undefined) return { tick, message, arguments: exchange.arguments }
    const old = new TickMessage(exchange.name, planOf(unfinished), context.properties)
    return { tick, message: old, arguments: unfinished }
  }

  /** The last one that was missed stands for all, or none does. */
  private passMissed(now: number): void {
    const { ticks, missed } = this.exchange.plan
    const limit = Math.max(this.openedAt, now - LATE_MS)
    if (this.nextAt >= limit) return
    const last = ticks.before(limit)
    let count = 0
    for (let tick = this.nextAt; tick < last && count < COUNT_MAX; tick = ticks.from(tick + 1)) count++
    this.missed += missed === 'once' ? count : count + 1
    this.nextAt = missed === 'once' ? last : ticks.from(limit)
  }

  /** @param again later, if all queues are full */
  private publish(flight: Flight, now: number, again: boolean): void {
    const { route, exchange } = this
    const { tick, message } = flight
    message.fill(tick, now)
    this.vhost.routeKeys(exchange, message.keys, message.headersNow(), route, message.propertyOf())
    const { targets } = route
    // They had theirs before any shard had.
    if (this.cursor.furthest > tick) route.topics.length = 0
    this.flight = flight
    if (route.topics.length === 0) {
      this.copy(flight, targets, again ? now : null)
      return
    }
    // Topics have no part in the section of the cursor: they have the message before the tick is done, if need be twice.
    const number = this.appendToTopics(message)
    this.waitFor(number, () => this.copy(flight, targets, null))
  }

  private appendToTopics({ draft }: TickMessage): number {
    const { route } = this
    let number = 0
    for (const topic of route.topics) {
      const own = topic.append(draft)
      if (own !== TOPIC_REFUSED) number = Math.max(number, own)
    }
    route.topics.length = 0
    return number
  }

  /** To the queues. @param now null: it is not tried again if they are full */
  private copy({ tick, message }: Flight, targets: number, now: number | null): void {
    const { route, cursor, exchange, vhost } = this
    const { engine } = this.context
    for (let i = route.queues.length - 1; i >= 0; i--) if (route.queues[i].gone) route.queues.splice(i, 1)
    route.filled()
    if (!route.isEmpty) route.appendFrom(engine, cursor, tick, message.draft)
    if (route.refused && now !== null) {
      this.flight = null
      this.wake.at(now + FULL_RETRY_MS)
      return
    }
    // Also when nobody took it.
    if (cursor.next <= tick) engine.moveCursor(cursor, tick + 1)
    if (vhost.tracing) {
      const client = { ...TRACED_AS, broker: this.context.tracingBroker, vhost }
      tracePublish(client, exchange.name, message.keys, message.draft, route)
    }
    exchange.publishedIn++
    exchange.publishedOut += targets
    this.fired++
    this.lastAt = tick
    this.nextAt = this.following()
    this.waitFor(engine.seal(), () => {
      this.flight = null
      this.proceed()
    })
  }

  private waitFor(number: number, then: () => void): void {
    this.waiting++
    this.context.durability.after(number, () => {
      this.waiting--
      if (!this.ended) then()
    })
  }
}
