// Delivery limits: a message that comes back too often is dead-lettered or gone.

import { deaths } from './deaths.ts'
import { all, dialogues, differs, pause, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const name = 'delivery-limit.q'
const grave = 'delivery-limit.grave'
const declare = (args: object) => a.ask('queue.declare', { queue: name, durable: true, arguments: { ...args } })
const quorum = { 'x-queue-type': 'quorum' }
const buried = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': grave }
const consume = (who: Speaker) => who.ask('basic.consume', { queue: name, consumerTag: 'c' })
const delivery = (who: Speaker, tag: number, count: number) =>
  who.delivery('c', tag, 'poison', {
    redelivered: count > 0,
    headers: { 'x-delivery-count': count > 0 ? `l:${count}` : undefined },
  })
const inGrave = (count: number) => [
  a.holds(grave, count),
  a.send('basic.get', { queue: grave, noAck: true }),
  a.got(1, 'poison', {
    headers: { 'x-delivery-count': undefined, ...deaths({ queue: name, reason: 'delivery_limit' }) },
  }),
]

const CLASSIC = 'RabbitMQ has delivery limits in quorum queues only'
const UNLIMITED = 'RabbitMQ 3.10 has no delivery limit unless one is set'

dialogues({
  'rejected once more than the limit': [
    declare({ ...quorum, ...buried, 'x-delivery-limit': 2 }),
    a.ask('queue.declare', { queue: grave }),
    a.publish('', name, 'poison'),
    consume(b),
    delivery(b, 1, 0),
    b.send('basic.reject', { deliveryTag: 1, requeue: true }),
    delivery(b, 2, 1),
    b.send('basic.reject', { deliveryTag: 2, requeue: true }),
    delivery(b, 3, 2),
    b.send('basic.reject', { deliveryTag: 3, requeue: true }),
    ...inGrave(1),
    b.silence(name),
  ],
  'without a dead-letter exchange it is gone': [
    declare({ ...quorum, 'x-delivery-limit': 1 }),
    a.publish('', name, 'poison'),
    consume(b),
    delivery(b, 1, 0),
    b.send('basic.reject', { deliveryTag: 1, requeue: true }),
    delivery(b, 2, 1),
    b.send('basic.reject', { deliveryTag: 2, requeue: true }),
    pause(50),
    a.holds(name, 0),
    b.silence(name),
  ],
  'returned because its channel closed': [
    declare({ ...quorum, ...buried, 'x-delivery-limit': 1 }),
    a.ask('queue.declare', { queue: grave }),
    a.publish('', name, 'poison'),
    consume(b),
    delivery(b, 1, 0),
    b.close(),
    consume(b),
    delivery(b, 1, 1),
    b.hangUp(),
    ...inGrave(1),
  ],
  'a limit of 0: returned once and gone': [
    declare({ ...quorum, ...buried, 'x-delivery-limit': 0 }),
    a.ask('queue.declare', { queue: grave }),
    a.publish('', name, 'poison'),
    consume(b),
    delivery(b, 1, 0),
    b.send('basic.reject', { deliveryTag: 1, requeue: true }),
    ...inGrave(1),
  ],
  'basic.get shows the count too': [
    declare({ ...quorum, 'x-delivery-limit': 5 }),
    a.publish('', name, 'poison'),
    a.holds(name, 1),
    a.send('basic.get', { queue: name }),
    a.got(1, 'poison'),
    a.send('basic.reject', { deliveryTag: 1, requeue: true }),
    a.holds(name, 1),
    a.send('basic.get', { queue: name }),
    a.got(2, 'poison', { redelivered: true, headers: { 'x-delivery-count': 'l:1' } }),
  ],
  'returned with basic.nack': [
    declare({ ...quorum, 'x-delivery-limit': 1 }),
    a.publish('', name, 'poison'),
    consume(b),
    delivery(b, 1, 0),
    b.send('basic.nack', { deliveryTag: 1, requeue: true }),
    delivery(b, 2, 1),
    b.send('basic.nack', { deliveryTag: 2, requeue: true }),
    pause(50),
    a.holds(name, 0),
  ],
  'a classic queue has it as well': [
    differs(CLASSIC, {
      signalbox: [
        declare({ ...buried, 'x-delivery-limit': 1 }),
        a.ask('queue.declare', { queue: grave }),
        a.publish('', name, 'poison'),
        consume(b),
        delivery(b, 1, 0),
        b.send('basic.reject', { deliveryTag: 1, requeue: true }),
        delivery(b, 2, 1),
        b.send('basic.reject', { deliveryTag: 2, requeue: true }),
        ...inGrave(1),
      ],
      rabbit: [
        a.send('queue.declare', { queue: name, durable: true, arguments: { 'x-delivery-limit': 1 } }),
        a.refused(
          406,
          `invalid arg 'x-delivery-limit' for queue '${name}' in vhost '/' of queue type rabbit_classic_queue`,
        ),
      ],
    }),
  ],
  'a quorum queue has a limit of 20 unless it says otherwise': [
    declare({ ...quorum }),
    a.publish('', name, 'poison'),
    consume(b),
    ...Array.from({ length: 20 }, (_, count) =>
      all(delivery(b, count + 1, count), b.send('basic.reject', { deliveryTag: count + 1, requeue: true })),
    ),
    delivery(b, 21, 20),
    b.send('basic.reject', { deliveryTag: 21, requeue: true }),
    differs(UNLIMITED, {
      signalbox: [pause(50), a.holds(name, 0), b.silence(name)],
      rabbit: [delivery(b, 22, 21)],
    }),
  ],
  'a limit of -1 is none': [
    declare({ ...quorum, 'x-delivery-limit': -1 }),
    a.publish('', name, 'poison'),
    consume(b),
    differs(UNLIMITED, {
      signalbox: Array.from({ length: 25 }, (_, count) =>
        all(delivery(b, count + 1, count), b.send('basic.reject', { deliveryTag: count + 1, requeue: true })),
      ).concat(delivery(b, 26, 25)),
      rabbit: [delivery(b, 1, 0)],
    }),
  ],
})
