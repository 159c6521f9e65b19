// The firehose: in a vhost that is traced, messages are copied as they come and as they go.

import { dialogues, login, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const enter = [
  login('a', { user: 'traced', virtualHost: 'traced' }),
  login('b', { user: 'traced', virtualHost: 'traced' }),
]
const q = { queue: 'traced.q' }
const x = { exchange: 'traced.x', type: 'topic', autoDelete: true }
const origin = { vhost: 'traced', user: 'traced', channel: 'I:1' }

/** A queue of its own for what is traced; copies are not traced when they are consumed. */
const watch = (routingKey: string) => [
  ...enter,
  b.ask('queue.declare', { queue: 'traced.copies', exclusive: true }),
  b.ask('queue.bind', { queue: 'traced.copies', exchange: 'amq.rabbitmq.trace', routingKey }),
  b.ask('basic.consume', { queue: 'traced.copies', consumerTag: 'w', noAck: true }),
]

dialogues({
  'what is published, with all that was said of it': [
    ...watch('publish.#'),
    a.ask('queue.declare', { ...q, exclusive: true }),
    a.ask('exchange.declare', x),
    a.ask('queue.bind', { ...q, exchange: x.exchange, routingKey: 'k' }),
    a.publish(x.exchange, 'k', 'body', {
      contentType: 'text/plain',
      deliveryMode: 2,
      priority: 3,
      correlationId: 'c',
      expiration: '90000',
      headers: { h: 'v' },
    }),
    b.delivery('w', 1, 'body', {
      exchange: 'amq.rabbitmq.trace',
      routingKey: 'publish.traced.x',
      properties: { deliveryMode: undefined, contentType: undefined },
      headers: {
        exchange_name: 'traced.x',
        routing_keys: ['k'],
        routed_queues: ['traced.q'],
        redelivered: undefined,
        properties: {
          content_type: 'text/plain',
          delivery_mode: 'I:2',
          priority: 'I:3',
          correlation_id: 'c',
          expiration: '90000',
          headers: { h: 'v' },
        },
        ...origin,
      },
    }),
    a.publish(x.exchange, 'nowhere', 'lost', { headers: { CC: ['k', 'l'] } }),
    b.delivery('w', 2, 'lost', { headers: { routing_keys: ['nowhere', 'k', 'l'], routed_queues: ['traced.q'] } }),
    a.publish(x.exchange, 'nowhere', 'lost'),
    b.delivery('w', 3, 'lost', { headers: { routing_keys: ['nowhere'], routed_queues: [], properties: {} } }),
    a.publish('', q.queue, ''),
    b.delivery('w', 4, '', { routingKey: 'publish.', headers: { exchange_name: '', routing_keys: ['traced.q'] } }),
  ],
  'what is delivered and got, and how often': [
    ...watch('deliver.#'),
    a.ask('queue.declare', { ...q, exclusive: true }),
    a.publish('', q.queue, 'one'),
    a.holds(q.queue, 1),
    a.send('basic.get', q),
    a.got(1, 'one'),
    b.delivery('w', 1, 'one', {
      exchange: 'amq.rabbitmq.trace',
      routingKey: 'deliver.traced.q',
      headers: {
        exchange_name: '',
        routing_keys: ['traced.q'],
        redelivered: 'I:0',
        routed_queues: undefined,
        properties: {},
        ...origin,
      },
    }),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.ask('basic.consume', { ...q, consumerTag: 'c', noAck: true }),
    a.delivery('c', 2, 'one', { redelivered: true }),
    b.delivery('w', 2, 'one', { routingKey: 'deliver.traced.q', headers: { redelivered: 'I:1' } }),
  ],
})
