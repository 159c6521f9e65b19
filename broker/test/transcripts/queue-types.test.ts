// Classic and quorum queues: what each may be, and what quorum queues do as the others do.

import { deaths } from './deaths.ts'
import { dialogues, differs, pause, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const name = 'queue-types.q'
const grave = 'queue-types.grave'
const named = `queue '${name}' in vhost '/'`
const typed = (type: string, more = {}) => ({ 'x-queue-type': type, ...more })
const quorum = (more = {}) => a.ask('queue.declare', { queue: name, durable: true, arguments: typed('quorum', more) })
const atLeastOnce = {
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': grave,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
}
const get = a.send('basic.get', { queue: name })

const FLAGS = 'RabbitMQ answers if-unused and if-empty of a quorum queue with 540'
const GLOBAL = 'RabbitMQ refuses a prefetch for the whole channel to consumers of quorum queues'
const BEHIND = 'RabbitMQ 3.10 puts what comes back to a quorum queue behind the others'
const UNNAMED = 'RabbitMQ 3.10 compares the type of a queue that names none with none'
const EXCLUSIVE = 'RabbitMQ does not keep others off a quorum queue with an exclusive consumer'
const RETRY = 'RabbitMQ tries a dead letter that went nowhere again after three minutes'
const OVER = 'RabbitMQ 3.10 lets quorum queues grow one over their limit before they refuse'

dialogues({
  'a quorum queue is durable, has a name, and belongs to no one': [
    a.send('queue.declare', { queue: name, arguments: typed('quorum') }),
    a.refused(406, `invalid property 'non-durable' for ${named}`),
    a.send('queue.declare', { queue: name, durable: true, exclusive: true, arguments: typed('quorum') }),
    a.refused(406, `invalid property 'exclusive-owner' for ${named}`),
    a.send('queue.declare', { queue: name, durable: true, autoDelete: true, arguments: typed('quorum') }),
    a.refused(406, `invalid property 'auto-delete' for ${named}`),
    a.send('queue.declare', { queue: '', durable: true, arguments: typed('quorum') }),
    a.refused(406, 'Cannot declare a server-named queue for type rabbit_quorum_queue'),
  ],
  'arguments of one type and not of the other': [
    ...['x-max-priority', 'x-queue-mode', 'x-queue-version', 'x-queue-master-locator', 'x-max-age'].flatMap((arg) => [
      a.send('queue.declare', { queue: name, durable: true, arguments: typed('quorum', { [arg]: 1 }) }),
      a.refused(406, `invalid arg '${arg}' for ${named} of queue type rabbit_quorum_queue`),
    ]),
    ...['x-quorum-initial-group-size', 'x-max-age', 'x-stream-max-segment-size-bytes'].flatMap((arg) => [
      a.send('queue.declare', { queue: name, durable: true, arguments: { [arg]: 1 } }),
      a.refused(406, `invalid arg '${arg}' for ${named} of queue type rabbit_classic_queue`),
    ]),
  ],
  'values of arguments that only a quorum queue has': [
    a.send('queue.declare', {
      queue: name,
      durable: true,
      arguments: typed('quorum', { 'x-dead-letter-strategy': 'someday' }),
    }),
    a.refused(406, `invalid arg 'x-dead-letter-strategy' for ${named}: invalid_dlx_strategy`),
    a.send('queue.declare', {
      queue: name,
      durable: true,
      arguments: typed('quorum', { 'x-quorum-initial-group-size': 0 }),
    }),
    a.refused(406, `invalid arg 'x-quorum-initial-group-size' for ${named}: {value_zero,0}`),
    quorum({ 'x-dead-letter-strategy': 'at-most-once', 'x-quorum-initial-group-size': 1, 'x-delivery-limit': 3 }),
  ],
  'lazy and versions change nothing': [
    a.ask('queue.declare', { queue: name, arguments: { 'x-queue-mode': 'lazy', 'x-queue-version': 2 } }),
    a.publish('', name, '1'),
    a.holds(name, 1),
    a.ask('queue.delete', { queue: name }, { messageCount: 1 }),
    a.ask('queue.declare', { queue: name, arguments: { 'x-queue-mode': 'default', 'x-queue-version': 1 } }),
  ],
  'declared again, of the other type': [
    quorum(),
    quorum(),
    a.send('queue.declare', { queue: name, durable: true, arguments: typed('classic') }),
    a.refused(406, `inequivalent arg 'x-queue-type' for ${named}: received 'classic' but current is 'quorum'`),
    a.send('queue.declare', { queue: name, durable: true }),
    differs(UNNAMED, {
      signalbox: [
        a.refused(406, `inequivalent arg 'x-queue-type' for ${named}: received 'classic' but current is 'quorum'`),
      ],
      rabbit: [
        a.refused(
          406,
          `inequivalent arg 'x-queue-type' for ${named}: received none but current is the value 'quorum' of type 'longstr'`,
        ),
      ],
    }),
    a.ask('queue.delete', { queue: name }),
    a.ask('queue.declare', { queue: name, durable: true }),
    a.ask('queue.declare', { queue: name, durable: true, arguments: typed('classic') }),
  ],
  'a quorum queue gives, takes back, and gives again': [
    quorum(),
    a.publish('', name, '1'),
    a.publish('', name, '2'),
    a.holds(name, 2),
    get,
    a.got(1, '1'),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    pause(50),
    b.ask('basic.consume', { queue: name, consumerTag: 'c', noAck: true }),
    differs(BEHIND, {
      signalbox: [b.delivery('c', 1, '1', { redelivered: true }), b.delivery('c', 2, '2')],
      rabbit: [b.delivery('c', 1, '2'), b.delivery('c', 2, '1', { redelivered: true })],
    }),
    a.ask('queue.purge', { queue: name }, { messageCount: 0 }),
  ],
  'a quorum queue confirms, routes and returns': [
    a.ask('confirm.select', {}),
    quorum(),
    a.ask('queue.bind', { queue: name, exchange: 'amq.direct', routingKey: 'queue-types.k' }),
    a.publish('amq.direct', 'queue-types.k', '1', { mandatory: true }),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.publish('amq.direct', 'queue-types.none', '2', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', '2'),
    a.hear('basic.ack', { deliveryTag: 2 }),
    a.ask('queue.delete', { queue: name }, { messageCount: 1 }),
  ],
  'deleted only if unused or empty': [
    quorum(),
    differs(FLAGS, {
      signalbox: [
        a.publish('', name, '1'),
        a.holds(name, 1),
        a.send('queue.delete', { queue: name, ifEmpty: true }),
        a.refused(406, `queue '${name}' in vhost '/' not empty`),
        b.ask('basic.consume', { queue: name, consumerTag: 'c', noAck: true }),
        b.delivery('c', 1, '1'),
        a.send('queue.delete', { queue: name, ifUnused: true }),
        a.refused(406, `queue '${name}' in vhost '/' in use`),
      ],
      rabbit: [
        a.send('queue.delete', { queue: name, ifEmpty: true }),
        a.expelled(
          540,
          `cannot delete queue '${name}' in vhost '/'. queue.delete operations with if-empty flag set are not supported by quorum queues`,
        ),
        a.send('queue.delete', { queue: name, ifUnused: true }),
        a.expelled(
          540,
          `cannot delete queue '${name}' in vhost '/'. queue.delete operations with if-unused flag set are not supported by quorum queues`,
        ),
      ],
    }),
  ],
  'a prefetch for the whole channel': [
    quorum(),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1, global: true }),
    differs(GLOBAL, {
      signalbox: [a.ask('basic.consume', { queue: name, consumerTag: 'c' })],
      rabbit: [
        a.send('basic.consume', { queue: name, consumerTag: 'c' }),
        a.expelled(540, `queue '${name}' in vhost '/' does not support global qos`),
      ],
    }),
  ],
  'an exclusive consumer of a quorum queue': [
    quorum(),
    a.ask('basic.consume', { queue: name, consumerTag: 'c', exclusive: true }),
    differs(EXCLUSIVE, {
      signalbox: [
        b.send('basic.consume', { queue: name, consumerTag: 'd' }),
        b.refused(403, `${named} in exclusive use`),
      ],
      rabbit: [b.ask('basic.consume', { queue: name, consumerTag: 'd' })],
    }),
  ],
  'a single active consumer of a quorum queue': [
    quorum({ 'x-single-active-consumer': true }),
    a.ask('basic.consume', { queue: name, consumerTag: 'first' }),
    b.ask('basic.consume', { queue: name, consumerTag: 'second' }),
    a.publish('', name, '1'),
    a.delivery('first', 1, '1'),
    a.ask('basic.cancel', { consumerTag: 'first' }),
    a.publish('', name, '2'),
    b.delivery('second', 1, '2'),
  ],
  'time to live in a quorum queue': [
    quorum({ 'x-message-ttl': 50, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': grave }),
    a.ask('queue.declare', { queue: grave }),
    a.publish('', name, '1'),
    a.holds(grave, 1),
    a.send('basic.get', { queue: grave, noAck: true }),
    a.got(1, '1', { headers: deaths({ queue: name, reason: 'expired' }) }),
    a.holds(name, 0),
  ],
  'a full quorum queue drops its head': [
    quorum({ 'x-max-length': 1, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': grave }),
    a.ask('queue.declare', { queue: grave }),
    a.publish('', name, '1'),
    a.publish('', name, '2'),
    a.holds(grave, 1),
    a.send('basic.get', { queue: grave, noAck: true }),
    a.got(1, '1', { headers: deaths({ queue: name, reason: 'maxlen' }) }),
    get,
    a.got(2, '2'),
  ],
  'a full quorum queue refuses': [
    a.ask('confirm.select', {}),
    quorum({ 'x-max-length': 1, 'x-overflow': 'reject-publish' }),
    a.publish('', name, '1'),
    a.hear('basic.ack', { deliveryTag: 1 }),
    pause(50),
    a.publish('', name, '2'),
    differs(OVER, {
      signalbox: [a.hear('basic.nack', { deliveryTag: 2 }), a.holds(name, 1)],
      rabbit: [
        a.hear('basic.ack', { deliveryTag: 2 }),
        pause(100),
        a.publish('', name, '3'),
        a.hear('basic.nack', { deliveryTag: 3 }),
        a.holds(name, 2),
      ],
    }),
  ],
  'at least once: a dead letter stays until its copy is safe': [
    quorum(atLeastOnce),
    a.ask('queue.declare', { queue: grave, durable: true, arguments: typed('quorum') }),
    a.publish('', name, '1'),
    a.holds(name, 1),
    get,
    a.got(1, '1'),
    a.send('basic.reject', { deliveryTag: 1 }),
    a.holds(grave, 1),
    a.send('basic.get', { queue: grave, noAck: true }),
    a.got(2, '1', { headers: deaths({ queue: name, reason: 'rejected' }) }),
  ],
  'at least once: a dead letter that goes nowhere waits': [
    differs(RETRY, {
      signalbox: [
        quorum(atLeastOnce),
        a.publish('', name, '1'),
        a.holds(name, 1),
        get,
        a.got(1, '1'),
        a.send('basic.reject', { deliveryTag: 1 }),
        pause(50),
        a.ask('queue.declare', { queue: grave, durable: true, arguments: typed('quorum') }),
        a.holds(grave, 1),
      ],
      rabbit: [],
    }),
  ],
})
