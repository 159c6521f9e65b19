// Delayed messages. RabbitMQ has them only with a plugin that the other broker of these dialogues lacks.

import assert from 'node:assert/strict'
import { typed } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, Speaker, type Step } from './dialogue.ts'
import { broker } from './target.ts'

const a = new Speaker('a', 1)

const q = { queue: 'delayed.q', durable: true }
const x = { exchange: 'delayed.x', type: 'x-delayed-message', durable: true, arguments: { 'x-delayed-type': 'direct' } }
const later = all(
  a.ask('queue.declare', q),
  a.ask('exchange.declare', x),
  a.ask('queue.bind', { queue: q.queue, exchange: x.exchange, routingKey: 'k' }),
)
const listening = a.ask('basic.consume', { queue: q.queue, consumerTag: 'c', noAck: true })
const delayed = (delay: unknown) => ({ headers: { 'x-delay': delay as number, other: 'kept' }, deliveryMode: 2 })

/** A publish whose header is made when it is said: so many ms from then. */
function publishAt(exchange: string, key: string, body: string, at: (nowMs: number) => unknown, more = {}): Step {
  return (run) =>
    a.publish(exchange, key, body, { headers: { 'x-deliver-at': at(Date.now()) as number }, ...more })(run)
}

const dialoguesOfDelays: { [title: string]: readonly Step[] } = {
  'messages come in the order of their times, with the delay negated': [
    later,
    listening,
    a.publish('delayed.x', 'k', 'third', delayed(300)),
    a.publish('delayed.x', 'k', 'second', delayed('150')),
    a.publish('delayed.x', 'k', 'first'),
    a.delivery('c', 1, 'first'),
    a.delivery('c', 2, 'second', {
      exchange: 'delayed.x',
      routingKey: 'k',
      properties: { deliveryMode: 2 },
      headers: { 'x-delay': 'I:-150', other: 'kept' },
    }),
    a.delivery('c', 3, 'third', { headers: { 'x-delay': 'I:-300' } }),
  ],
  'what is no delay is routed at once': [
    later,
    listening,
    ...[0, -1, 2 ** 32, 'soon', true, null].map((delay) => a.publish('delayed.x', 'k', `${delay}`, delayed(delay))),
    ...[0, -1, 2 ** 32, 'soon', true, null].map((delay, index) => a.delivery('c', index + 1, `${delay}`)),
  ],
  'a time too far off is refused': [
    later,
    publishAt('', 'delayed.q', 'never', (now) => (now + 11 * 365 * 86_400_000) * 1000),
    a.refused(406, /invalid x-deliver-at \d+: more than ten years ahead/),
  ],
  'a confirm comes when the message is kept, long before it is due': [
    later,
    a.ask('confirm.select', {}),
    a.publish('delayed.x', 'k', 'much later', delayed(2 ** 32 - 1)),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.holds('delayed.q', 0),
  ],
  'a delayed message is not returned, whatever is bound': [
    later,
    a.ask('confirm.select', {}),
    a.publish('delayed.x', 'nowhere', 'lost', { ...delayed(50), mandatory: true }),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.silence(),
  ],
  'a type must be named': [
    a.send('exchange.declare', { ...x, arguments: {} }),
    a.refused(406, "Invalid argument, 'x-delayed-type' must be an existing exchange type"),
    a.send('exchange.declare', { ...x, arguments: { 'x-delayed-type': 'x-delayed-message' } }),
    a.refused(406, "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'"),
    a.send('exchange.declare', { ...x, arguments: { 'x-delayed-type': 'none' } }),
    a.refused(406, "unknown exchange type 'none'"),
  ],
  'bindings mean what they mean for the type': [
    a.ask('queue.declare', q),
    a.ask('exchange.declare', { ...x, arguments: { 'x-delayed-type': 'topic' } }),
    a.ask('queue.bind', { queue: q.queue, exchange: x.exchange, routingKey: 'a.*' }),
    listening,
    a.publish('delayed.x', 'b.c', 'passed by', delayed(20)),
    a.publish('delayed.x', 'a.b', 'matches', delayed(40)),
    a.delivery('c', 1, 'matches', { routingKey: 'a.b' }),
    a.ask('queue.unbind', { queue: q.queue, exchange: x.exchange, routingKey: 'a.*' }),
    a.publish('delayed.x', 'a.b', 'unbound', delayed(20)),
    a.publish('', 'delayed.q', 'last', { headers: { 'x-deliver-at': 1 } }),
    a.delivery('c', 2, 'last'),
  ],
  'what comes by a binding from another exchange waits too, and what else is bound there has it at once': [
    later,
    a.ask('queue.declare', { queue: 'delayed.q2', durable: true }),
    a.ask('exchange.declare', { exchange: 'delayed.y', type: 'fanout', durable: true }),
    a.ask('exchange.bind', { destination: x.exchange, source: 'delayed.y', routingKey: '' }),
    a.ask('queue.bind', { queue: 'delayed.q2', exchange: 'delayed.y', routingKey: '' }),
    a.ask('confirm.select', {}),
    a.publish('delayed.y', 'k', 'plain', { expiration: '60000', mandatory: true }),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.publish('delayed.y', 'k', 'late', { ...delayed(100), mandatory: true }),
    a.hear('basic.ack', { deliveryTag: 2 }),
    a.send('basic.get', { queue: 'delayed.q2', noAck: true }),
    a.got(1, 'plain', {}),
    a.send('basic.get', { queue: 'delayed.q2', noAck: true }),
    a.got(2, 'late', { headers: { 'x-delay': 'I:100', other: 'kept' } }),
    listening,
    a.delivery('c', 3, 'plain'),
    a.delivery('c', 4, 'late', { exchange: 'delayed.y', headers: { 'x-delay': 'I:-100', other: 'kept' } }),
  ],
  'each bears the name of the exchange that it was published to': [
    later,
    a.ask('exchange.declare', { exchange: 'delayed.y', type: 'fanout', durable: true }),
    a.ask('exchange.bind', { destination: x.exchange, source: 'delayed.y', routingKey: '' }),
    listening,
    a.publish('delayed.y', 'k', 'by a binding', delayed(100)),
    a.publish('delayed.x', 'k', 'to it', delayed(300)),
    a.publish('delayed.y', 'k', 'by a binding again', delayed(500)),
    a.delivery('c', 1, 'by a binding', { exchange: 'delayed.y', routingKey: 'k' }),
    a.delivery('c', 2, 'to it', { exchange: 'delayed.x', routingKey: 'k' }),
    a.delivery('c', 3, 'by a binding again', { exchange: 'delayed.y', routingKey: 'k' }),
  ],
  'a dead letter waits behind a binding, also of a message that died there before': [
    later,
    a.ask('exchange.declare', { exchange: 'delayed.y', type: 'fanout', durable: true }),
    a.ask('exchange.bind', { destination: x.exchange, source: 'delayed.y', routingKey: '' }),
    a.ask('queue.declare', {
      queue: 'delayed.short',
      durable: true,
      arguments: { 'x-message-ttl': 20, 'x-dead-letter-exchange': 'delayed.y', 'x-dead-letter-routing-key': 'k' },
    }),
    listening,
    a.publish('', 'delayed.short', 'again', {
      headers: { 'x-delay': 50, 'x-death': [{ queue: 'delayed.short', reason: 'expired', exchange: '', count: 1 }] },
    }),
    a.delivery('c', 1, 'again', { headers: { 'x-delay': 'I:-50' } }),
  ],
  'x-deliver-at holds for every exchange, in ms or as a timestamp': [
    a.ask('queue.declare', q),
    listening,
    publishAt('', 'delayed.q', 'third', (now) => typed('T', Math.floor(now / 1000) + 2)),
    publishAt('', 'delayed.q', 'second', (now) => now + 150),
    publishAt('', 'delayed.q', 'first', (now) => now - 150),
    publishAt('', 'delayed.q', 'no time', () => 'tomorrow'),
    a.delivery('c', 1, 'first'),
    a.delivery('c', 2, 'no time'),
    a.delivery('c', 3, 'second', { exchange: '', routingKey: 'delayed.q' }),
    a.delivery('c', 4, 'third'),
  ],
  'with x-deliver-at a mandatory message needs a queue when it is published': [
    a.ask('queue.declare', q),
    a.ask('confirm.select', {}),
    publishAt('', 'delayed.nowhere', 'back', (now) => now + 3600_000, { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'back'),
    a.hear('basic.ack', { deliveryTag: 1 }),
    publishAt('', 'delayed.q', 'kept', (now) => now + 3600_000, { mandatory: true }),
    a.hear('basic.ack', { deliveryTag: 2 }),
    publishAt('', 'delayed.nowhere', 'kept too', (now) => now + 3600_000),
    a.hear('basic.ack', { deliveryTag: 3 }),
  ],
  'the delay of a transaction begins with its commit, and a rollback forgets it': [
    later,
    listening,
    a.ask('tx.select', {}),
    a.publish('delayed.x', 'k', 'forgotten', delayed(10)),
    a.ask('tx.rollback', {}),
    a.publish('delayed.x', 'k', 'second', delayed(100)),
    a.publish('delayed.x', 'k', 'first', delayed(50)),
    a.ask('tx.commit', {}),
    a.delivery('c', 1, 'first'),
    a.delivery('c', 2, 'second'),
  ],
  'copies go their way when it is due': [
    later,
    a.ask('queue.bind', { queue: q.queue, exchange: x.exchange, routingKey: 'blind' }),
    a.ask('queue.unbind', { queue: q.queue, exchange: x.exchange, routingKey: 'k' }),
    listening,
    a.publish('delayed.x', 'k', 'copied', { headers: { 'x-delay': 30, BCC: ['blind'] } }),
    a.delivery('c', 1, 'copied', { routingKey: 'k', headers: { BCC: undefined } }),
  ],
  'what is delayed goes with its exchange': [
    later,
    listening,
    a.publish('delayed.x', 'k', 'never', delayed(50)),
    a.ask('exchange.delete', { exchange: 'delayed.x' }),
    later,
    a.publish('delayed.x', 'k', 'after', delayed(150)),
    a.delivery('c', 1, 'after'),
  ],
}

assert.ok(Object.keys(dialoguesOfDelays).length > 0)
dialogues(broker === 'signalbox' ? dialoguesOfDelays : {})
