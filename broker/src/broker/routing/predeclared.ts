// The exchanges that every vhost has from the start, beside the default one.

import { createExchange } from './create.ts'
import type { Exchange } from './exchange.ts'
import { noHeaders } from './headers.ts'

const PREDECLARED = [
  ['amq.direct', 'direct', false],
  ['amq.fanout', 'fanout', false],
  ['amq.topic', 'topic', false],
  ['amq.headers', 'headers', false],
  ['amq.match', 'headers', false],
  ['amq.rabbitmq.trace', 'topic', true],
] as const

export function predeclaredExchanges(): Exchange[] {
  return PREDECLARED.map(([name, type, internal]) =>
    createExchange(type, name, { durable: true, autoDelete: false, internal, arguments: noHeaders }),
  )
}
