/** Class exchange (AMQP 0-9-1 §1.6), with RabbitMQ's exchange-to-exchange bindings. */
import {
  type BindingEnds,
  bind,
  type Declarer,
  declareExchange,
  deleteExchange,
  unbind,
} from '../broker/operations/declare.ts'
import type { Headers } from '../broker/routing/headers.ts'
import type { Handlers } from './handlers.ts'
import type { AmqpSession } from './session.ts'

export const exchangeHandlers: Handlers = {
  'exchange.declare'(session, channel, args) {
    const name = args.exchange.replace(/[\r\n]/g, '')
    if (args.passive) {
      if (name !== '') session.vhost!.exchange(name)
    } else {
      declareExchange(declarer(session), name, args.type, {
        durable: args.durable,
        autoDelete: args.autoDelete,
        internal: args.internal,
        arguments: args.arguments as Headers,
      })
    }
    if (!args.nowait) session.answers.give(channel.number, 'exchange.declare-ok', {})
  },

  'exchange.delete'(session, channel, { exchange, ifUnused, nowait }) {
    deleteExchange(declarer(session), exchange, ifUnused)
    if (!nowait) session.answers.give(channel.number, 'exchange.delete-ok', {})
  },

  'exchange.bind'(session, channel, args) {
    bind(declarer(session), ends(args), args.arguments as Headers)
    if (!args.nowait) session.answers.give(channel.number, 'exchange.bind-ok', {})
  },

  'exchange.unbind'(session, channel, args) {
    unbind(declarer(session), ends(args), args.arguments as Headers)
    if (!args.nowait) session.answers.give(channel.number, 'exchange.unbind-ok', {})
  },
}

/** The session, as whoever declares. */
export function declarer(session: AmqpSession): Declarer {
  return { rights: session.rights, vhost: session.vhost!, owner: session }
}

function ends(args: { destination: string; source: string; routingKey: string }): BindingEnds {
  return { source: args.source, destination: args.destination, kind: 'exchange', key: args.routingKey }
}
