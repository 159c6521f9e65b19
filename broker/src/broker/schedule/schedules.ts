/** The schedules of a vhost: one for each exchange of type x-schedule. */
import type { Catalog } from '../catalog.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange, Headers, HeaderValue } from '../routing/exchange.ts'
import { ScheduleExchange } from '../routing/schedule-exchange.ts'
import { PLAN_ARGUMENTS, planOf } from './plan.ts'
import { beginning, Schedule, type ScheduleContext, type ScheduleVhost } from './schedule.ts'
import { TickMessage } from './tick-message.ts'

export interface SchedulesContext extends ScheduleContext {
  readonly properties: PropertyBlocks
  readonly catalog: Catalog
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
    const cursor = engine.cursors.get(owner) ?? engine.createCursor(owner, null, beginning(exchange.plan, clock.now()))
    const schedule = new Schedule(exchange, cursor, message, this.vhost, this.context)
    this.byExchange.set(exchange, schedule)
    if (this.isOpen) schedule.open()
  }

  /**
   * Another time or message from now on; null takes an argument away. What is due by the old times and not published yet
   * does not come any more.
   * @throws Refusal precondition-failed, and nothing has changed
   */
  alter(exchange: Exchange, changes: Headers): void {
    const { name } = exchange
    const schedule = this.byExchange.get(exchange)
    if (!(exchange instanceof ScheduleExchange) || schedule === undefined) {
      throw new Refusal('precondition-failed', `exchange '${name}' is no schedule: its arguments stay as they are`)
    }
    const args = altered(exchange, changes)
    const message = new TickMessage(name, planOf(args), this.context.properties)
    exchange.change(args)
    schedule.change(message)
    if (!exchange.durable) return
    const { type, durable, autoDelete, internal } = exchange
    const definition = { type, durable, autoDelete, internal, arguments: exchange.arguments }
    this.context.catalog.put('exchange', [this.vhost.name, name], definition)
  }

  /**
   * An exchange that is there is declared: a schedule with other times or another message is one with these at once, in
   * one section of the journal. @throws Refusal precondition-failed if they make none
   */
  redeclare(exchange: Exchange, declared: Headers): void {
    if (!(exchange instanceof ScheduleExchange) || exchange.isDefinedBy(declared)) return
    const { properties, catalog } = this.context
    const args = withReadablePayload(declared)
    const message = new TickMessage(exchange.name, planOf(args), properties)
    this.byExchange.get(exchange)!.redefine(args, message)
    if (exchange.durable) catalog.put('exchange', [this.vhost.name, exchange.name], exchange.definition)
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
