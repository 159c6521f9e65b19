// Deduplication. RabbitMQ has it only with a plugin that the other broker of these dialogues lacks.

import { all, dialogues, Speaker, type Step } from './dialogue.ts'
import { broker } from './target.ts'

const a = new Speaker('a', 1)

const q = { queue: 'dedup.q', durable: true }
const x = { exchange: 'dedup.x', type: 'x-message-deduplication', durable: true, arguments: { 'x-cache-size': 2 } }
const key = (value: unknown) => ({ headers: { 'x-deduplication-header': value as string }, deliveryMode: 2 })
const listening = a.ask('basic.consume', { queue: q.queue, consumerTag: 'c' })
const window = all(
  a.ask('queue.declare', q),
  a.ask('exchange.declare', x),
  a.ask('queue.bind', { queue: q.queue, exchange: x.exchange, routingKey: 'any' }),
)

const dialoguesOfDuplicates: { [title: string]: readonly Step[] } = {
  'an exchange routes each key once, whatever the routing key, and confirms what it drops': [
    window,
    listening,
    a.ask('confirm.select', {}),
    a.publish('dedup.x', 'one', '1', key('a')),
    a.delivery('c', 1, '1'),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.publish('dedup.x', 'two', '2', key('a')),
    a.hear('basic.ack', { deliveryTag: 2 }),
    a.publish('dedup.x', 'three', '3', key(7)),
    a.delivery('c', 2, '3'),
    a.hear('basic.ack', { deliveryTag: 3 }),
    a.publish('dedup.x', 'four', '4'),
    a.delivery('c', 3, '4'),
    a.hear('basic.ack', { deliveryTag: 4 }),
  ],
  'a mandatory duplicate is returned': [
    window,
    a.publish('dedup.x', 'k', '1', key('a')),
    a.publish('dedup.x', 'k', '2', { ...key('a'), mandatory: true }),
    a.returned(312, 'NO_ROUTE', '2'),
    a.holds('dedup.q', 1),
  ],
  'its arguments are checked': [
    a.send('exchange.declare', { ...x, arguments: {} }),
    a.refused(406, "Missing or invalid argument, 'x-cache-size' must be an integer greater than 0"),
    a.send('exchange.declare', { ...x, arguments: { 'x-cache-size': 1, 'x-cache-ttl': 'x' } }),
    a.refused(406, "Invalid argument, 'x-cache-ttl' must be an integer greater than 0"),
    a.send('exchange.declare', { ...x, arguments: { 'x-cache-size': 1, 'x-cache-persistence': 'tape' } }),
    a.refused(406, "Invalid argument, 'x-cache-persistence' must be either 'disk' or 'memory'"),
  ],
  'a queue drops what it holds, and takes it again after the ack': [
    a.ask('queue.declare', { ...q, arguments: { 'x-message-deduplication': true } }),
    a.ask('confirm.select', {}),
    a.publish('', 'dedup.q', '1', key('a')),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.publish('', 'dedup.q', '2', key('a')),
    a.hear('basic.ack', { deliveryTag: 2 }),
    a.holds('dedup.q', 1),
    a.send('basic.get', { queue: q.queue }),
    a.got(1, '1'),
    a.publish('', 'dedup.q', '3', key('a')),
    a.hear('basic.ack', { deliveryTag: 3 }),
    a.holds('dedup.q', 0),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.publish('', 'dedup.q', '4', key('a')),
    a.hear('basic.ack', { deliveryTag: 4 }),
    a.send('basic.get', { queue: q.queue, noAck: true }),
    a.got(2, '4'),
    a.publish('', 'dedup.q', '5', key('a')),
    a.hear('basic.ack', { deliveryTag: 5 }),
    a.holds('dedup.q', 1),
  ],
}

dialogues(broker === 'signalbox' ? dialoguesOfDuplicates : {})
