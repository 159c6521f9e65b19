// Length limits: by count and by bytes, and what becomes of what is too much.

import { deaths } from './deaths.ts'
import { all, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const name = 'limits.q'
const grave = 'limits.grave'
const exchange = 'limits.x'

const declare = (args = {}) => a.send('queue.declare', { queue: name, arguments: args })
const queue = (args = {}) => a.ask('queue.declare', { queue: name, arguments: args })
const say = (...bodies: string[]) => all(...bodies.map((body) => a.publish('', name, body)))
const get = a.send('basic.get', { queue: name, noAck: true })
const empty = all(get, a.hear('basic.get-empty'))
const invalid = (arg: string, value: unknown, why: string) => [
  declare({ [arg]: value }),
  a.refused(406, `invalid arg '${arg}' for queue '${name}' in vhost '/': ${why}`),
]
const confirmed = a.ask('confirm.select', {})
const ack = (deliveryTag: number) => a.hear('basic.ack', { deliveryTag })
const nack = (deliveryTag: number) => a.hear('basic.nack', { deliveryTag })
const rejecting = { 'x-max-length': 2, 'x-overflow': 'reject-publish' }

dialogues({
  'by count: the oldest goes': [
    queue({ 'x-max-length': 2 }),
    say('1', '2', '3', '4'),
    a.holds(name, 2),
    get,
    a.got(1, '3'),
    get,
    a.got(2, '4'),
    empty,
  ],
  'by bytes of bodies: the oldest go until it fits': [
    queue({ 'x-max-length-bytes': 10 }),
    say('1234', '5678', '90abc'),
    a.holds(name, 2),
    say('0123456789'),
    a.holds(name, 1),
    get,
    a.got(1, '0123456789'),
  ],
  'a message larger than the whole queue': [
    queue({ 'x-max-length-bytes': 10 }),
    say('1', '0123456789a'),
    a.holds(name, 0),
    empty,
  ],
  'both limits: whichever is met first': [
    queue({ 'x-max-length': 3, 'x-max-length-bytes': 10 }),
    say('1', '2', '3', '4'),
    a.holds(name, 3),
    say('12345678'),
    a.holds(name, 3),
    get,
    a.got(1, '3'),
  ],
  'none may wait in a queue of length 0': [
    queue({ 'x-max-length': 0 }),
    say('1'),
    empty,
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    say('2'),
    a.delivery('c', 1, '2'),
  ],
  'only those that wait are counted': [
    queue({ 'x-max-length': 1 }),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 2 }),
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    say('1', '2', '3'),
    a.delivery('c', 1, '1'),
    a.delivery('c', 2, '2'),
    a.holds(name, 1),
    say('4'),
    a.holds(name, 1),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.delivery('c', 3, '4'),
  ],
  'what comes back counts too, and is the first to go': [
    queue({ 'x-max-length': 2 }),
    say('1', '2'),
    a.send('basic.get', { queue: name }),
    a.got(1, '1'),
    say('3'),
    a.holds(name, 2),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.holds(name, 2),
    a.silence(name),
    get,
    a.got(2, '2'),
    get,
    a.got(3, '3'),
    empty,
  ],
  'dropped for the oldest: the publisher hears nothing of it': [
    confirmed,
    queue({ 'x-max-length': 1 }),
    say('1'),
    ack(1),
    say('2'),
    ack(2),
    a.holds(name, 1),
  ],
  'reject-publish: the newest goes, and its publisher is told': [
    confirmed,
    queue(rejecting),
    say('1'),
    ack(1),
    say('2'),
    ack(2),
    say('3'),
    nack(3),
    get,
    a.got(1, '1'),
    say('4'),
    ack(4),
    get,
    a.got(2, '2'),
    get,
    a.got(3, '4'),
  ],
  'reject-publish without confirms: nobody is told': [
    queue(rejecting),
    say('1', '2', '3'),
    a.silence(name),
    a.holds(name, 2),
    get,
    a.got(1, '1'),
    get,
    a.got(2, '2'),
  ],
  'reject-publish by bytes: what would make it too much is refused': [
    confirmed,
    queue({ 'x-max-length-bytes': 10, 'x-overflow': 'reject-publish' }),
    say('12345678'),
    ack(1),
    say('12345678'),
    nack(2),
    say('12'),
    ack(3),
    say('1'),
    nack(4),
    a.holds(name, 2),
  ],
  'a mandatory message that is refused was routed': [
    confirmed,
    queue({ ...rejecting, 'x-max-length': 0 }),
    a.publish('', name, '1', { mandatory: true }),
    nack(1),
  ],
  'refused by one queue, taken by the other': [
    confirmed,
    queue({ ...rejecting, 'x-max-length': 1 }),
    a.ask('queue.declare', { queue: grave }),
    a.ask('exchange.declare', { exchange, type: 'fanout' }),
    a.ask('queue.bind', { queue: name, exchange, routingKey: '' }),
    a.ask('queue.bind', { queue: grave, exchange, routingKey: '' }),
    a.publish(exchange, '', '1'),
    ack(1),
    a.publish(exchange, '', '2'),
    nack(2),
    a.holds(grave, 2),
    a.holds(name, 1),
  ],
  'reject-publish dead-letters nothing': [
    confirmed,
    a.ask('queue.declare', { queue: grave }),
    queue({ ...rejecting, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': grave }),
    say('1'),
    ack(1),
    say('2'),
    ack(2),
    say('3'),
    nack(3),
    a.silence(grave),
    a.holds(grave, 0),
  ],
  'reject-publish-dlx dead-letters what it refuses': [
    confirmed,
    a.ask('queue.declare', { queue: grave }),
    queue({
      'x-max-length': 1,
      'x-overflow': 'reject-publish-dlx',
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': grave,
    }),
    say('1'),
    ack(1),
    say('2'),
    nack(2),
    a.holds(grave, 1),
    a.send('basic.get', { queue: grave, noAck: true }),
    a.got(1, '2', { headers: deaths({ queue: name, reason: 'maxlen' }) }),
    get,
    a.got(2, '1'),
  ],
  'a queue that takes nothing more, in a transaction': [
    a.ask('tx.select', {}),
    queue({ ...rejecting, 'x-max-length': 1 }),
    say('1', '2'),
    a.send('tx.commit', {}),
    a.refused(406, 'partial tx completion'),
    a.holds(name, 1),
  ],
  'limits that are none': [
    ...invalid('x-max-length', -1, '{value_negative,-1}'),
    ...invalid('x-max-length', 'a', '"expected integer, got longstr"'),
    ...invalid('x-max-length-bytes', -1, '{value_negative,-1}'),
    ...invalid('x-max-length-bytes', true, '"expected integer, got bool"'),
    ...invalid('x-overflow', 'overboard', 'invalid_overflow'),
    ...invalid('x-overflow', 5, '{unacceptable_type,signedint}'),
  ],
  'declared again': [
    queue(rejecting),
    queue(rejecting),
    declare({ ...rejecting, 'x-max-length': 3 }),
    a.refused(406, `inequivalent arg 'x-max-length' for queue '${name}' in vhost '/': received '3' but current is '2'`),
    declare({ ...rejecting, 'x-max-length-bytes': 3 }),
    a.refused(
      406,
      `inequivalent arg 'x-max-length-bytes' for queue '${name}' in vhost '/': received the value '3' of type 'signedint' but current is none`,
    ),
    declare({ ...rejecting, 'x-overflow': 'drop-head' }),
    a.refused(
      406,
      `inequivalent arg 'x-overflow' for queue '${name}' in vhost '/': received 'drop-head' but current is 'reject-publish'`,
    ),
  ],
})
