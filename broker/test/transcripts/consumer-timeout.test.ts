// Consumer timeout: a delivery that nobody settles in time.

import { dialogues, differs, login, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const name = 'consumer-timeout.q'
const queue = (args = {}) => a.ask('queue.declare', { queue: name, durable: true, arguments: args })
const consume = (who: Speaker, args = {}) =>
  who.ask('basic.consume', { queue: name, consumerTag: 'slow', arguments: args })
const late = (ms: number) =>
  `delivery acknowledgement on channel 1 timed out. Timeout value used: ${ms} ms. This timeout value can be configured, see consumers doc guide to learn more`

const NODE = 'RabbitMQ 3.10 has one consumer timeout for all queues, and closes the channel'

dialogues({
  'the consumer is cancelled and loses what it held': [
    queue({ 'x-consumer-timeout': 200 }),
    a.publish('', name, '1'),
    consume(b),
    b.delivery('slow', 1, '1'),
    differs(NODE, {
      signalbox: [
        b.hear('basic.cancel', { consumerTag: 'slow' }),
        consume(a),
        a.delivery('slow', 1, '1', { redelivered: true }),
        a.send('basic.ack', { deliveryTag: 1 }),
        b.send('basic.ack', { deliveryTag: 1 }),
        b.silence(),
        a.silence(),
      ],
      rabbit: [b.refused(406, late(3000), 'nothing')],
    }),
  ],
  'a client that knows no cancels from the broker: its channel closes': [
    login('b', { capabilities: { consumer_cancel_notify: false } }),
    queue({ 'x-consumer-timeout': 200 }),
    a.publish('', name, '1'),
    consume(b),
    b.delivery('slow', 1, '1'),
    differs(NODE, {
      signalbox: [b.refused(406, late(200), 'nothing')],
      rabbit: [b.refused(406, late(3000), 'nothing')],
    }),
    a.holds(name, 1),
  ],
  'what basic.get took: its channel closes': [
    queue({ 'x-consumer-timeout': 200 }),
    a.publish('', name, '1'),
    a.holds(name, 1),
    b.send('basic.get', { queue: name }),
    b.got(1, '1'),
    differs(NODE, {
      signalbox: [b.refused(406, late(200), 'nothing')],
      rabbit: [b.refused(406, late(3000), 'nothing')],
    }),
    a.holds(name, 1),
  ],
  'the consumer may name a time of its own': [
    differs(NODE, {
      signalbox: [
        queue(),
        a.publish('', name, '1'),
        consume(b, { 'x-consumer-timeout': 200 }),
        b.delivery('slow', 1, '1'),
        b.hear('basic.cancel', { consumerTag: 'slow' }),
        a.holds(name, 1),
      ],
      rabbit: [],
    }),
  ],
})
