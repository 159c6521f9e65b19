// Exchange type x-schedule: every destination, whatever the key, as fanout. What publishes to it at each tick is its
// vhost (schedule/); here its arguments are read. Those of the schedule may be replaced, which no other type allows.

import { PLAN_ARGUMENTS, type Plan, planOf, withReadablePayload } from '../schedule/plan.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import { type Headers, sameValue } from './headers.ts'

export const SCHEDULE_TYPE = 'x-schedule'

/** What is to be known of the definition before the last one, once a schedule was defined anew. */
export interface Change {
  /** The last one has no tick before this, ms since 1970. */
  readonly from: number
  /** The last tick that was published by then, ms since 1970; null if none was. */
  readonly lastAt: number | null
  /** What that one published, if it was not known to be durable: it may have to be completed. */
  readonly unfinished?: Headers
}

/** As kept: of an exchange that was made, and changed since. */
interface ScheduleOptions extends ExchangeOptions {
  readonly changed?: Change | null
}

export class ScheduleExchange extends Exchange {
  readonly type = SCHEDULE_TYPE
  plan: Plan
  changed: Change | null

  /** @throws Refusal precondition-failed for arguments that make no schedule. */
  constructor(name: string, options: ScheduleOptions) {
    super(name, { ...options, arguments: withReadablePayload(options.arguments) })
    this.plan = planOf(this.arguments)
    this.changed = options.changed ?? null
  }

  /** Whether a declare with these arguments means the schedule that is here. @throws Refusal precondition-failed */
  isDefinedBy(args: Headers): boolean {
    const given = withReadablePayload(args)
    return PLAN_ARGUMENTS.every((name) => sameValue(given[name] ?? null, this.arguments[name] ?? null))
  }

  /** @param args as `withReadablePayload` gives them */
  redefine(args: Headers, plan: Plan, change: Change): void {
    this.arguments = args
    this.plan = plan
    this.changed = change
  }

  /** To be kept: all that the constructor takes, and the type. */
  get definition(): ScheduleOptions & { readonly type: string } {
    const { type, durable, autoDelete, internal, arguments: args, changed } = this
    return { type, durable, autoDelete, internal, arguments: args, changed }
  }

  match(_key: string, _headers: Headers | null, add: AddTarget): void {
    for (const destination of this.byDestination.keys()) add(destination)
  }

  protected insert(): void {}

  protected remove(): void {}
}
