/** The schedules of a vhost: one for each exchange of type x-schedule. */
import type { Catalog } from '../catalog.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange, Headers, HeaderValue } from '../routing/exchange.ts'
import { ScheduleExchange } from '../routing/schedule-exchange.ts'
import type { Vhost } from '../vhost.ts'
import { PLAN_ARGUMENTS, type Plan, planOf, withReadablePayload } from './plan.ts'
import { Schedule, type ScheduleContext } from './schedule.ts'
import { TickMessage } from './tick-message.ts'

export interface SchedulesContext extends ScheduleContext {
  readonly catalog: Catalog
}

export class Schedules {
  private readonly vhost: Vhost
  private readonly context: SchedulesContext
  private readonly byExchange = new Map<Exchange, Schedule>()
  /** Queues have all that they had before a start. */
  private isOpen = false

  constructor(vhost: Vhost, context: SchedulesContext) {
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
    const cursor = engine.cursors.get(owner) ?? engine.createCursor(owner, null, beginning(exchange.plan, clock.now()))
    const schedule = new Schedule(exchange, cursor, message, this.vhost, this.context)
    this.byExchange.set(exchange, schedule)
    if (this.isOpen) schedule.open()
  }

  /**
   * An exchange that is there is declared: a schedule with other times or another message is one with these at once, in
   * one section of the journal. @throws Refusal precondition-failed, and nothing has changed
   */
  redeclare(exchange: Exchange, args: Headers): void {
    if (exchange instanceof ScheduleExchange && !exchange.isDefinedBy(args)) this.redefine(exchange, args)
  }

  /** As `redeclare`, with some of the arguments; null takes one away. @throws Refusal as `redeclare` */
  alter(exchange: Exchange, changes: Headers): void {
    if (!(exchange instanceof ScheduleExchange)) {
      const text = `exchange '${exchange.name}' is no schedule: its arguments stay as they are`
      throw new Refusal('precondition-failed', text)
    }
    this.redeclare(exchange, altered(exchange, changes))
  }

  private redefine(exchange: ScheduleExchange, args: Headers): void {
    const { context, vhost } = this
    const readable = withReadablePayload(args)
    const message = new TickMessage(exchange.name, planOf(readable), context.properties)
    const schedule = this.byExchange.get(exchange)!
    schedule.redefine(readable, message)
    if (exchange.durable) context.catalog.put('exchange', [vhost.name, exchange.name], exchange.definition)
    schedule.redefined()
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

/** All arguments that it has then. */
function altered({ name, arguments: before }: Exchange, changes: Headers): Headers {
  const args: Record<string, HeaderValue> = { ...before }
  for (const [argument, value] of Object.entries(changes)) {
    if (!PLAN_ARGUMENTS.includes(argument)) {
      throw new Refusal('precondition-failed', `cannot change arg '${argument}' of schedule '${name}'`)
    }
    if (value === null) delete args[argument]
    else args[argument] = value
  }
  return args
}

/** All below counts as done. What stands just below is no tick, for none was published. */
function beginning({ ticks }: Plan, now: number): number {
  return ticks.from(now - 1) === now - 1 ? now + 1 : now
}
