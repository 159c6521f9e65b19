// Declaring, checking and deleting exchanges, and binding queues to them.

import { dialogues, differs, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const predeclared = (
  [
    ['amq.direct', 'direct'],
    ['amq.fanout', 'fanout'],
    ['amq.topic', 'topic'],
    ['amq.headers', 'headers'],
    ['amq.match', 'headers'],
  ] as const
).flatMap(([exchange, type]) => [
  a.ask('exchange.declare', { exchange, type, passive: true }),
  a.ask('exchange.declare', { exchange, type, durable: true }),
])

const x = { exchange: 'exchanges.x', type: 'direct' }
const inequivalent = (arg: string, received: string, current: string) =>
  `inequivalent arg '${arg}' for exchange 'exchanges.x' in vhost '/': received '${received}' but current is '${current}'`

dialogues({
  'the predeclared ones are there': predeclared,
  'each type can be declared, again too': (['direct', 'fanout', 'topic', 'headers'] as const).flatMap((type) => [
    a.ask('exchange.declare', { exchange: `exchanges.${type}`, type }),
    a.ask('exchange.declare', { exchange: `exchanges.${type}`, type }),
    a.ask('exchange.declare', { exchange: `exchanges.${type}`, type: '', passive: true }),
  ]),
  'a passive declare of a missing one': [
    a.send('exchange.declare', { exchange: 'exchanges.none', type: 'direct', passive: true }),
    a.refused(404, "no exchange 'exchanges.none' in vhost '/'"),
  ],
  'a type that does not exist': [
    a.send('exchange.declare', { exchange: 'exchanges.odd', type: 'telepathic' }),
    differs('RabbitMQ 3.10 closes the whole connection with 503 over an unknown exchange type', {
      signalbox: [a.refused(406, "unknown exchange type 'telepathic'")],
      rabbit: [a.expelled(503, "unknown exchange type 'telepathic'")],
    }),
  ],
  'a redeclare must agree': [
    a.ask('exchange.declare', x),
    a.send('exchange.declare', { ...x, type: 'topic' }),
    a.refused(406, inequivalent('type', 'topic', 'direct')),
    a.send('exchange.declare', { ...x, durable: true }),
    a.refused(406, inequivalent('durable', 'true', 'false')),
    a.send('exchange.declare', { ...x, autoDelete: true }),
    a.refused(406, inequivalent('auto_delete', 'true', 'false')),
    a.send('exchange.declare', { ...x, internal: true }),
    a.refused(406, inequivalent('internal', 'true', 'false')),
    a.ask('exchange.declare', { ...x, arguments: { 'x-nonsense': 1 } }),
    a.send('exchange.declare', { ...x, arguments: { 'alternate-exchange': 'amq.fanout' } }),
    a.refused(
      406,
      "inequivalent arg 'alternate-exchange' for exchange 'exchanges.x' in vhost '/': received the value 'amq.fanout' of type 'longstr' but current is none",
    ),
  ],
  'reserved names': [
    a.send('exchange.declare', { exchange: 'amq.mine', type: 'direct' }),
    a.refused(403, "exchange name 'amq.mine' contains reserved prefix 'amq.*'"),
    a.send('exchange.declare', { exchange: '', type: 'direct' }),
    a.refused(403, 'operation not permitted on the default exchange'),
    a.send('exchange.delete', { exchange: 'amq.direct' }),
    a.refused(403, "deletion of system exchange 'amq.direct' in vhost '/' not allowed"),
    a.send('exchange.delete', { exchange: '' }),
    a.refused(403, 'operation not permitted on the default exchange'),
  ],
  'carriage returns and line feeds are taken out of names': [
    a.ask('exchange.declare', { exchange: 'exchanges.\r\nlines', type: 'direct' }),
    a.ask('exchange.declare', { exchange: 'exchanges.lines', type: 'direct', passive: true }),
    a.ask('exchange.delete', { exchange: 'exchanges.lines' }),
  ],
  'deleting: once, twice, in use': [
    a.ask('exchange.declare', x),
    a.ask('queue.declare', { queue: 'exchanges.q', exclusive: true }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'exchanges.x', routingKey: 'k' }),
    a.send('exchange.delete', { exchange: 'exchanges.x', ifUnused: true }),
    a.refused(406, "exchange 'exchanges.x' in vhost '/' in use"),
    a.ask('queue.unbind', { queue: 'exchanges.q', exchange: 'exchanges.x', routingKey: 'k' }),
    a.ask('exchange.delete', { exchange: 'exchanges.x', ifUnused: true }),
    a.ask('exchange.delete', { exchange: 'exchanges.x' }),
    a.ask('exchange.delete', { exchange: 'exchanges.x', ifUnused: true }),
  ],
  'nowait asks for no answer': [
    a.send('exchange.declare', { ...x, nowait: true }),
    a.ask('exchange.declare', { ...x, passive: true }),
    a.send('exchange.delete', { exchange: 'exchanges.x', nowait: true }),
    a.send('exchange.declare', { ...x, passive: true }),
    a.refused(404, "no exchange 'exchanges.x' in vhost '/'"),
  ],
  'nowait hides no error': [
    a.send('exchange.declare', { exchange: 'amq.mine', type: 'direct', nowait: true }),
    a.refused(403, "exchange name 'amq.mine' contains reserved prefix 'amq.*'"),
  ],
  'an auto-delete exchange goes with its last binding': [
    a.ask('exchange.declare', { ...x, autoDelete: true }),
    a.ask('queue.declare', { queue: 'exchanges.q', exclusive: true }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'exchanges.x', routingKey: '1' }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'exchanges.x', routingKey: '2' }),
    a.ask('queue.unbind', { queue: 'exchanges.q', exchange: 'exchanges.x', routingKey: '1' }),
    a.ask('exchange.declare', { ...x, passive: true }),
    a.ask('queue.delete', { queue: 'exchanges.q' }),
    a.send('exchange.declare', { ...x, passive: true }),
    a.refused(404, "no exchange 'exchanges.x' in vhost '/'"),
  ],
  'bindings: both ends must be there': [
    a.send('queue.bind', { queue: 'exchanges.none', exchange: 'amq.direct', routingKey: 'k' }),
    a.refused(404, "no queue 'exchanges.none' in vhost '/'"),
    a.ask('queue.declare', { queue: 'exchanges.q', exclusive: true }),
    a.send('queue.bind', { queue: 'exchanges.q', exchange: 'exchanges.none', routingKey: 'k' }),
    a.refused(404, "no exchange 'exchanges.none' in vhost '/'"),
    a.send('queue.bind', { queue: 'exchanges.q', exchange: '', routingKey: 'k' }),
    a.refused(403, 'operation not permitted on the default exchange'),
    a.send('queue.unbind', { queue: 'exchanges.q', exchange: '', routingKey: 'exchanges.q' }),
    a.refused(403, 'operation not permitted on the default exchange'),
  ],
  'unbinding what is not bound is fine, and so is binding twice': [
    a.ask('queue.declare', { queue: 'exchanges.q', exclusive: true }),
    a.ask('queue.unbind', { queue: 'exchanges.q', exchange: 'amq.direct', routingKey: 'never' }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'amq.direct', routingKey: 'exchanges.k' }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'amq.direct', routingKey: 'exchanges.k' }),
    a.ask('basic.consume', { queue: 'exchanges.q', consumerTag: 'c', noAck: true }),
    a.publish('amq.direct', 'exchanges.k', 'once'),
    a.delivery('c', 1, 'once', { exchange: 'amq.direct', routingKey: 'exchanges.k' }),
    a.ask('queue.unbind', { queue: 'exchanges.q', exchange: 'amq.direct', routingKey: 'exchanges.k' }),
    a.publish('amq.direct', 'exchanges.k', 'never'),
    a.silence('exchanges.q'),
  ],
  'a queue bound twice to one exchange gets one copy': [
    a.ask('queue.declare', { queue: 'exchanges.q', exclusive: true }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'amq.topic', routingKey: 'exchanges.*' }),
    a.ask('queue.bind', { queue: 'exchanges.q', exchange: 'amq.topic', routingKey: 'exchanges.#' }),
    a.ask('basic.consume', { queue: 'exchanges.q', consumerTag: 'c', noAck: true }),
    a.publish('amq.topic', 'exchanges.one', 'one'),
    a.publish('amq.topic', 'exchanges.one.two', 'two'),
    a.delivery('c', 1, 'one'),
    a.delivery('c', 2, 'two'),
    a.silence('exchanges.q'),
  ],
  'without a queue name the last one declared on the channel is meant': [
    a.ask('queue.declare', { queue: 'exchanges.q', exclusive: true }),
    a.ask('queue.bind', { queue: '', exchange: 'amq.fanout', routingKey: '' }),
    a.ask('queue.unbind', { queue: '', exchange: 'amq.fanout', routingKey: '' }),
    a.ask('queue.purge', { queue: '' }),
    a.ask('queue.delete', { queue: '' }),
  ],
  'without a queue name and without any declared': [
    a.send('queue.bind', { queue: '', exchange: 'amq.fanout', routingKey: '' }),
    a.refused(404, 'no previously declared queue'),
  ],
  'an internal exchange takes no publishes': [
    a.ask('exchange.declare', { ...x, internal: true }),
    a.publish('exchanges.x', 'k', 'no'),
    a.refused(403, "cannot publish to internal exchange 'exchanges.x' in vhost '/'"),
  ],
})
