// ack, nack, reject, recover.

import { all, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const other = new Speaker('a', 2)

const q = { queue: 'acknowledge.q' }
const say = (...bodies: string[]) => all(...bodies.map((body) => a.publish('', 'acknowledge.q', body)))
const three = all(
  a.ask('queue.declare', q),
  a.ask('basic.consume', { ...q, consumerTag: 'c' }),
  say('1', '2', '3'),
  a.delivery('c', 1, '1'),
  a.delivery('c', 2, '2'),
  a.delivery('c', 3, '3'),
)
const left = (messageCount: number) => [a.close(), a.holds('acknowledge.q', messageCount)]

dialogues({
  'one by one, in any order': [
    three,
    a.send('basic.ack', { deliveryTag: 2 }),
    a.send('basic.ack', { deliveryTag: 3 }),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.silence(),
    ...left(0),
  ],
  'several at once': [three, a.send('basic.ack', { deliveryTag: 2, multiple: true }), a.silence(), ...left(1)],
  'all of them': [three, a.send('basic.ack', { deliveryTag: 0, multiple: true }), a.silence(), ...left(0)],
  'all of none': [
    a.ask('queue.declare', q),
    a.send('basic.ack', { deliveryTag: 0, multiple: true }),
    a.send('basic.nack', { deliveryTag: 0, multiple: true }),
    a.silence(),
  ],
  'an unknown tag': [
    a.send('basic.ack', { deliveryTag: 7 }),
    a.refused(406, 'unknown delivery tag 7'),
    a.send('basic.ack', { deliveryTag: 7, multiple: true }),
    a.refused(406, 'unknown delivery tag 7'),
    a.send('basic.nack', { deliveryTag: 7 }),
    a.refused(406, 'unknown delivery tag 7'),
    a.send('basic.reject', { deliveryTag: 7 }),
    a.refused(406, 'unknown delivery tag 7'),
    a.send('basic.ack', { deliveryTag: 0 }),
    a.refused(406, 'unknown delivery tag 0'),
  ],
  'a tag used twice': [
    three,
    a.send('basic.ack', { deliveryTag: 1 }),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.refused(406, 'unknown delivery tag 1'),
    a.holds('acknowledge.q', 2),
  ],
  'several at once, up to a tag used before': [
    three,
    a.send('basic.ack', { deliveryTag: 2 }),
    a.send('basic.ack', { deliveryTag: 2, multiple: true }),
    a.refused(406, 'unknown delivery tag 2'),
    a.holds('acknowledge.q', 2),
  ],
  'several at once, when there are none': [
    three,
    a.send('basic.ack', { deliveryTag: 3, multiple: true }),
    a.send('basic.ack', { deliveryTag: 3, multiple: true }),
    a.refused(406, 'unknown delivery tag 3'),
    a.holds('acknowledge.q', 0),
  ],
  'a tag of another channel': [
    three,
    other.send('basic.ack', { deliveryTag: 1 }),
    other.refused(406, 'unknown delivery tag 1'),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.silence(),
  ],
  'a delivery without acks has no tag to ack': [
    a.ask('queue.declare', q),
    a.ask('basic.consume', { ...q, consumerTag: 'c', noAck: true }),
    say('1'),
    a.delivery('c', 1, '1'),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.refused(406, 'unknown delivery tag 1'),
  ],
  'reject and requeue: it comes again, marked': [
    three,
    a.send('basic.reject', { deliveryTag: 2, requeue: true }),
    a.delivery('c', 4, '2', { redelivered: true }),
  ],
  'reject without requeue: it is gone': [
    three,
    a.send('basic.reject', { deliveryTag: 2, requeue: false }),
    a.silence(),
    ...left(2),
  ],
  'nack several and requeue: they come again in their order': [
    three,
    a.send('basic.nack', { deliveryTag: 2, multiple: true, requeue: true }),
    a.delivery('c', 4, '1', { redelivered: true }),
    a.delivery('c', 5, '2', { redelivered: true }),
  ],
  'nack all without requeue: they are gone': [
    three,
    a.send('basic.nack', { deliveryTag: 0, multiple: true }),
    a.silence(),
    ...left(0),
  ],
  'what is requeued goes back to its place': [
    a.ask('queue.declare', q),
    say('1', '2', '3'),
    a.holds('acknowledge.q', 3),
    a.send('basic.get', q),
    a.got(1, '1', { messageCount: 2 }),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.send('basic.get', q),
    a.got(2, '1', { redelivered: true, messageCount: 2 }),
    a.send('basic.get', q),
    a.got(3, '2', { messageCount: 1 }),
  ],
  'a requeued message comes before those behind it, for another consumer too': [
    a.ask('queue.declare', q),
    say('1', '2', '3', '4'),
    a.holds('acknowledge.q', 4),
    a.send('basic.get', q),
    a.got(1, '1'),
    a.send('basic.get', q),
    a.got(2, '2'),
    a.send('basic.get', q),
    a.got(3, '3'),
    a.send('basic.ack', { deliveryTag: 2 }),
    a.send('basic.nack', { deliveryTag: 3, requeue: true }),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.holds('acknowledge.q', 3),
    other.ask('basic.consume', { ...q, consumerTag: 'o', noAck: true }),
    other.delivery('o', 1, '1', { redelivered: true }),
    other.delivery('o', 2, '3', { redelivered: true }),
    other.delivery('o', 3, '4'),
  ],
  'redelivered stays marked': [
    a.ask('queue.declare', q),
    say('1'),
    a.ask('basic.consume', { ...q, consumerTag: 'c' }),
    a.delivery('c', 1, '1'),
    a.send('basic.reject', { deliveryTag: 1, requeue: true }),
    a.delivery('c', 2, '1', { redelivered: true }),
    a.send('basic.nack', { deliveryTag: 2, requeue: true }),
    a.delivery('c', 3, '1', { redelivered: true }),
  ],
  'recover brings all that is unacked again': [
    three,
    a.send('basic.ack', { deliveryTag: 1 }),
    a.ask('basic.recover', { requeue: true }),
    a.delivery('c', 4, '2', { redelivered: true }),
    a.delivery('c', 5, '3', { redelivered: true }),
  ],
  'recover-async is the same without an answer': [
    three,
    a.send('basic.ack', { deliveryTag: 2, multiple: true }),
    a.send('basic.recover-async', { requeue: true }),
    a.delivery('c', 4, '3', { redelivered: true }),
  ],
  'recover to the same consumer is not implemented': [
    a.send('basic.recover', { requeue: false }),
    a.expelled(540, 'requeue=false'),
  ],
})
