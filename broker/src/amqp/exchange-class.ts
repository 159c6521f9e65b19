/** Class exchange (AMQP 0-9-1 §1.6), with RabbitMQ's exchange-to-exchange bindings. */
import { Refusal } from '../broker/refusal.ts'
import type { Exchange } from '../broker/routing/exchange.ts'
import type { Headers } from '../broker/routing/headers.ts'
import { LOG_EXCHANGE_TYPE } from '../broker/routing/log-exchange.ts'
import type { Handlers } from './handlers.ts'
import type { AmqpSession } from './session.ts'

export const exchangeHandlers: Handlers = {
  'exchange.declare'(session, channel, args) {
    const vhost = session.vhost!
    const name = args.exchange.replace(/[\r\n]/g, '')
    if (args.passive) {
      if (name !== '') vhost.exchange(name)
    } else {
      refuseDefault(name)
      session.rights.require('configure', 'exchange', name)
      if (args.type === LOG_EXCHANGE_TYPE && !vhost.exchanges.has(name))
        session.rights.requireAs('create', 'topic', name)
      const options = {
        durable: args.durable,
        autoDelete: args.autoDelete,
        internal: args.internal,
        arguments: args.arguments as Headers,
      }
      const alternate = options.arguments['alternate-exchange']
      if (typeof alternate === 'string' && !vhost.exchanges.has(name)) {
        session.rights.require('read', 'exchange', name)
        session.rights.require('write', 'exchange', alternate)
      }
      vhost.declareExchange(name, args.type, options)
    }
    if (!args.nowait) session.answers.give(channel.number, 'exchange.declare-ok', {})
  },

  'exchange.delete'(session, channel, { exchange, ifUnused, nowait }) {
    refuseDefault(exchange)
    session.rights.require('configure', 'exchange', exchange, 'delete')
    session.vhost!.deleteExchange(exchange, ifUnused)
    if (!nowait) session.answers.give(channel.number, 'exchange.delete-ok', {})
  },

  'exchange.bind'(session, channel, args) {
    const destination = destinationOf(session, args)
    session.vhost!.bind(args.source, destination, args.routingKey, args.arguments as Headers)
    if (!args.nowait) session.answers.give(channel.number, 'exchange.bind-ok', {})
  },

  'exchange.unbind'(session, channel, args) {
    const destination = destinationOf(session, args)
    session.vhost!.unbind(args.source, destination, args.routingKey, args.arguments as Headers)
    if (!args.nowait) session.answers.give(channel.number, 'exchange.unbind-ok', {})
  },
}

function destinationOf(
  session: AmqpSession,
  args: { destination: string; source: string; routingKey: string },
): Exchange {
  refuseDefault(args.destination)
  refuseDefault(args.source)
  session.rights.require('write', 'exchange', args.destination)
  session.rights.require('read', 'exchange', args.source)
  const destination = session.vhost!.exchange(args.destination)
  if (session.vhost!.exchange(args.source).type === 'topic')
    session.rights.requireTopic('read', args.source, args.routingKey)
  return destination
}

/** @throws Refusal access-refused */
export function refuseDefault(exchange: string): void {
  if (exchange === '') throw new Refusal('access-refused', 'operation not permitted on the default exchange')
}
