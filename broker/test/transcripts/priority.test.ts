// Priority queues: what is delivered before what.

import { all, dialogues, differs, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const name = 'priority.q'
const queue = (args = {}) => a.ask('queue.declare', { queue: name, arguments: { 'x-max-priority': 10, ...args } })
const say = (...messages: (readonly [body: string, priority?: number])[]) =>
  all(
    ...messages.map(([body, priority]) => a.publish('', name, body, priority === undefined ? {} : { priority })),
    a.silence(name),
  )
/** Takes everything out and looks at the order. */
const taken = (...bodies: string[]) => [
  a.ask('basic.consume', { queue: name, consumerTag: 'taken', noAck: true }),
  ...bodies.map((body) => a.delivery('taken', /^\d+$/, body)),
  a.silence(name),
]
const QUORUM = 'RabbitMQ 3.10 has no priorities in quorum queues'

dialogues({
  'the highest first, each in its order': [
    queue(),
    say(['0', 0], ['5', 5], ['10', 10], ['1', 1], ['5 again', 5], ['10 again', 10]),
    a.holds(name, 6),
    ...taken('10', '10 again', '5', '5 again', '1', '0'),
  ],
  'without a priority: 0': [queue(), say(['none'], ['1', 1], ['0', 0]), a.holds(name, 3), ...taken('1', 'none', '0')],
  'above the highest: the highest': [
    queue({ 'x-max-priority': 2 }),
    say(['2', 2], ['255', 255], ['1', 1], ['3', 3]),
    a.holds(name, 4),
    ...taken('2', '255', '3', '1'),
  ],
  'the property is delivered as it was sent': [
    queue({ 'x-max-priority': 2 }),
    say(['x', 200]),
    a.send('basic.get', { queue: name, noAck: true }),
    a.got(1, 'x', { properties: { priority: 200 } }),
  ],
  'a queue without priorities keeps to the order': [
    a.ask('queue.declare', { queue: name }),
    say(['0', 0], ['9', 9], ['5', 5]),
    ...taken('0', '9', '5'),
  ],
  'so does a highest of 0': [queue({ 'x-max-priority': 0 }), say(['0', 0], ['9', 9]), ...taken('0', '9')],
  '255 of them': [
    queue({ 'x-max-priority': 255 }),
    say(['0', 0], ['255', 255], ['128', 128], ['254', 254]),
    ...taken('255', '254', '128', '0'),
  ],
  'basic.get takes the highest': [
    queue(),
    say(['low', 1], ['high', 2]),
    a.send('basic.get', { queue: name, noAck: true }),
    a.got(1, 'high', { messageCount: 1 }),
    a.send('basic.get', { queue: name, noAck: true }),
    a.got(2, 'low', { messageCount: 0 }),
  ],
  'returned, a message goes back to its priority and its place there': [
    queue(),
    say(['1', 5], ['2', 5], ['3', 5], ['low', 1]),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 3 }),
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    a.delivery('c', 1, '1'),
    a.delivery('c', 2, '2'),
    a.delivery('c', 3, '3'),
    a.ask('basic.cancel', { consumerTag: 'c' }),
    say(['4', 5], ['higher', 6]),
    a.send('basic.nack', { deliveryTag: 2, multiple: true, requeue: true }),
    a.ask('basic.consume', { queue: name, consumerTag: 'd', noAck: true }),
    a.delivery('d', 4, 'higher'),
    a.delivery('d', 5, '1', { redelivered: true }),
    a.delivery('d', 6, '2', { redelivered: true }),
    a.delivery('d', 7, '4'),
    a.delivery('d', 8, 'low'),
    a.send('basic.nack', { deliveryTag: 3, requeue: true }),
    a.delivery('d', 9, '3', { redelivered: true }),
  ],
  'who has prefetched the low ones does not let go of them': [
    queue(),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    a.publish('', name, 'low', { priority: 1 }),
    a.delivery('c', 1, 'low'),
    say(['middle', 2], ['high', 3]),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.delivery('c', 2, 'high'),
    a.send('basic.ack', { deliveryTag: 2 }),
    a.delivery('c', 3, 'middle'),
  ],
  'purged and counted over all priorities': [
    queue(),
    say(['1', 1], ['2', 2], ['3', 3]),
    a.ask('queue.purge', { queue: name }, { messageCount: 3 }),
    a.holds(name, 0),
  ],
  'expired at any priority': [
    queue({ 'x-message-ttl': 60_000 }),
    a.publish('', name, 'dies', { priority: 3, expiration: '30' }),
    a.publish('', name, 'dies too', { priority: 1, expiration: '30' }),
    say(['lives', 1]),
    a.holds(name, 1),
    ...taken('lives'),
  ],
  'a full queue drops what would be delivered next': [
    queue({ 'x-max-length': 2 }),
    say(['low', 1], ['high', 9]),
    a.holds(name, 2),
    say(['lower', 0]),
    a.holds(name, 2),
    ...taken('low', 'lower'),
  ],
  'highest ones that are none': [
    a.send('queue.declare', { queue: name, arguments: { 'x-max-priority': -1 } }),
    a.refused(406, `invalid arg 'x-max-priority' for queue '${name}' in vhost '/': {value_negative,-1}`),
    a.send('queue.declare', { queue: name, arguments: { 'x-max-priority': 256 } }),
    a.refused(406, `invalid arg 'x-max-priority' for queue '${name}' in vhost '/': {max_value_exceeded,256}`),
    a.send('queue.declare', { queue: name, arguments: { 'x-max-priority': '5' } }),
    a.refused(406, `invalid arg 'x-max-priority' for queue '${name}' in vhost '/': "expected integer, got longstr"`),
  ],
  'declared again': [
    queue(),
    queue(),
    a.send('queue.declare', { queue: name, arguments: { 'x-max-priority': 5 } }),
    a.refused(
      406,
      `inequivalent arg 'x-max-priority' for queue '${name}' in vhost '/': received '5' but current is '10'`,
    ),
    a.send('queue.declare', { queue: name }),
    a.refused(
      406,
      `inequivalent arg 'x-max-priority' for queue '${name}' in vhost '/': received none but current is the value '10' of type 'signedint'`,
    ),
  ],
  'a quorum queue has levels up to 31, and 4 for what has none': [
    a.ask('queue.declare', { queue: name, durable: true, arguments: { 'x-queue-type': 'quorum' } }),
    say(['3', 3], ['none'], ['5', 5], ['4', 4], ['31', 31], ['200', 200]),
    a.holds(name, 6),
    differs(QUORUM, {
      signalbox: taken('31', '200', '5', 'none', '4', '3'),
      rabbit: taken('3', 'none', '5', '4', '31', '200'),
    }),
  ],
})
