// Exchange type x-delayed-message: routes as the type named by `x-delayed-type` does. What keeps messages back until
// they are due is their vhost (delay/); here they are routed when their time has come, or if they ask for no delay.

import { Refusal } from '../refusal.ts'
import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions, type PropertyOf } from './exchange.ts'
import type { Headers } from './headers.ts'
import { SCHEDULE_TYPE } from './schedule-exchange.ts'

export const DELAYED_TYPE = 'x-delayed-message'

export class DelayedExchange extends Exchange {
  readonly type = DELAYED_TYPE
  override readonly knownArguments = ['alternate-exchange', 'x-delayed-type']
  override readonly keyDecides: boolean
  override readonly looksUpEachKey: boolean
  /** Routes; its bindings are copies of those here. */
  readonly inner: Exchange

  /** @param inner of the type that routes; it has the same name and no bindings. */
  constructor(name: string, options: ExchangeOptions, inner: Exchange) {
    super(name, options)
    this.inner = inner
    this.keyDecides = inner.keyDecides
    this.looksUpEachKey = inner.looksUpEachKey
  }

  match(key: string, headers: Headers | null, add: AddTarget, properties: PropertyOf | null): void {
    this.inner.match(key, headers, add, properties)
  }

  protected insert({ destination, key, args }: Binding): void {
    this.inner.bind(destination, key, args)
  }

  protected remove({ destination, key, args }: Binding): void {
    this.inner.unbind(destination, key, args)
  }
}

/** @throws Refusal precondition-failed, in the words of RabbitMQ's plugin, if the arguments name no type. */
export function delayedTypeOf(args: Headers): string {
  const type = args['x-delayed-type']
  if (type === DELAYED_TYPE || type === SCHEDULE_TYPE) {
    throw new Refusal('precondition-failed', `Invalid argument, '${type}' can't be used for 'x-delayed-type'`)
  }
  if (typeof type === 'string') return type
  throw new Refusal('precondition-failed', `Invalid argument, 'x-delayed-type' must be an existing exchange type`)
}
