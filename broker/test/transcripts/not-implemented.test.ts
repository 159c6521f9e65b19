// What RabbitMQ gives a meaning that Signalbox does not have yet is refused by name: to ignore one silently would lose
// somebody's messages. Here they all are; a new one in the broker's lists without a line here fails the last test.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CONSUME_ARGUMENTS_MISSING,
  EXCHANGE_TYPES_MISSING,
  QUEUE_ARGUMENTS_MISSING,
} from '../../src/broker/arguments.ts'
import type { FieldTable } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, differs, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)

const queueArguments: FieldTable = {
  'x-expires': 60_000,
  'x-message-ttl': 60_000,
  'x-dead-letter-exchange': 'amq.fanout',
  'x-dead-letter-strategy': 'at-most-once',
  'x-max-length': 10,
  'x-max-length-bytes': 10_000,
  'x-overflow': 'reject-publish',
  'x-max-priority': 5,
  'x-single-active-consumer': true,
  'x-delivery-limit': 5,
  'x-delayed-retry-type': 'all',
  'x-delayed-retry-min': 1000,
  'x-delayed-retry-max': 9000,
  'x-consumer-timeout': 60_000,
  'x-message-deduplication': true,
}

const consumeArguments: FieldTable = {
  'x-priority': 10,
  'x-consumer-timeout': 60_000,
}

const exchangeTypes = [
  'x-delayed-message',
  'x-consistent-hash',
  'x-modulus-hash',
  'x-random',
  'x-local-random',
  'x-recent-history',
  'x-message-deduplication',
]

const queueTypes = ['quorum', 'stream']

const q = { queue: 'missing.q', durable: true }
const gone = all(a.send('queue.declare', { ...q, passive: true }), a.refused(404, "no queue 'missing.q' in vhost '/'"))

/** Only Signalbox refuses: RabbitMQ has it, or lacks the plugin. */
function refusal(what: string, ...steps: readonly Step[]): Step {
  return differs('Signalbox refuses with 540 what has a meaning for RabbitMQ that it does not have yet', {
    signalbox: [...steps, a.expelled(540, `${what} is not implemented`)],
    rabbit: [],
  })
}

/** A dialogue for each, by its name. */
function each(
  names: readonly string[],
  lines: (name: string) => readonly Step[],
): { [title: string]: readonly Step[] } {
  return Object.fromEntries(names.map((name) => [`${name} is refused`, lines(name)]))
}

dialogues({
  ...each(Object.keys(queueArguments), (name) => [
    refusal(
      `argument '${name}' of queue 'missing.q' in vhost '/'`,
      a.send('queue.declare', { ...q, arguments: { [name]: queueArguments[name] } }),
    ),
    gone,
  ]),
  ...each(queueTypes, (type) => [
    differs('Signalbox refuses with 540 what has a meaning for RabbitMQ that it does not have yet', {
      signalbox: [
        a.send('queue.declare', { ...q, arguments: { 'x-queue-type': type } }),
        a.expelled(
          540,
          `argument 'x-queue-type' = '${type}' of queue 'missing.q' in vhost '/' is not implemented; classic is`,
        ),
      ],
      rabbit: [],
    }),
    gone,
  ]),
  ...each(
    Object.keys(consumeArguments).map((name) => `consuming with ${name}`),
    (title) => {
      const name = title.slice('consuming with '.length)
      return [
        a.ask('queue.declare', q),
        refusal(
          `argument '${name}' of consumer of queue 'missing.q' in vhost '/'`,
          a.send('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { [name]: consumeArguments[name] } }),
        ),
        a.ask('queue.declare', { ...q, passive: true }, { consumerCount: 0 }),
      ]
    },
  ),
  ...each(exchangeTypes, (type) => [
    refusal(`exchange type '${type}'`, a.send('exchange.declare', { exchange: 'missing.x', type })),
    a.send('exchange.declare', { exchange: 'missing.x', type: '', passive: true }),
    a.refused(404, "no exchange 'missing.x' in vhost '/'"),
  ]),
  'a message with an expiration is refused': [
    a.ask('queue.declare', q),
    refusal("property 'expiration' (message TTL)", a.publish('', q.queue, 'short-lived', { expiration: '60000' })),
    a.holds(q.queue, 0),
  ],
  'what changes nothing for the user is accepted': [
    a.ask('queue.declare', {
      ...q,
      arguments: { 'x-queue-type': 'classic', 'x-queue-mode': 'lazy', 'x-queue-version': 2, 'x-mine': 'anything' },
    }),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { 'x-mine': 1 } }),
    a.ask('exchange.declare', { exchange: 'missing.x', type: 'direct', arguments: { 'x-mine': 1 } }),
  ],
  'a queue type that nobody has is no legal request': [
    a.send('queue.declare', { ...q, arguments: { 'x-queue-type': 'telepathic' } }),
    a.refused(406, /^PRECONDITION_FAILED - .*x-queue-type/),
  ],
})

test('every argument and type that the broker refuses is in the tables above', () => {
  assert.deepEqual(Object.keys(queueArguments).sort(), [...QUEUE_ARGUMENTS_MISSING].sort())
  assert.deepEqual(Object.keys(consumeArguments).sort(), [...CONSUME_ARGUMENTS_MISSING].sort())
  assert.deepEqual([...exchangeTypes].sort(), [...EXCHANGE_TYPES_MISSING].sort())
})
