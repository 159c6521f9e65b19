// Publishing: returns, confirms, properties, refusals.

import assert from 'node:assert/strict'
import { typed } from '../../src/wire/amqp/field-table.ts'
import { dialogues, differs, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const connection = new Speaker('a', 0)

const q = { queue: 'publish.q', exclusive: true }
const listening = [
  a.ask('queue.declare', q),
  a.ask('basic.consume', { queue: 'publish.q', consumerTag: 'c', noAck: true }),
]
const everything = {
  contentType: 'application/json',
  contentEncoding: 'gzip',
  headers: { text: 'ž', int: 5, big: 2 ** 40, real: 1.5, yes: true, none: null, list: [1, [2]], when: typed('T', 7) },
  deliveryMode: 2,
  priority: 9,
  correlationId: 'correlated',
  replyTo: 'back.here',
  messageId: 'm-1',
  timestamp: 1700000000,
  type: 'a.type',
  userId: 'guest',
  appId: 'app',
  clusterId: 'cluster',
} as const

/** Hears confirms until each of the first `count` publishes has one, and none has two. */
function confirmed(count: number): Step {
  return async (run) => {
    const client = await run.client('a')
    const open = new Set(Array.from({ length: count }, (_, index) => index + 1))
    while (open.size > 0) {
      const { name, args } = await client.next(1)
      const tag = args.deliveryTag as number
      assert.equal(name, 'basic.ack')
      const covered = args.multiple ? [...open].filter((one) => one <= tag) : [tag]
      assert.ok(covered.length > 0, `${tag} confirms nothing new`)
      for (const one of covered) assert.ok(open.delete(one), `${one} was confirmed before`)
    }
  }
}

dialogues({
  'every property arrives as it was sent': [
    ...listening,
    a.publish('', 'publish.q', '{}', everything),
    a.delivery('c', 1, '{}', {
      exchange: '',
      routingKey: 'publish.q',
      properties: {
        ...everything,
        headers: Object.assign(Object.create(null), everything.headers),
      },
    }),
  ],
  'an empty body': [...listening, a.publish('', 'publish.q', ''), a.delivery('c', 1, '')],
  'a body over many frames': [
    ...listening,
    a.publish('', 'publish.q', 'x'.repeat(1_000_000)),
    a.delivery('c', 1, 'x'.repeat(1_000_000)),
  ],
  'what nothing routes is dropped': [...listening, a.publish('amq.direct', 'publish.nowhere', 'gone'), a.silence()],
  'mandatory: it comes back': [
    a.publish('amq.direct', 'publish.nowhere', 'back', { mandatory: true, messageId: 'm', headers: { a: 1 } }),
    a.returned(312, 'NO_ROUTE', 'back', {
      exchange: 'amq.direct',
      routingKey: 'publish.nowhere',
      properties: { messageId: 'm', headers: Object.assign(Object.create(null), { a: 1 }) },
    }),
    a.publish('', 'publish.nowhere', 'back too', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'back too', { exchange: '', routingKey: 'publish.nowhere' }),
  ],
  'mandatory and routed: it does not come back': [
    ...listening,
    a.publish('', 'publish.q', 'kept', { mandatory: true }),
    a.delivery('c', 1, 'kept'),
    a.silence(),
  ],
  'confirms count from one on each channel': [
    a.ask('confirm.select', {}),
    a.ask('confirm.select', {}),
    a.publish('', 'publish.nowhere', '1'),
    a.hear('basic.ack', { deliveryTag: 1, multiple: false }),
    a.publish('', 'publish.nowhere', '2'),
    a.hear('basic.ack', { deliveryTag: 2, multiple: false }),
    a.close(),
    a.ask('confirm.select', {}),
    a.publish('', 'publish.nowhere', '1 again'),
    a.hear('basic.ack', { deliveryTag: 1 }),
  ],
  'publishes before confirm.select are not counted': [
    a.publish('', 'publish.nowhere', 'uncounted'),
    a.ask('confirm.select', {}),
    a.publish('', 'publish.nowhere', 'first'),
    a.hear('basic.ack', { deliveryTag: 1 }),
  ],
  'a confirm for a queue, transient and persistent': [
    a.ask('queue.declare', { queue: 'publish.durable', durable: true }),
    a.ask('confirm.select', {}),
    a.publish('', 'publish.durable', 'transient'),
    a.hear('basic.ack', { deliveryTag: 1, multiple: false }),
    a.publish('', 'publish.durable', 'persistent', { deliveryMode: 2 }),
    a.hear('basic.ack', { deliveryTag: 2, multiple: false }),
    a.holds('publish.durable', 2),
  ],
  'many confirms cover each publish once, however they are grouped': [
    a.ask('queue.declare', { queue: 'publish.durable', durable: true }),
    a.ask('confirm.select', {}),
    ...Array.from({ length: 200 }, (_, index) =>
      a.publish('', 'publish.durable', `${index}`, { deliveryMode: 1 + (index % 2) }),
    ),
    confirmed(200),
    a.holds('publish.durable', 200),
  ],
  'a return comes before its confirm': [
    a.ask('confirm.select', {}),
    a.publish('', 'publish.nowhere', 'back', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'back'),
    a.hear('basic.ack', { deliveryTag: 1 }),
  ],
  'confirm.select without waiting': [
    a.send('confirm.select', { nowait: true }),
    a.publish('', 'publish.nowhere', '1'),
    a.hear('basic.ack', { deliveryTag: 1 }),
  ],
  'a missing exchange': [
    a.publish('publish.none', 'k', 'lost'),
    a.refused(404, "no exchange 'publish.none' in vhost '/'"),
  ],
  'a missing exchange, under confirms': [
    a.ask('confirm.select', {}),
    a.publish('publish.none', 'k', 'lost'),
    a.refused(404, "no exchange 'publish.none' in vhost '/'", 'basic.publish'),
  ],
  'immediate is not implemented': [
    a.publish('', 'publish.q', 'now', { immediate: true }),
    a.expelled(540, 'immediate=true'),
  ],
  'a user id that is not the login': [
    a.publish('', 'publish.q', 'me', { userId: 'somebody' }),
    a.refused(406, "user_id property set to 'somebody' but authenticated user was 'guest'"),
  ],
  'a message larger than 16 MiB': [
    a.ask('queue.declare', q),
    differs('RabbitMQ 3.10 takes messages up to 128 MiB, 4.x up to 16 MiB', {
      signalbox: [
        a.publish('', 'publish.q', 'x'.repeat(16 * 1024 * 1024 + 1)),
        a.refused(406, 'message size 16777217 is larger than configured max size 16777216'),
      ],
      rabbit: [],
    }),
    connection.leave(),
  ],
})
