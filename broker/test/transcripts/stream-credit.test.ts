// What RabbitMQ counts by chunks of messages, or has not: credit, filters, names that remember. Signalbox alone.

import { all, dialogues, differs, pause, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const p = new Speaker('p', 1)

const name = 'stream-credit.q'
const QUEUE = `queue '${name}' in vhost '/'`

const qos = (who: Speaker, prefetchCount: number) => who.ask('basic.qos', { prefetchSize: 0, prefetchCount })
const consume = (who: Speaker, consumerTag: string, args = {}) =>
  who.ask('basic.consume', { queue: name, consumerTag, arguments: { 'x-stream-offset': 'first', ...args } })
const say = (sequence: number, body: string, headers = {}): Step =>
  all(p.publish('', name, body, { headers }), p.hear('basic.ack', { deliveryTag: sequence }))
const declare = all(
  p.ask('queue.declare', { queue: name, durable: true, arguments: { 'x-queue-type': 'stream' } }),
  p.ask('confirm.select', {}),
)
const five = all(declare, ...['0', '1', '2', '3', '4'].map((body, at) => say(at + 1, body)))
const ack = (who: Speaker, deliveryTag: number, multiple = false) => who.send('basic.ack', { deliveryTag, multiple })
const nothing = (who: Speaker) => all(pause(50), who.silence())

const only = (reason: string, ...signalbox: Step[]) => [differs(reason, { signalbox, rabbit: [] })]
const CREDIT = 'The prefetch of a stream consumer counts messages'
const FILTER = "A stream's filter is exact"
const NAMED = '`x-stream-consumer`: the broker keeps how far a consumer of a stream came'

dialogues({
  'the prefetch is never passed, and each ack gives credit': only(
    CREDIT,
    five,
    qos(a, 2),
    consume(a, 'c'),
    a.delivery('c', 1, '0'),
    a.delivery('c', 2, '1'),
    nothing(a),
    ack(a, 2),
    a.delivery('c', 3, '2'),
    nothing(a),
    ack(a, 3, true),
    a.delivery('c', 4, '3'),
    a.delivery('c', 5, '4'),
    nothing(a),
  ),
  'nack and reject give credit too, and nothing comes back': only(
    CREDIT,
    five,
    qos(a, 1),
    consume(a, 'c'),
    a.delivery('c', 1, '0'),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.delivery('c', 2, '1'),
    a.send('basic.nack', { deliveryTag: 2, requeue: false }),
    a.delivery('c', 3, '2'),
    a.send('basic.reject', { deliveryTag: 3, requeue: true }),
    a.delivery('c', 4, '3'),
    a.ask('basic.recover', { requeue: true }),
    a.delivery('c', 5, '4'),
  ),
  'acks in a transaction count when it is committed': only(
    CREDIT,
    five,
    qos(a, 1),
    a.ask('tx.select', {}),
    consume(a, 'c'),
    a.delivery('c', 1, '0'),
    ack(a, 1),
    nothing(a),
    a.send('tx.commit', {}),
    a.hear('tx.commit-ok'),
    a.delivery('c', 2, '1'),
  ),
  'a filter lets through what it names': only(
    FILTER,
    declare,
    say(1, 'red', { 'x-stream-filter-value': 'red' }),
    say(2, 'none'),
    say(3, 'green', { 'x-stream-filter-value': 'green' }),
    say(4, 'blue', { 'x-stream-filter-value': 'blue' }),
    qos(a, 10),
    consume(a, 'one', { 'x-stream-filter': 'green' }),
    a.delivery('one', 1, 'green', { headers: { 'x-stream-offset': 'l:2', 'x-stream-filter-value': 'green' } }),
    consume(a, 'two', { 'x-stream-filter': ['red', 'blue'], 'x-stream-match-unfiltered': true }),
    a.delivery('two', 2, 'red'),
    a.delivery('two', 3, 'none'),
    a.delivery('two', 4, 'blue'),
    say(5, 'again', { 'x-stream-filter-value': 'green' }),
    a.delivery('one', 5, 'again'),
    nothing(a),
  ),
  'a filter that is none': only(
    FILTER,
    declare,
    qos(a, 1),
    a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-filter': 5 } }),
    a.refused(406, `invalid arg 'x-stream-filter' for ${QUEUE}: {unacceptable_type,signedint}`),
    qos(a, 1),
    a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-match-unfiltered': 'yes' } }),
    a.refused(406, `invalid arg 'x-stream-match-unfiltered' for ${QUEUE}: {unacceptable_type,longstr}`),
  ),
  'a named consumer goes on where it was': only(
    NAMED,
    five,
    qos(a, 3),
    consume(a, 'c', { 'x-stream-consumer': 'stream-credit.one' }),
    a.delivery('c', 1, '0'),
    a.delivery('c', 2, '1'),
    a.delivery('c', 3, '2'),
    ack(a, 1),
    ack(a, 3),
    a.delivery('c', 4, '3'),
    a.delivery('c', 5, '4'),
    a.hangUp(),
    qos(b, 10),
    consume(b, 'd', { 'x-stream-consumer': 'stream-credit.one' }),
    b.delivery('d', 1, '1'),
    b.delivery('d', 2, '2'),
    b.delivery('d', 3, '3'),
    b.delivery('d', 4, '4'),
  ),
  'the second of a name waits for the first': only(
    NAMED,
    five,
    qos(a, 2),
    qos(b, 2),
    consume(a, 'c', { 'x-stream-consumer': 'stream-credit.two' }),
    a.delivery('c', 1, '0'),
    a.delivery('c', 2, '1'),
    consume(b, 'd', { 'x-stream-consumer': 'stream-credit.two' }),
    consume(b, 'other', { 'x-stream-consumer': 'stream-credit.three', 'x-stream-offset': 4 }),
    b.delivery('other', 1, '4'),
    nothing(b),
    ack(a, 1),
    a.delivery('c', 3, '2'),
    a.ask('basic.cancel', { consumerTag: 'c' }),
    b.delivery('d', 2, '1'),
    b.delivery('d', 3, '2'),
    // Too late: it is another's now.
    ack(a, 2),
    ack(b, 3, true),
    b.delivery('d', 4, '3'),
    b.delivery('d', 5, '4'),
  ),
  'names that are none': only(
    NAMED,
    declare,
    qos(a, 1),
    a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-consumer': '' } }),
    a.refused(406, `invalid arg 'x-stream-consumer' for ${QUEUE}: the name of a consumer must not be empty`),
    qos(a, 1),
    a.send('basic.consume', { queue: name, consumerTag: 'c', arguments: { 'x-stream-consumer': 5 } }),
    a.refused(406, `invalid arg 'x-stream-consumer' for ${QUEUE}: {unacceptable_type,signedint}`),
  ),
})
