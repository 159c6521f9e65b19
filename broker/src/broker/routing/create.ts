// From the type name in a declare to the exchange.

import { Refusal } from '../refusal.ts'
import { ConsistentHashExchange } from './consistent-hash.ts'
import { DeduplicationExchange } from './deduplication-exchange.ts'
import { DELAYED_TYPE, DelayedExchange, delayedTypeOf } from './delayed-exchange.ts'
import { DirectExchange } from './direct.ts'
import type { Exchange, ExchangeOptions, ExchangeType } from './exchange.ts'
import { FanoutExchange } from './fanout.ts'
import { HeadersExchange } from './headers-exchange.ts'
import { LocalRandomExchange } from './local-random.ts'
import { LOG_EXCHANGE_TYPE } from './log-exchange.ts'
import { ModulusHashExchange } from './modulus-hash.ts'
import { RandomExchange } from './random.ts'
import { RecentHistoryExchange } from './recent-history.ts'
import { SCHEDULE_TYPE, ScheduleExchange } from './schedule-exchange.ts'
import { TopicExchange } from './topic.ts'

const types = {
  direct: DirectExchange,
  fanout: FanoutExchange,
  topic: TopicExchange,
  headers: HeadersExchange,
  'x-consistent-hash': ConsistentHashExchange,
  'x-modulus-hash': ModulusHashExchange,
  'x-random': RandomExchange,
  'x-local-random': LocalRandomExchange,
  'x-recent-history': RecentHistoryExchange,
  'x-message-deduplication': DeduplicationExchange,
  [SCHEDULE_TYPE]: ScheduleExchange,
} satisfies Record<Exclude<ExchangeType, typeof DELAYED_TYPE | typeof LOG_EXCHANGE_TYPE>, unknown>

export const exchangeTypes = [...Object.keys(types), DELAYED_TYPE, LOG_EXCHANGE_TYPE] as readonly ExchangeType[]

/** @throws Refusal precondition-failed for a type that is not one of `exchangeTypes`, or bad arguments. */
export function createExchange(type: string, name: string, options: ExchangeOptions): Exchange {
  if (type === DELAYED_TYPE) {
    return new DelayedExchange(name, options, createExchange(delayedTypeOf(options.arguments), name, options))
  }
  if (!isExchangeType(type)) throw new Refusal('precondition-failed', `unknown exchange type '${type}'`)
  return new types[type](name, options)
}

function isExchangeType(type: string): type is keyof typeof types {
  return Object.hasOwn(types, type)
}
