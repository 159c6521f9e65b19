// Exchange type x-schedule: every destination, whatever the key, as fanout. What publishes to it at each tick is its
// vhost (schedule/); here its arguments are read.

import { PLAN_ARGUMENTS, type Plan, planOf, withReadablePayload } from '../schedule/plan.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import type { Headers } from './headers.ts'

export const SCHEDULE_TYPE = 'x-schedule'

export class ScheduleExchange extends Exchange {
  readonly type = SCHEDULE_TYPE
  override readonly knownArguments = ['alternate-exchange', ...PLAN_ARGUMENTS]
  readonly plan: Plan

  /** @throws Refusal precondition-failed for arguments that make no schedule. */
  constructor(name: string, options: ExchangeOptions) {
    super(name, { ...options, arguments: withReadablePayload(options.arguments) })
    this.plan = planOf(this.arguments)
  }

  override comparable(args: Headers): Headers {
    return withReadablePayload(args)
  }

  match(_key: string, _headers: Headers | null, add: AddTarget): void {
    for (const destination of this.byDestination.keys()) add(destination)
  }

  protected insert(): void {}

  protected remove(): void {}
}
