// Declaring and deleting streams.

import { all, dialogues, differs, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const name = 'stream-declare.q'
const QUEUE = `queue '${name}' in vhost '/'`
const STREAM = { 'x-queue-type': 'stream' }
const declares = (args: Record<string, unknown>, more = {}) =>
  a.send('queue.declare', { queue: name, durable: true, arguments: args as never, ...more })
const ok = a.hear('queue.declare-ok', { queue: name, messageCount: 0, consumerCount: 0 })
const bad = (argument: string, value: unknown, reason: string): Step =>
  all(declares({ ...STREAM, [argument]: value }), a.refused(406, `invalid arg '${argument}' for ${QUEUE}${reason}`))

dialogues({
  'declared, declared again, asked for, deleted': [
    declares(STREAM),
    ok,
    declares(STREAM),
    ok,
    a.ask('queue.declare', { queue: name, passive: true }, { queue: name, messageCount: 0, consumerCount: 0 }),
    a.ask('queue.delete', { queue: name }, { messageCount: 0 }),
    a.send('queue.declare', { queue: name, passive: true }),
    a.refused(404, `no ${QUEUE}`),
  ],
  'with bounds, declared again with the same ones': [
    declares({ ...STREAM, 'x-max-age': '7D', 'x-max-length-bytes': 5000, 'x-stream-max-segment-size-bytes': 4000 }),
    ok,
    declares({ ...STREAM, 'x-max-age': '7D', 'x-max-length-bytes': 5000, 'x-stream-max-segment-size-bytes': 4000 }),
    ok,
    declares({ ...STREAM, 'x-max-age': '8D', 'x-max-length-bytes': 5000, 'x-stream-max-segment-size-bytes': 4000 }),
    a.refused(406, `inequivalent arg 'x-max-age' for ${QUEUE}: received '8D' but current is '7D'`),
    declares({ ...STREAM, 'x-max-age': '7D', 'x-max-length-bytes': 6000, 'x-stream-max-segment-size-bytes': 4000 }),
    a.refused(406, `inequivalent arg 'x-max-length-bytes' for ${QUEUE}: received '6000' but current is '5000'`),
    differs('A stream declared again is compared with what it is now, in the arguments that are given', {
      signalbox: [declares(STREAM), ok, declares({ ...STREAM, 'x-max-age': '168h' }), ok],
      rabbit: [
        declares(STREAM),
        a.refused(
          406,
          /^PRECONDITION_FAILED - inequivalent arg '[a-z-]+' for .*: received none but current is the value '.*' of type '.*'$/,
        ),
      ],
    }),
  ],
  'declared again as something else': [
    declares(STREAM),
    ok,
    declares({ ...STREAM, 'x-max-age': '1h' }),
    a.refused(
      406,
      `inequivalent arg 'x-max-age' for ${QUEUE}: received the value '1h' of type 'longstr' but current is none`,
    ),
    declares({ 'x-queue-type': 'classic' }),
    a.refused(406, `inequivalent arg 'x-queue-type' for ${QUEUE}: received 'classic' but current is 'stream'`),
    declares({ 'x-queue-type': 'quorum' }),
    a.refused(406, `inequivalent arg 'x-queue-type' for ${QUEUE}: received 'quorum' but current is 'stream'`),
    declares(STREAM, { durable: false }),
    a.refused(406, `inequivalent arg 'durable' for ${QUEUE}: received 'false' but current is 'true'`),
  ],
  'another queue declared again as a stream': [
    declares({ 'x-queue-type': 'quorum' }),
    ok,
    declares(STREAM),
    a.refused(406, `inequivalent arg 'x-queue-type' for ${QUEUE}: received 'stream' but current is 'quorum'`),
  ],
  'properties that a stream cannot have': [
    declares(STREAM, { durable: false }),
    a.refused(406, `invalid property 'non-durable' for ${QUEUE}`),
    declares(STREAM, { exclusive: true }),
    a.refused(406, `invalid property 'exclusive-owner' for ${QUEUE}`),
    declares(STREAM, { autoDelete: true }),
    a.refused(406, `invalid property 'auto-delete' for ${QUEUE}`),
    a.send('queue.declare', { queue: '', durable: true, arguments: STREAM }),
    a.refused(406, 'Cannot declare a server-named queue for type rabbit_stream_queue'),
  ],
  'arguments that a stream cannot have': [
    ...[
      ['x-max-length', 1],
      ['x-message-ttl', 1],
      ['x-expires', 1000],
      ['x-overflow', 'drop-head'],
      ['x-dead-letter-exchange', 'x'],
      ['x-single-active-consumer', true],
      ['x-max-priority', 1],
      ['x-delivery-limit', 1],
    ].map(([argument, value]) => bad(argument as string, value, ' of queue type rabbit_stream_queue')),
    bad('x-max-age', '1x', ': invalid_max_age'),
    bad('x-max-age', '0h', ': invalid_max_age'),
    bad('x-max-length-bytes', -1, ': {value_negative,-1}'),
    bad('x-initial-cluster-size', 0, ': {value_zero,0}'),
    bad('x-queue-leader-locator', 'bad', ': invalid_queue_locator_arg'),
    declares({ ...STREAM, 'x-stream-max-segment-size-bytes': 3_000_000_001 }),
    a.refused(406, 'Exceeded max value for x-stream-max-segment-size-bytes'),
  ],
  'what means nothing to one node is taken': [
    declares({ ...STREAM, 'x-queue-leader-locator': 'client-local', 'x-initial-cluster-size': 1, 'x-mine': 1 }),
    ok,
  ],
  'deleting with conditions': [
    differs('A stream honours `if-unused` and `if-empty`', {
      signalbox: [
        declares(STREAM),
        ok,
        b.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
        b.ask('basic.consume', { queue: name, consumerTag: 'c' }),
        a.ask('queue.declare', { queue: name, passive: true }, { consumerCount: 1 }),
        a.send('queue.delete', { queue: name, ifUnused: true }),
        a.refused(406, `${QUEUE} in use`),
        a.ask('confirm.select', {}),
        a.publish('', name, 'kept'),
        a.hear('basic.ack', { deliveryTag: 1 }),
        b.delivery('c', 1, 'kept'),
        b.ask('basic.cancel', { consumerTag: 'c' }),
        a.holds(name, 1),
        a.send('queue.delete', { queue: name, ifEmpty: true }),
        a.refused(406, `${QUEUE} not empty`),
        a.ask('queue.delete', { queue: name, ifUnused: true }, { messageCount: 1 }),
      ],
      rabbit: [],
    }),
  ],
  'a stream is bound like any queue': [
    declares(STREAM),
    ok,
    a.ask('exchange.declare', { exchange: 'stream-declare.x', type: 'direct' }),
    a.ask('queue.bind', { queue: name, exchange: 'stream-declare.x', routingKey: 'k' }),
    a.ask('confirm.select', {}),
    a.publish('stream-declare.x', 'k', 'bound', { contentType: 'text/plain', headers: { n: 1 } }),
    a.hear('basic.ack', { deliveryTag: 1 }),
    b.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    b.ask('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-offset': 'first' } }),
    b.delivery('c', 1, 'bound', {
      exchange: 'stream-declare.x',
      routingKey: 'k',
      properties: { contentType: 'text/plain' },
      headers: { n: 'I:1', 'x-stream-offset': 'l:0' },
    }),
    a.ask('queue.unbind', { queue: name, exchange: 'stream-declare.x', routingKey: 'k' }),
    a.publish('stream-declare.x', 'k', 'lost', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'lost'),
    a.hear('basic.ack', { deliveryTag: 2 }),
  ],
  'a name that no topic can have': [
    differs('A stream is a topic, so its name must be one for a topic', {
      signalbox: [
        a.send('queue.declare', { queue: 'stream declare', durable: true, arguments: STREAM }),
        a.refused(406, /^PRECONDITION_FAILED - queue 'stream declare' in vhost '\/' of type stream: .*ASCII/),
      ],
      rabbit: [],
    }),
  ],
})
