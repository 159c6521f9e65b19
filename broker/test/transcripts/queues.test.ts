// Declaring, checking, purging and deleting queues.

import { typed } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const q = { queue: 'queues.q' }
const inequivalent = (arg: string, received: string, current: string) =>
  `inequivalent arg '${arg}' for queue 'queues.q' in vhost '/': received '${received}' but current is '${current}'`
const filled = all(
  a.ask('queue.declare', q),
  a.publish('', 'queues.q', 'one'),
  a.publish('', 'queues.q', 'two'),
  a.holds('queues.q', 2),
)

dialogues({
  'declared, again, and passively': [
    a.ask('queue.declare', q, { queue: 'queues.q', messageCount: 0, consumerCount: 0 }),
    a.ask('queue.declare', q, { queue: 'queues.q', messageCount: 0, consumerCount: 0 }),
    a.ask('basic.consume', { queue: 'queues.q', consumerTag: 'c' }),
    a.ask('queue.declare', { ...q, passive: true }, { queue: 'queues.q', messageCount: 0, consumerCount: 1 }),
  ],
  'missing ones': [
    a.send('queue.declare', { queue: 'queues.none', passive: true }),
    a.refused(404, "no queue 'queues.none' in vhost '/'"),
    a.send('queue.purge', { queue: 'queues.none' }),
    a.refused(404, "no queue 'queues.none' in vhost '/'"),
    a.send('basic.get', { queue: 'queues.none' }),
    a.refused(404, "no queue 'queues.none' in vhost '/'"),
    a.send('basic.consume', { queue: 'queues.none', consumerTag: '' }),
    a.refused(404, "no queue 'queues.none' in vhost '/'"),
    a.ask('queue.delete', { queue: 'queues.none' }, { messageCount: 0 }),
  ],
  'a redeclare must agree': [
    a.ask('queue.declare', q),
    a.send('queue.declare', { ...q, durable: true }),
    a.refused(406, inequivalent('durable', 'true', 'false')),
    a.send('queue.declare', { ...q, autoDelete: true }),
    a.refused(406, inequivalent('auto_delete', 'true', 'false')),
    a.send('queue.declare', { ...q, exclusive: true }),
    a.refused(
      405,
      "cannot obtain exclusive access to locked queue 'queues.q' in vhost '/'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.",
    ),
    a.ask('queue.declare', { ...q, arguments: { 'x-unknown': 'whatever' } }),
  ],
  'a durable queue, redeclared transient': [
    a.ask('queue.declare', { ...q, durable: true }),
    a.send('queue.declare', q),
    a.refused(406, inequivalent('durable', 'false', 'true')),
  ],
  'arguments are accepted when RabbitMQ gives them no meaning, and are no part of equivalence': [
    a.ask('queue.declare', {
      ...q,
      arguments: { 'x-mine': [1, 'two', { three: null }], when: typed('T', 5), n: 2 ** 40 },
    }),
    a.ask('queue.declare', q),
  ],
  'reserved names': [
    a.send('queue.declare', { queue: 'amq.mine' }),
    a.refused(403, "queue name 'amq.mine' contains reserved prefix 'amq.*'"),
    a.send('queue.declare', { queue: 'amq.mine', passive: true }),
    a.refused(404, "no queue 'amq.mine' in vhost '/'"),
  ],
  'purge takes the ready ones and counts them': [
    filled,
    a.send('basic.get', q),
    a.got(1, 'one', { messageCount: 1 }),
    a.ask('queue.purge', q, { messageCount: 1 }),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.send('basic.get', { ...q, noAck: true }),
    a.got(2, 'one', { redelivered: true, messageCount: 0 }),
    a.ask('queue.purge', q, { messageCount: 0 }),
  ],
  'delete counts what it threw away': [filled, a.ask('queue.delete', q, { messageCount: 2 })],
  'delete if-empty and if-unused': [
    filled,
    a.send('queue.delete', { ...q, ifEmpty: true }),
    a.refused(406, "queue 'queues.q' in vhost '/' not empty"),
    a.ask('basic.consume', { ...q, consumerTag: 'c' }),
    a.delivery('c', 1, 'one'),
    a.delivery('c', 2, 'two'),
    a.send('queue.delete', { ...q, ifUnused: true }),
    a.refused(406, "queue 'queues.q' in vhost '/' in use"),
    a.ask('queue.purge', q),
    a.ask('queue.delete', { ...q, ifUnused: true, ifEmpty: true }),
  ],
  'nowait asks for no answer': [
    a.send('queue.declare', { ...q, nowait: true }),
    a.send('queue.bind', { ...q, exchange: 'amq.fanout', routingKey: '', nowait: true }),
    a.send('queue.purge', { ...q, nowait: true }),
    a.ask('queue.declare', { ...q, passive: true }),
    a.send('queue.delete', { ...q, nowait: true }),
    a.send('queue.declare', { ...q, passive: true }),
    a.refused(404, "no queue 'queues.q' in vhost '/'"),
  ],
  'a name of 255 octets': [
    a.ask('queue.declare', { queue: 'q'.repeat(255), exclusive: true }, { queue: 'q'.repeat(255) }),
  ],
  'a name beyond ASCII': [
    a.ask('queue.declare', { queue: 'queues.žluťoučký.🐎', exclusive: true }, { queue: 'queues.žluťoučký.🐎' }),
    a.send('queue.declare', { queue: 'queues.žlutý', passive: true }),
    a.refused(404, "no queue 'queues.žlutý' in vhost '/'"),
  ],
  'two clients see one queue': [
    a.ask('queue.declare', q),
    b.publish('', 'queues.q', 'from b'),
    b.holds('queues.q', 1),
    a.send('basic.get', { ...q, noAck: true }),
    a.got(1, 'from b'),
  ],
})
