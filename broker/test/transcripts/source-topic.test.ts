// Queues over topics. RabbitMQ has no such queues: these are of Signalbox alone.

import { deaths } from './deaths.ts'
import { all, dialogues, login, Speaker, type Step } from './dialogue.ts'
import { broker } from './target.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const c = new Speaker('c', 1)
const p = new Speaker('p', 1)
const own = new Speaker('own', 1)

const TOPIC = 'source-topic.t'
const QUEUE = 'source-topic.q'
const GRAVE = 'source-topic.grave'

const topic = (name = TOPIC, partitions = 1) =>
  a.ask('exchange.declare', {
    exchange: name,
    type: 'x-topic-log',
    durable: true,
    arguments: { 'x-partitions': partitions },
  })
const declaration = (args: object = {}, properties: object = {}) => ({
  queue: QUEUE,
  durable: true,
  ...properties,
  arguments: { 'x-source-topic': TOPIC, ...args },
})
const queue = (args: object = {}) => a.ask('queue.declare', declaration(args))
const refusedQueue = (args: object, reason: string, properties: object = {}): Step =>
  all(
    a.send('queue.declare', declaration(args, properties)),
    a.refused(406, new RegExp(`^PRECONDITION_FAILED - ${reason}`)),
  )
const confirms = p.ask('confirm.select', {})
const publish = (sequence: number, body: string, routingKey = 'k'): Step =>
  all(p.publish(TOPIC, routingKey, body), p.hear('basic.ack', { deliveryTag: sequence }))
const consume = (who: Speaker, more = {}) => who.ask('basic.consume', { queue: QUEUE, consumerTag: 'c', ...more })
const prefetch = (who: Speaker, prefetchCount: number) => who.ask('basic.qos', { prefetchSize: 0, prefetchCount })
const delivery = (who: Speaker, tag: number, body: string, count = 0) =>
  who.delivery('c', tag, body, {
    exchange: TOPIC,
    routingKey: 'k',
    redelivered: count > 0,
    headers: { 'x-delivery-count': count > 0 ? `l:${count}` : undefined },
  })
const quorum = { 'x-queue-type': 'quorum' }
const buried = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': GRAVE }
const grave = a.ask('queue.declare', { queue: GRAVE })
const ack = (who: Speaker, deliveryTag: number, multiple = false) => who.send('basic.ack', { deliveryTag, multiple })
const back = (who: Speaker, deliveryTag: number) => who.send('basic.reject', { deliveryTag, requeue: true })

if (broker === 'signalbox') {
  dialogues({
    'acknowledged one by one, the rest comes again': [
      topic(),
      confirms,
      publish(1, 'before'),
      queue(quorum),
      consume(b),
      publish(2, '1'),
      publish(3, '2'),
      publish(4, '3'),
      delivery(b, 1, '1'),
      delivery(b, 2, '2'),
      delivery(b, 3, '3'),
      ack(b, 2),
      back(b, 3),
      delivery(b, 4, '3', 1),
      b.silence(QUEUE),
      b.leave(),
      consume(c),
      c.delivery('c', 1, '1', { redelivered: true }),
      c.delivery('c', 2, '3', { redelivered: true, headers: { 'x-delivery-count': 'l:2' } }),
      ack(c, 2, true),
      c.silence(QUEUE),
      c.leave(),
      a.holds(QUEUE, 0),
    ],
    'beside a stream of the same records, which keeps them': [
      topic(),
      confirms,
      queue({ 'x-source-offset': 'first' }),
      publish(1, '1'),
      consume(b, { noAck: true }),
      b.delivery('c', 1, '1'),
      a.holds(QUEUE, 0),
      prefetch(c, 5),
      c.ask('basic.consume', { queue: TOPIC, consumerTag: 's', arguments: { 'x-stream-offset': 'first' } }),
      c.delivery('s', 1, '1'),
    ],
    'begins at an offset': [
      topic(),
      confirms,
      publish(1, '0'),
      publish(2, '1'),
      publish(3, '2'),
      a.ask('queue.declare', declaration({ 'x-source-offset': 1 }), { messageCount: 2 }),
      a.send('basic.get', { queue: QUEUE, noAck: true }),
      a.got(1, '1', { exchange: TOPIC, messageCount: 1 }),
      a.send('basic.get', { queue: QUEUE, noAck: false }),
      a.got(2, '2', { messageCount: 0 }),
      a.send('basic.get', { queue: QUEUE, noAck: false }),
      a.hear('basic.get-empty'),
      back(a, 2),
      a.send('basic.get', { queue: QUEUE, noAck: true }),
      a.got(3, '2', { redelivered: true }),
    ],
    'dead letters are copies of records': [
      topic(),
      confirms,
      grave,
      queue({ ...quorum, ...buried, 'x-delivery-limit': 1 }),
      consume(b),
      publish(1, 'bad'),
      publish(2, 'worse'),
      delivery(b, 1, 'bad'),
      delivery(b, 2, 'worse'),
      b.send('basic.reject', { deliveryTag: 1, requeue: false }),
      back(b, 2),
      delivery(b, 3, 'worse', 1),
      back(b, 3),
      a.holds(GRAVE, 2),
      a.send('basic.get', { queue: GRAVE, noAck: true }),
      a.got(1, 'bad', { headers: deaths({ queue: QUEUE, reason: 'rejected', exchange: TOPIC, keys: ['k'] }) }),
      a.send('basic.get', { queue: GRAVE, noAck: true }),
      a.got(2, 'worse', { headers: deaths({ queue: QUEUE, reason: 'delivery_limit', exchange: TOPIC, keys: ['k'] }) }),
      a.holds(QUEUE, 0),
    ],
    'returned, it rests for a while': [
      topic(),
      confirms,
      queue({ 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 100 }),
      consume(b),
      publish(1, '1'),
      publish(2, '2'),
      b.delivery('c', 1, '1'),
      b.delivery('c', 2, '2'),
      back(b, 1),
      b.silence(),
      b.delivery('c', 3, '1', { redelivered: true }),
    ],
    'the consumer of the highest priority comes first, or one alone is served': [
      topic(),
      confirms,
      queue({ 'x-single-active-consumer': true }),
      consume(b),
      prefetch(c, 1),
      consume(c, { arguments: { 'x-priority': 5 } }),
      publish(1, '1'),
      publish(2, '2'),
      b.delivery('c', 1, '1'),
      b.delivery('c', 2, '2'),
      ack(b, 1),
      b.ask('basic.cancel', { consumerTag: 'c' }),
      publish(3, '3'),
      c.delivery('c', 1, '3'),
    ],
    'partitions have their turns': [
      topic(TOPIC, 2),
      confirms,
      queue(),
      ...['0', '1', '2', '3'].map((body, i) =>
        all(p.publish('', `${TOPIC}-${i % 2}`, body), p.hear('basic.ack', { deliveryTag: i + 1 })),
      ),
      prefetch(b, 1),
      consume(b),
      ...['0', '1', '2', '3'].map((body, i) => all(b.delivery('c', i + 1, body), ack(b, i + 1))),
    ],
    'takes no messages of its own': [
      topic(),
      queue(),
      a.publish('', QUEUE, 'for nobody', { mandatory: true }),
      a.returned(312, 'NO_ROUTE', 'for nobody'),
      a.send('queue.bind', { queue: QUEUE, exchange: 'amq.direct', routingKey: 'k' }),
      a.refused(406, /takes no messages of its own: it stands over topic 'source-topic.t'$/),
      a.send('queue.bind', { queue: QUEUE, exchange: TOPIC, routingKey: '#' }),
      a.refused(406, /takes no messages of its own/),
      a.holds(QUEUE, 0),
    ],
    'purged and deleted, the topic stays': [
      topic(),
      confirms,
      queue(),
      publish(1, '1'),
      publish(2, '2'),
      a.ask('queue.purge', { queue: QUEUE }, { messageCount: 2 }),
      a.holds(QUEUE, 0),
      publish(3, '3'),
      a.ask('queue.delete', { queue: QUEUE }, { messageCount: 1 }),
      a.ask('queue.declare', declaration({ 'x-source-offset': 'first' }), { messageCount: 3 }),
    ],
    'its topic is deleted, and made anew': [
      topic(),
      confirms,
      queue(),
      prefetch(b, 2),
      consume(b),
      publish(1, '1'),
      publish(2, '2'),
      publish(3, '3'),
      b.delivery('c', 1, '1'),
      b.delivery('c', 2, '2'),
      a.ask('exchange.delete', { exchange: TOPIC }),
      back(b, 2),
      b.delivery('c', 3, '2', { redelivered: true }),
      topic(),
      publish(4, 'anew'),
      ack(b, 3, true),
      b.delivery('c', 4, 'anew'),
      a.holds(QUEUE, 0),
    ],
    'what makes no sense is refused': [
      a.send('queue.declare', declaration()),
      a.refused(404, `no topic '${TOPIC}' in vhost '/'`),
      topic(),
      refusedQueue({}, `invalid property 'non-durable' for queue '${QUEUE}' in vhost '/'`, { durable: false }),
      refusedQueue({}, `invalid property 'exclusive-owner' for queue '${QUEUE}' in vhost '/'`, { exclusive: true }),
      refusedQueue({}, `invalid property 'auto-delete' for queue '${QUEUE}' in vhost '/'`, { autoDelete: true }),
      ...Object.entries({
        'x-max-length': 5,
        'x-max-length-bytes': 5,
        'x-overflow': 'reject-publish',
        'x-message-ttl': 5,
        'x-max-priority': 5,
        'x-message-deduplication': true,
      }).map(([name, value]) =>
        refusedQueue(
          { [name]: value },
          `invalid arg '${name}' for queue '${QUEUE}' in vhost '/': a queue over a topic has what the topic keeps`,
        ),
      ),
      refusedQueue(
        { 'x-queue-type': 'stream' },
        `invalid arg 'x-source-topic' for queue '${QUEUE}' in vhost '/' of queue`,
      ),
      refusedQueue({ 'x-source-topic': 5 }, `invalid arg 'x-source-topic'.*unacceptable_type`),
      refusedQueue({ 'x-source-offset': 'soon' }, `invalid arg 'x-source-offset'.*invalid_stream_offset_arg`),
      refusedQueue({ 'x-hold-retention': 1 }, `invalid arg 'x-hold-retention'.*unacceptable_type`),
      a.send('queue.declare', { queue: QUEUE, durable: true, arguments: { 'x-hold-retention': true } }),
      a.refused(406, /invalid arg 'x-hold-retention'.*no_source_topic_defined/),
      queue({ 'x-source-offset': 'first' }),
      queue({ 'x-source-offset': 'first' }),
      refusedQueue({ 'x-source-offset': 'last' }, `inequivalent arg 'x-source-offset'`),
      a.send('queue.declare', { queue: QUEUE, durable: true }),
      a.refused(406, /inequivalent arg 'x-source-topic'/),
      topic('source-topic.wide', 2),
      a.send('queue.declare', {
        queue: 'source-topic.other',
        durable: true,
        arguments: { 'x-source-topic': 'source-topic.wide', 'x-source-offset': 5 },
      }),
      a.refused(406, /topic 'source-topic.wide' has 2 partitions, and an offset is one of one partition/),
    ],
    'who declares it must be allowed to read the topic': [
      topic(),
      login('own', { user: 'own' }),
      own.send('queue.declare', { queue: 'own.q', durable: true, arguments: { 'x-source-topic': TOPIC } }),
      own.refused(403, `read access to exchange '${TOPIC}' in vhost '/' refused for user 'own'`),
      topic('own.t'),
      own.ask('queue.declare', { queue: 'own.q', durable: true, arguments: { 'x-source-topic': 'own.t' } }),
    ],
  })
}
