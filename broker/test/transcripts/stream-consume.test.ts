// Consuming from a stream: where it begins, its credit, its filters, and what it has not.

import { typed } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, differs, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const p = new Speaker('p', 1)

const name = 'stream-consume.q'
const QUEUE = `queue '${name}' in vhost '/'`

const declare = p.ask('queue.declare', { queue: name, durable: true, arguments: { 'x-queue-type': 'stream' } })
const qos = (who: Speaker, prefetchCount: number) => who.ask('basic.qos', { prefetchSize: 0, prefetchCount })
const consume = (who: Speaker, consumerTag: string, args = {}) =>
  who.ask('basic.consume', { queue: name, consumerTag, arguments: args })

/** A publish that is in the stream when the next line is said. */
const say = (sequence: number, body: string, headers?: Record<string, unknown>): Step =>
  all(
    p.publish('', name, body, headers === undefined ? {} : { headers: headers as never }),
    p.hear('basic.ack', { deliveryTag: sequence }),
  )
const five = all(
  declare,
  p.ask('confirm.select', {}),
  ...['0', '1', '2', '3', '4'].map((body, at) => say(at + 1, body)),
)
const delivers = (who: Speaker, tag: string, from: number, ...offsets: number[]): Step =>
  all(
    ...offsets.map((offset, at) =>
      who.delivery(tag, from + at, String(offset), { headers: { 'x-stream-offset': `l:${offset}` } }),
    ),
  )

const begins = (offset: unknown, ...offsets: number[]): Step[] => [
  five,
  qos(a, 20),
  consume(a, 'c', offset === undefined ? {} : { 'x-stream-offset': offset }),
  delivers(a, 'c', 1, ...offsets),
  say(6, '5'),
  delivers(a, 'c', offsets.length + 1, 5),
]
const inSeconds = (ms: number) => typed('T', Math.floor(ms / 1000))

dialogues({
  'from the first': begins('first', 0, 1, 2, 3, 4),
  'from the next, which is what is meant without a word': begins(undefined),
  'from the next': begins('next'),
  'from an offset': begins(3, 3, 4),
  'from an offset of 64 bits': begins(typed('l', 4n), 4),
  'from an offset before the first': begins(-7, 0, 1, 2, 3, 4),
  'from a time long ago': begins(inSeconds(5000), 0, 1, 2, 3, 4),
  'from a time to come': begins(inSeconds(Date.now() + 3_600_000)),
  'from an interval ago': begins('1h', 0, 1, 2, 3, 4),
  'from the last': [five, qos(a, 20), consume(a, 'c', { 'x-stream-offset': 'last' }), delivers(a, 'c', 1, 4)],
  'offsets that are none': [
    declare,
    ...['1x', '0h'].flatMap((offset) => [
      qos(a, 1),
      a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-offset': offset } }),
      a.refused(
        406,
        `invalid arg 'x-stream-offset' for ${QUEUE}: {invalid_stream_offset_arg,{longstr,<<"${offset}">>}}`,
      ),
    ]),
  ],
  'offsets at which RabbitMQ 3.10 fails': [
    differs('An `x-stream-offset` of another type is refused as a bad one of the right type', {
      signalbox: [
        declare,
        ...[
          ['soon', '{longstr,<<"soon">>}'],
          [1.5, '{double,1.5}'],
          [true, '{bool,true}'],
        ].flatMap(([offset, term]) => [
          qos(a, 1),
          a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-offset': offset! } }),
          a.refused(406, `invalid arg 'x-stream-offset' for ${QUEUE}: {invalid_stream_offset_arg,${term}}`),
        ]),
      ],
      rabbit: [],
    }),
  ],
  'everybody reads everything, and again': [
    five,
    qos(a, 20),
    qos(b, 20),
    consume(a, 'c', { 'x-stream-offset': 'first' }),
    consume(b, 'd', { 'x-stream-offset': 2 }),
    delivers(a, 'c', 1, 0, 1, 2, 3, 4),
    delivers(b, 'd', 1, 2, 3, 4),
    a.send('basic.ack', { deliveryTag: 5, multiple: true }),
    a.ask('basic.cancel', { consumerTag: 'c' }),
    consume(a, 'c', { 'x-stream-offset': 4 }),
    delivers(a, 'c', 6, 4),
  ],
  'without a prefetch there is no credit': [
    declare,
    a.send('basic.consume', { queue: name, consumerTag: 'c' }),
    a.refused(406, new RegExp(`^PRECONDITION_FAILED - consumer prefetch count is not set for .*${QUEUE}`)),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 5, global: true }),
    a.send('basic.consume', { queue: name, consumerTag: 'c' }),
    a.refused(406, new RegExp(`^PRECONDITION_FAILED - consumer prefetch count is not set for .*${QUEUE}`)),
  ],
  'a prefetch of the whole channel is none': [
    declare,
    qos(a, 5),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 5, global: true }),
    a.send('basic.consume', { queue: name, consumerTag: 'c' }),
    a.expelled(540, `${QUEUE} does not support global qos`),
  ],
  'without acks there is none': [
    declare,
    qos(a, 5),
    a.send('basic.consume', { queue: name, consumerTag: 'c', noAck: true }),
    a.expelled(540, `automatic acknowledgement not supported by stream queues ${QUEUE}`),
  ],
  'exclusive means nothing': [
    declare,
    qos(a, 5),
    a.ask('basic.consume', { queue: name, consumerTag: 'c', exclusive: true }),
    a.ask('basic.consume', { queue: name, consumerTag: 'd', exclusive: true }),
    consume(a, 'e'),
  ],
  'arguments of other consumers': [
    declare,
    qos(a, 5),
    a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-priority': 1 } }),
    a.refused(406, `invalid arg 'x-priority' for ${QUEUE} of queue type rabbit_stream_queue`),
  ],
  'get and purge are not of streams': [
    declare,
    a.send('basic.get', { queue: name }),
    a.expelled(540, `basic.get not supported by stream queues ${QUEUE}`),
    a.send('queue.purge', { queue: name }),
    a.expelled(540, `queue.purge not supported by stream queues ${QUEUE}`),
  ],
  'the consumer hears of the end of the stream': [
    declare,
    qos(a, 5),
    consume(a, 'c'),
    p.send('queue.delete', { queue: name }),
    p.hear('queue.delete-ok'),
    a.hear('basic.cancel', { consumerTag: 'c' }),
  ],
})
