/**
 * One schedule: publishes to its exchange at each tick, one tick at a time, the next when that one is durable. How far it
 * came is a cursor whose offsets are the times of ticks. It stands in the journal in one section with the copies: a crash
 * leaves both or neither, so a tick has its message once, and no crash skips it. Shards share no journal: what a crash left
 * of a tick in some of them only is completed in the others at the start.
 *
 *   cursor.next   all ticks before it are done; after a start, what lies between it and now was missed
 */
import type { Clock } from '../../base/clock.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { Cursor, LogEngine } from '../../log/engine.ts'
import type { Durability } from '../durability.ts'
import { Route } from '../queue/route.ts'
import { WakeUp } from '../queue/wake-up.ts'
import type { Exchange, PropertyOf } from '../routing/exchange.ts'
import type { Headers } from '../routing/headers.ts'
import type { ScheduleExchange } from '../routing/schedule-exchange.ts'
import { TOPIC_REFUSED } from '../routing/target.ts'
import type { TickMessage } from './tick-message.ts'

export interface ScheduleContext {
  readonly engine: LogEngine
  readonly turn: Turn
  readonly clock: Clock
  readonly durability: Durability
}

/** What a message needs of its vhost. */
export interface ScheduleVhost {
  readonly name: string
  routeKeys(
    exchange: Exchange,
    keys: readonly string[],
    headers: Headers | null,
    into: Route,
    properties: PropertyOf | null,
  ): boolean
}

/** The wall clock may be set: nobody sleeps longer than this without looking at it. */
const SLEEP_MS_MAX = 60_000
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
  private readonly message: TickMessage
  private readonly vhost: ScheduleVhost
  private readonly context: ScheduleContext
  private readonly route = new Route()
  private readonly wake: WakeUp
  private openedAt = 0
  /** A crash left the next tick in some shards. */
  private begun: boolean
  /** A tick has to become durable first. */
  private waiting = false
  private ended = false

  constructor(
    exchange: ScheduleExchange,
    cursor: Cursor,
    message: TickMessage,
    vhost: ScheduleVhost,
    context: ScheduleContext,
  ) {
    this.exchange = exchange
    this.cursor = cursor
    this.message = message
    this.vhost = vhost
    this.context = context
    this.wake = new WakeUp(context.clock, () => this.proceed())
    const { ticks } = exchange.plan
    const { next, furthest } = cursor
    this.begun = furthest > next
    this.nextAt = this.begun ? furthest - 1 : ticks.from(next)
    this.lastAt = ticks.from(furthest - 1) === furthest - 1 ? furthest - 1 : null
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
  }

  /** The exchange is gone. */
  end(): void {
    this.stop()
    this.context.engine.deleteCursor(this.cursor)
  }

  runTurn(): void {
    if (this.ended || this.waiting) return
    const { engine, clock } = this.context
    const now = clock.now()
    if (engine.lagging) {
      this.wake.at(now + BUSY_RETRY_MS)
      return
    }
    if (!this.begun) this.passMissed(now)
    if (this.nextAt > now && !this.begun) this.wake.at(Math.min(this.nextAt, now + SLEEP_MS_MAX))
    else this.fire(now)
  }

  private readonly proceed = (): void => {
    this.context.turn.schedule(TurnPhase.deliver, this)
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

  private fire(now: number): void {
    const { route, message, exchange } = this
    message.fill(this.nextAt, now)
    this.vhost.routeKeys(exchange, message.keys, message.headersNow(), route, message.propertyOf())
    const { targets } = route
    if (route.topics.length === 0) {
      this.copy(now, targets)
      return
    }
    // Topics have no part in the section of the cursor: they have the message before the tick is done, if need be twice.
    const number = this.appendToTopics()
    this.waitFor(number, () => this.copy(null, targets))
  }

  private appendToTopics(): number {
    const { route, message } = this
    let number = 0
    for (const topic of route.topics) {
      const own = topic.append(message.draft)
      if (own !== TOPIC_REFUSED) number = Math.max(number, own)
    }
    route.topics.length = 0
    return number
  }

  /** To the queues. @param now null: it is not tried again if they are full, for topics have the message */
  private copy(now: number | null, targets: number): void {
    const { route, cursor, exchange, begun, nextAt: tick } = this
    const { engine } = this.context
    for (let i = route.queues.length - 1; i >= 0; i--) if (route.queues[i].gone) route.queues.splice(i, 1)
    route.filled()
    if (!route.isEmpty) route.appendFrom(engine, cursor, tick, this.message.draft)
    if (route.refused && now !== null && !begun) {
      this.wake.at(now + FULL_RETRY_MS)
      return
    }
    // Also when nobody took it.
    if (cursor.next <= tick) engine.moveCursor(cursor, tick + 1)
    exchange.publishedIn++
    exchange.publishedOut += targets
    this.fired++
    this.begun = false
    this.lastAt = tick
    this.nextAt = exchange.plan.ticks.from(tick + 1)
    this.waitFor(engine.seal(), this.proceed)
  }

  private waitFor(number: number, then: () => void): void {
    this.waiting = true
    this.context.durability.after(number, () => {
      this.waiting = false
      if (!this.ended) then()
    })
  }
}
