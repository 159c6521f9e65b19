// basic.get, and what a queue counts.

import { dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const other = new Speaker('a', 2)

const q = { queue: 'get.q' }
const get = a.send('basic.get', q)
const three = [
  a.ask('queue.declare', q),
  a.publish('', 'get.q', '1'),
  a.publish('', 'get.q', '2'),
  a.publish('', 'get.q', '3'),
  a.holds('get.q', 3),
]

dialogues({
  'nothing, then one, then acked': [
    a.ask('queue.declare', q, { queue: 'get.q', messageCount: 0, consumerCount: 0 }),
    get,
    a.hear('basic.get-empty'),
    a.publish('', 'get.q', 'hello', { contentType: 'text/plain' }),
    a.holds('get.q', 1),
    get,
    a.got(1, 'hello', {
      messageCount: 0,
      exchange: '',
      routingKey: 'get.q',
      properties: { contentType: 'text/plain' },
    }),
    a.holds('get.q', 0),
    a.send('basic.ack', { deliveryTag: 1 }),
    get,
    a.hear('basic.get-empty'),
  ],
  'the count is of what is left': [
    ...three,
    a.send('basic.get', { ...q, noAck: true }),
    a.got(1, '1', { messageCount: 2 }),
    get,
    a.got(2, '2', { messageCount: 1 }),
    get,
    a.got(3, '3', { messageCount: 0 }),
    a.send('basic.nack', { deliveryTag: 2, requeue: true }),
    a.holds('get.q', 1),
  ],
  'without acks it is gone at once, with them it comes back': [
    ...three,
    other.send('basic.get', { ...q, noAck: true }),
    other.got(1, '1'),
    other.send('basic.get', q),
    other.got(2, '2'),
    other.close(),
    a.holds('get.q', 2),
    get,
    a.got(1, '2', { redelivered: true, messageCount: 1 }),
    get,
    a.got(2, '3', { redelivered: false, messageCount: 0 }),
  ],
  'many gets in one breath are answered in order': [
    ...three,
    get,
    get,
    get,
    get,
    a.got(1, '1'),
    a.got(2, '2'),
    a.got(3, '3'),
    a.hear('basic.get-empty'),
  ],
  'without a name the last queue declared is meant': [
    ...three,
    a.send('basic.get', { queue: '', noAck: true }),
    a.got(1, '1'),
  ],
  'a body over many frames': [
    a.ask('queue.declare', q),
    a.publish('', 'get.q', 'long '.repeat(100_000)),
    a.holds('get.q', 1),
    get,
    a.got(1, 'long '.repeat(100_000)),
  ],
})
