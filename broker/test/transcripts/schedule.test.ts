// Schedules: exchanges that publish by themselves. RabbitMQ has no such thing.

import { typed } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, Speaker, type Step } from './dialogue.ts'
import { broker } from './target.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const q = { queue: 'schedule.q', durable: true }
const x = {
  exchange: 'schedule.x',
  type: 'x-schedule',
  durable: true,
  arguments: {
    'x-every': 250,
    'x-routing-key': 'k',
    'x-payload': 'wake up',
    'x-properties': { content_type: 'text/plain', priority: 3, headers: { tenant: 'a', width: typed('I', 5) } },
  },
}
/** So long that no dialogue sees it tick. */
const rare = { ...x, arguments: { 'x-cron': '0 0 29 2 *', 'x-timezone': 'Europe/Berlin' } }
const bound = all(
  a.ask('queue.declare', q),
  a.ask('queue.bind', { queue: q.queue, exchange: x.exchange, routingKey: '' }),
)
const tick = {
  exchange: 'schedule.x',
  routingKey: 'k',
  properties: { contentType: 'text/plain', deliveryMode: 2, priority: 3 },
  headers: { tenant: 'a', width: 'l:5', 'x-schedule': 'schedule.x' },
}

const dialoguesOfSchedules: { [title: string]: readonly Step[] } = {
  'what is bound gets the message at each tick, however many declare it': [
    a.ask('exchange.declare', x),
    b.ask('exchange.declare', x),
    bound,
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 2 }),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c' }),
    a.delivery('c', 1, 'wake up', tick),
    a.delivery('c', 2, 'wake up', tick),
  ],
  'publishing to it runs it now, with the message of the publisher': [
    a.ask('exchange.declare', rare),
    bound,
    a.ask('confirm.select', {}),
    a.publish('schedule.x', 'any', 'by hand', { mandatory: true }),
    a.hear('basic.ack', { deliveryTag: 1 }),
    a.send('basic.get', { queue: q.queue, noAck: true }),
    a.got(1, 'by hand', { routingKey: 'any' }),
  ],
  'octets as payload': [
    a.ask('exchange.declare', {
      ...x,
      arguments: { 'x-every': 250, 'x-payload': typed('x', Buffer.from('wake up')) },
    }),
    bound,
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c' }),
    a.delivery('c', 1, 'wake up', { routingKey: '' }),
  ],
  'its arguments are checked': [
    a.send('exchange.declare', { ...x, arguments: {} }),
    a.refused(406, "Missing argument, an exchange of type 'x-schedule' needs 'x-cron' or 'x-every'"),
    a.send('exchange.declare', { ...x, arguments: { 'x-cron': '* * * * *', 'x-every': 1000 } }),
    a.refused(406, "Invalid argument, 'x-cron' and 'x-every' exclude each other"),
    a.send('exchange.declare', { ...x, arguments: { 'x-cron': '0 24 * * *' } }),
    a.refused(406, "Invalid argument, 'x-cron' has a bad hour: '24'"),
    a.send('exchange.declare', { ...x, arguments: { 'x-cron': '0 3 * * *', 'x-timezone': 'Nowhere/Land' } }),
    a.refused(406, "Invalid argument, 'x-timezone' is not known: 'Nowhere/Land'"),
    a.send('exchange.declare', { ...x, arguments: { 'x-every': 1000, 'x-payload': '.'.repeat(65_537) } }),
    a.refused(406, "Invalid argument, 'x-payload' has 65537 octets, more than 65536"),
    a.send('exchange.declare', {
      exchange: 'schedule.y',
      type: 'x-delayed-message',
      arguments: { 'x-delayed-type': 'x-schedule' },
    }),
    a.refused(406, "Invalid argument, 'x-schedule' can't be used for 'x-delayed-type'"),
  ],
  'declared again with other times or another message it takes these on, and nothing else': [
    a.ask('exchange.declare', rare),
    bound,
    b.ask('exchange.declare', rare),
    b.ask('exchange.declare', { ...rare, arguments: { ...rare.arguments, 'x-payload': 'other' } }),
    a.ask('exchange.declare', { ...rare, passive: true }),
    a.send('exchange.declare', { ...rare, durable: false }),
    a.refused(
      406,
      "inequivalent arg 'durable' for exchange 'schedule.x' in vhost '/': received 'false' but current is 'true'",
    ),
    a.send('exchange.declare', { ...rare, type: 'fanout' }),
    a.refused(
      406,
      "inequivalent arg 'type' for exchange 'schedule.x' in vhost '/': received 'fanout' but current is 'x-schedule'",
    ),
    a.send('exchange.declare', { ...rare, arguments: { 'x-cron': '0 0 30 2 *' } }),
    a.refused(406, "Invalid argument, 'x-cron' never comes: '0 0 30 2 *'"),
    b.ask('exchange.declare', x),
    a.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 }),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c' }),
    a.delivery('c', 1, 'wake up', tick),
  ],
}

dialogues(broker === 'signalbox' ? dialoguesOfSchedules : {})
