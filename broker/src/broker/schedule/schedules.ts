/** The schedules of a vhost: one for each exchange of type x-schedule. */
import type { PropertyBlocks } from '../property-blocks.ts'
import type { Exchange } from '../routing/exchange.ts'
import { ScheduleExchange } from '../routing/schedule-exchange.ts'
import { Schedule, type ScheduleContext, type ScheduleVhost } from './schedule.ts'
import { TickMessage } from './tick-message.ts'

export interface SchedulesContext extends ScheduleContext {
  readonly properties: PropertyBlocks
}

export class Schedules {
  private readonly vhost: ScheduleVhost
  private readonly context: SchedulesContext
  private readonly byExchange = new Map<Exchange, Schedule>()
  /** Queues have all that they had before a start. */
  private isOpen = false

  constructor(vhost: ScheduleVhost, context: SchedulesContext) {
    this.vhost = vhost
    this.context = context
  }

  of(exchange: Exchange): Schedule | undefined {
    return this.byExchange.get(exchange)
  }

  /**
   * An exchange was made, or is back: it ticks from now on, or from where it was, if it is of the type that does.
   * @throws Refusal precondition-failed if its arguments ask for a message that cannot be
   */
  attach(exchange: Exchange): void {
    if (!(exchange instanceof ScheduleExchange)) return
    const { engine, clock, properties } = this.context
    const message = new TickMessage(exchange.name, exchange.plan, properties)
    const owner = JSON.stringify(['schedule', this.vhost.name, exchange.name])
    const cursor = engine.cursors.get(owner) ?? engine.createCursor(owner, null, beginning(exchange, clock.now()))
    const schedule = new Schedule(exchange, cursor, message, this.vhost, this.context)
    this.byExchange.set(exchange, schedule)
    if (this.isOpen) schedule.open()
  }

  /** The exchange is gone. To be called behind the change of definitions. */
  delete(exchange: Exchange): void {
    this.byExchange.get(exchange)?.end()
    this.byExchange.delete(exchange)
  }

  /** Queues are ready for messages. */
  open(): void {
    if (this.isOpen) return
    this.isOpen = true
    for (const schedule of this.byExchange.values()) schedule.open()
  }

  /** Nothing is published any more. */
  stop(): void {
    for (const schedule of this.byExchange.values()) schedule.stop()
  }
}

/** All below counts as done. What stands just below is no tick, for none was published. */
function beginning({ plan }: ScheduleExchange, now: number): number {
  return plan.ticks.from(now - 1) === now - 1 ? now + 1 : now
}
