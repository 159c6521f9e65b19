// Single active consumer: one gets everything, the next takes over.

import { all, dialogues, pause, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const c = new Speaker('c', 1)

const name = 'single-active.q'
const q = { queue: name, durable: true, arguments: { 'x-single-active-consumer': true } }
const consume = (who: Speaker, consumerTag: string, more = {}) =>
  who.ask('basic.consume', { queue: name, consumerTag, ...more })
const say = (...bodies: string[]) => all(...bodies.map((body) => a.publish('', name, body)))

dialogues({
  'the first one gets all': [
    a.ask('queue.declare', q),
    consume(b, 'first'),
    consume(c, 'second'),
    say('1', '2'),
    b.delivery('first', 1, '1'),
    b.delivery('first', 2, '2'),
    c.silence(name),
    a.ask('queue.declare', { ...q, passive: true }, { consumerCount: 2 }),
  ],
  'when it is cancelled, the next takes over; what it holds stays its own': [
    a.ask('queue.declare', q),
    consume(b, 'first'),
    consume(c, 'second'),
    say('1', '2'),
    b.delivery('first', 1, '1'),
    b.delivery('first', 2, '2'),
    b.ask('basic.cancel', { consumerTag: 'first' }),
    say('3'),
    c.delivery('second', 1, '3'),
    b.send('basic.ack', { deliveryTag: 1 }),
    b.send('basic.nack', { deliveryTag: 2, requeue: true }),
    c.delivery('second', 2, '2', { redelivered: true }),
  ],
  'when its channel closes, the next gets what it held': [
    a.ask('queue.declare', q),
    consume(b, 'first'),
    consume(c, 'second'),
    say('1', '2'),
    b.delivery('first', 1, '1'),
    b.delivery('first', 2, '2'),
    b.close(),
    c.delivery('second', 1, '1', { redelivered: true }),
    c.delivery('second', 2, '2', { redelivered: true }),
  ],
  'when its connection is lost, likewise': [
    a.ask('queue.declare', q),
    consume(b, 'first'),
    consume(c, 'second'),
    say('1'),
    b.delivery('first', 1, '1'),
    b.hangUp(),
    c.delivery('second', 1, '1', { redelivered: true }),
  ],
  'they take over in the order in which they came': [
    a.ask('queue.declare', q),
    consume(b, '1st'),
    consume(c, '2nd'),
    consume(b, '3rd'),
    b.ask('basic.cancel', { consumerTag: '1st' }),
    say('x'),
    c.delivery('2nd', 1, 'x'),
    c.ask('basic.cancel', { consumerTag: '2nd' }),
    say('y'),
    b.delivery('3rd', 1, 'y'),
    consume(c, '4th'),
    say('z'),
    b.delivery('3rd', 2, 'z'),
  ],
  'a prefetch that is used up makes no other active': [
    a.ask('queue.declare', q),
    b.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    consume(b, 'first'),
    consume(c, 'second'),
    say('1', '2'),
    b.delivery('first', 1, '1'),
    c.silence(name),
    b.send('basic.ack', { deliveryTag: 1 }),
    b.delivery('first', 2, '2'),
  ],
  'an exclusive consumer may not be': [
    a.ask('queue.declare', q),
    a.send('basic.consume', { queue: name, consumerTag: 'c', exclusive: true }),
    a.refused(403, `queue '${name}' in vhost '/' in exclusive use`),
  ],
  'basic.get may not be on a quorum queue': [
    a.ask('queue.declare', { ...q, arguments: { ...q.arguments, 'x-queue-type': 'quorum' } }),
    say('1'),
    a.send('basic.get', { queue: name }),
    a.refused(
      405,
      `cannot obtain access to locked queue '${name}' in vhost '/'. basic.get operations are not supported by quorum queues with single active consumer`,
    ),
  ],
  'false is as if it were not said': [
    a.ask('queue.declare', { ...q, arguments: { 'x-single-active-consumer': false } }),
    say('1', '2'),
    b.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    c.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    consume(b, 'first'),
    consume(c, 'second'),
    b.delivery('first', 1, '1'),
    c.delivery('second', 1, '2'),
  ],
  'one of higher priority does not take over': [
    a.ask('queue.declare', q),
    consume(b, 'first'),
    consume(c, 'second', { arguments: { 'x-priority': 10 } }),
    say('1'),
    pause(50),
    b.delivery('first', 1, '1'),
  ],
  'values that are none, and declared again': [
    a.send('queue.declare', { ...q, arguments: { 'x-single-active-consumer': 'yes' } }),
    a.refused(
      406,
      `invalid arg 'x-single-active-consumer' for queue '${name}' in vhost '/': {unacceptable_type,longstr}`,
    ),
    a.ask('queue.declare', q),
    a.ask('queue.declare', q),
    a.send('queue.declare', { ...q, arguments: {} }),
    a.refused(
      406,
      `inequivalent arg 'x-single-active-consumer' for queue '${name}' in vhost '/': received none but current is the value 'true' of type 'bool'`,
    ),
  ],
})
