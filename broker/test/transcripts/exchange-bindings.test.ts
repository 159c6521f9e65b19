// Exchanges bound to exchanges, and alternate exchanges.

import { all, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const exchange = (name: string, type = 'fanout', args = {}) =>
  a.ask('exchange.declare', { exchange: `chain.${name}`, type, arguments: args })
const bind = (source: string, destination: string, routingKey = '') =>
  a.ask('exchange.bind', { source: `chain.${source}`, destination: `chain.${destination}`, routingKey })
const listen = (queue: string, from: string, routingKey = '') =>
  all(
    a.ask('queue.declare', { queue: `chain.${queue}`, exclusive: true }),
    a.ask('queue.bind', { queue: `chain.${queue}`, exchange: `chain.${from}`, routingKey }),
    a.ask('basic.consume', { queue: `chain.${queue}`, consumerTag: queue, noAck: true }),
  )

dialogues({
  'a message runs through both': [
    exchange('first', 'topic'),
    exchange('second', 'direct'),
    bind('first', 'second', 'a.#'),
    listen('q', 'second', 'a.b'),
    a.publish('chain.first', 'a.b', '1'),
    a.delivery('q', 1, '1', { exchange: 'chain.first', routingKey: 'a.b' }),
    a.publish('chain.first', 'a.c', 'stops at the second', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'stops at the second', { exchange: 'chain.first' }),
  ],
  'a circle is walked once, and each queue gets one copy': [
    exchange('first'),
    exchange('second'),
    bind('first', 'second'),
    bind('second', 'first'),
    bind('first', 'first'),
    listen('q', 'first'),
    a.ask('queue.bind', { queue: 'chain.q', exchange: 'chain.second', routingKey: '' }),
    a.publish('chain.first', '', '1'),
    a.publish('chain.second', '', '2'),
    a.delivery('q', 1, '1'),
    a.delivery('q', 2, '2'),
    a.silence('chain.q'),
  ],
  'unbound, nothing runs through': [
    exchange('first'),
    exchange('second'),
    bind('first', 'second', 'k'),
    listen('q', 'second'),
    a.ask('exchange.unbind', { source: 'chain.first', destination: 'chain.second', routingKey: 'other' }),
    a.publish('chain.first', '', '1'),
    a.delivery('q', 1, '1'),
    a.ask('exchange.unbind', { source: 'chain.first', destination: 'chain.second', routingKey: 'k' }),
    a.publish('chain.first', '', '2', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', '2'),
  ],
  'both ends must be there': [
    exchange('first'),
    a.send('exchange.bind', { source: 'chain.first', destination: 'chain.none', routingKey: '' }),
    a.refused(404, "no exchange 'chain.none' in vhost '/'"),
    a.send('exchange.bind', { source: 'chain.none', destination: 'chain.first', routingKey: '' }),
    a.refused(404, "no exchange 'chain.none' in vhost '/'"),
    a.send('exchange.bind', { source: '', destination: 'chain.first', routingKey: '' }),
    a.refused(403, 'operation not permitted on the default exchange'),
    a.send('exchange.bind', { source: 'chain.first', destination: '', routingKey: '' }),
    a.refused(403, 'operation not permitted on the default exchange'),
  ],
  'an exchange with a binding out of it is in use': [
    exchange('first'),
    exchange('second'),
    bind('first', 'second'),
    a.send('exchange.delete', { exchange: 'chain.first', ifUnused: true }),
    a.refused(406, "exchange 'chain.first' in vhost '/' in use"),
    a.ask('exchange.delete', { exchange: 'chain.second', ifUnused: true }),
    a.ask('exchange.delete', { exchange: 'chain.first', ifUnused: true }),
  ],
  'an auto-delete exchange goes with the last binding out of it': [
    a.ask('exchange.declare', { exchange: 'chain.first', type: 'fanout', autoDelete: true }),
    exchange('second'),
    bind('first', 'second'),
    bind('second', 'first'),
    a.ask('exchange.unbind', { source: 'chain.second', destination: 'chain.first', routingKey: '' }),
    a.ask('exchange.declare', { exchange: 'chain.first', type: '', passive: true }),
    a.ask('exchange.unbind', { source: 'chain.first', destination: 'chain.second', routingKey: '' }),
    a.send('exchange.declare', { exchange: 'chain.first', type: '', passive: true }),
    a.refused(404, "no exchange 'chain.first' in vhost '/'"),
  ],
  'what an exchange cannot route goes to its alternate': [
    exchange('alternate'),
    exchange('first', 'direct', { 'alternate-exchange': 'chain.alternate' }),
    listen('rest', 'alternate'),
    listen('q', 'first', 'k'),
    a.publish('chain.first', 'k', 'routed', { mandatory: true }),
    a.delivery('q', 1, 'routed'),
    a.publish('chain.first', 'other', 'not routed', { mandatory: true }),
    a.delivery('rest', 2, 'not routed', { exchange: 'chain.first', routingKey: 'other' }),
    a.silence('chain.rest'),
  ],
  'alternates follow each other, and a circle ends': [
    exchange('first', 'direct', { 'alternate-exchange': 'chain.second' }),
    exchange('second', 'direct', { 'alternate-exchange': 'chain.first' }),
    listen('q', 'second', 'k'),
    a.publish('chain.first', 'k', '1'),
    a.delivery('q', 1, '1'),
    a.publish('chain.first', 'nowhere', '2', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', '2'),
  ],
  'an alternate that does not exist routes nothing': [
    exchange('first', 'direct', { 'alternate-exchange': 'chain.none' }),
    a.publish('chain.first', 'k', '1', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', '1'),
  ],
  'the alternate of an exchange further down counts': [
    exchange('alternate'),
    exchange('second', 'direct', { 'alternate-exchange': 'chain.alternate' }),
    exchange('first'),
    bind('first', 'second'),
    listen('rest', 'alternate'),
    a.publish('chain.first', 'k', '1', { mandatory: true }),
    a.delivery('rest', 1, '1'),
  ],
  'an internal exchange is reached by a binding': [
    exchange('first'),
    a.ask('exchange.declare', { exchange: 'chain.internal', type: 'fanout', internal: true }),
    bind('first', 'internal'),
    listen('q', 'internal'),
    a.publish('chain.first', '', '1'),
    a.delivery('q', 1, '1'),
  ],
})
