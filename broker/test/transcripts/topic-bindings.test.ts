// Queues and exchanges bound to a topic's exchange. RabbitMQ has no such exchange: these are of Signalbox alone.

import { all, dialogues, Speaker, type Step } from './dialogue.ts'
import { broker } from './target.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const p = new Speaker('p', 1)

const topic = (name = 'topic-bindings.t', partitions = 1) =>
  a.ask('exchange.declare', {
    exchange: name,
    type: 'x-topic-log',
    durable: true,
    arguments: { 'x-partitions': partitions },
  })
const queue = (name: string, args = {}) =>
  a.ask('queue.declare', { queue: `topic-bindings.${name}`, durable: true, arguments: args })
const bind = (name: string, routingKey: string, args = {}) =>
  a.ask('queue.bind', { queue: `topic-bindings.${name}`, exchange: 'topic-bindings.t', routingKey, arguments: args })
const unbind = (name: string, routingKey: string) =>
  a.ask('queue.unbind', { queue: `topic-bindings.${name}`, exchange: 'topic-bindings.t', routingKey })
const consume = (name: string) =>
  a.ask('basic.consume', { queue: `topic-bindings.${name}`, consumerTag: name, noAck: true })
const exchange = (name: string, args = {}) =>
  a.ask('exchange.declare', { exchange: `topic-bindings.${name}`, type: 'fanout', arguments: args })
const chain = (source: string, destination: string, routingKey = '#'): Step =>
  a.ask('exchange.bind', {
    source: `topic-bindings.${source}`,
    destination: `topic-bindings.${destination}`,
    routingKey,
  })

const publish = (sequence: number, routingKey: string, body: string, headers?: Record<string, unknown>): Step =>
  all(
    p.publish('topic-bindings.t', routingKey, body, headers === undefined ? {} : { headers: headers as never }),
    p.hear('basic.ack', { deliveryTag: sequence }),
  )
const confirms = p.ask('confirm.select', {})
const back = (way: string): RegExp => new RegExp(`would bring records back into their topic: ${way}$`)

if (broker === 'signalbox') {
  dialogues({
    'a bound queue gets what is published from then on, by key': [
      topic(),
      confirms,
      publish(1, 'a.b', 'before'),
      queue('q'),
      bind('q', 'a.*'),
      consume('q'),
      publish(2, 'a.b', '1'),
      publish(3, 'b', 'other'),
      publish(4, 'a.c', '2'),
      a.delivery('q', 1, '1', { exchange: 'topic-bindings.t', routingKey: 'a.b' }),
      a.delivery('q', 2, '2', { exchange: 'topic-bindings.t', routingKey: 'a.c' }),
      a.silence('topic-bindings.q'),
    ],
    'by the routing key, whatever the record key is': [
      topic(),
      confirms,
      queue('q'),
      bind('q', 'order.*'),
      consume('q'),
      publish(1, 'order.created', '1', { 'x-partition-key': 'ann' }),
      publish(2, 'ann', 'other', { 'x-partition-key': 'order.created' }),
      a.delivery('q', 1, '1', {
        exchange: 'topic-bindings.t',
        routingKey: 'order.created',
        headers: { 'x-partition-key': 'ann' },
      }),
      a.silence('topic-bindings.q'),
    ],
    'or by headers': [
      topic(),
      confirms,
      queue('q'),
      bind('q', '', { 'x-match': 'all', colour: 'red' }),
      consume('q'),
      publish(1, 'a', '1', { colour: 'red', size: 3 }),
      publish(2, 'a', 'other', { colour: 'blue' }),
      a.delivery('q', 1, '1', {
        exchange: 'topic-bindings.t',
        routingKey: 'a',
        headers: { colour: 'red', size: 'I:3' },
      }),
      a.silence('topic-bindings.q'),
      a.send('queue.bind', {
        queue: 'topic-bindings.q',
        exchange: 'topic-bindings.t',
        routingKey: '',
        arguments: { 'x-match': 'some' },
      }),
      a.refused(406, /Invalid x-match field value/),
    ],
    'unbound it gets nothing, bound again what comes then': [
      topic(),
      confirms,
      queue('q'),
      consume('q'),
      bind('q', '#'),
      publish(1, '', '1'),
      a.delivery('q', 1, '1'),
      unbind('q', '#'),
      publish(2, '', 'missed'),
      bind('q', '#'),
      publish(3, '', '2'),
      a.delivery('q', 2, '2'),
      a.silence('topic-bindings.q'),
    ],
    'two bindings give one copy, and an exchange leads on': [
      topic(),
      confirms,
      queue('q'),
      queue('far'),
      exchange('next'),
      chain('t', 'next', 'a'),
      a.ask('queue.bind', { queue: 'topic-bindings.far', exchange: 'topic-bindings.next', routingKey: '' }),
      a.ask('queue.bind', { queue: 'topic-bindings.q', exchange: 'topic-bindings.next', routingKey: '' }),
      bind('q', 'a'),
      bind('q', '#'),
      consume('q'),
      b.ask('basic.consume', { queue: 'topic-bindings.far', consumerTag: 'far', noAck: true }),
      publish(1, 'a', '1'),
      publish(2, 'b', '2'),
      a.delivery('q', 1, '1'),
      b.delivery('far', 1, '1'),
      a.delivery('q', 2, '2'),
      a.silence('topic-bindings.q'),
    ],
    'a full queue refuses, and the publisher is told that the topic has it': [
      topic(),
      confirms,
      queue('q', { 'x-max-length': 1, 'x-overflow': 'reject-publish' }),
      bind('q', '#'),
      publish(1, '', '1'),
      publish(2, '', '2'),
      a.holds('topic-bindings.q', 1),
    ],
    'no way leads a record back into its topic': [
      topic(),
      exchange('next'),
      chain('t', 'next'),
      a.send('exchange.bind', { source: 'topic-bindings.next', destination: 'topic-bindings.t', routingKey: '' }),
      a.refused(406, back("'topic-bindings.next' -> 'topic-bindings.t' -> 'topic-bindings.next'")),
    ],
    'nor by an alternate exchange, nor into one of its streams': [
      topic(),
      exchange('next', { 'alternate-exchange': 'topic-bindings.t' }),
      a.send('exchange.bind', { source: 'topic-bindings.t', destination: 'topic-bindings.next', routingKey: '' }),
      a.refused(406, back("'topic-bindings.t' -> 'topic-bindings.next' -> 'topic-bindings.t'")),
      b.send('queue.bind', { queue: 'topic-bindings.t', exchange: 'topic-bindings.next', routingKey: '' }),
      b.hear('queue.bind-ok'),
      b.send('exchange.bind', { source: 'topic-bindings.t', destination: 'topic-bindings.next', routingKey: '' }),
      b.refused(406, back("'topic-bindings.t' -> 'topic-bindings.next' -> 'topic-bindings.t'")),
    ],
    'deleted if unused only without bindings; its queues stay': [
      topic(),
      confirms,
      queue('q'),
      bind('q', '#'),
      publish(1, '', '1'),
      a.holds('topic-bindings.q', 1),
      a.send('exchange.delete', { exchange: 'topic-bindings.t', ifUnused: true }),
      a.refused(406, "exchange 'topic-bindings.t' in vhost '/' in use"),
    ],
    'deleted, it leaves what its queues have': [
      topic(),
      confirms,
      queue('q'),
      bind('q', '#'),
      publish(1, '', '1'),
      a.holds('topic-bindings.q', 1),
      a.ask('exchange.delete', { exchange: 'topic-bindings.t' }),
      consume('q'),
      a.delivery('q', 1, '1'),
    ],
  })
}
