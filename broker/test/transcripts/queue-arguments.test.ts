// The arguments of queue.declare and basic.consume: what RabbitMQ refuses, with its texts.

import { typed } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, differs, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const LATER = 'RabbitMQ 3.10 does not check arguments that later versions gave a meaning, nor x-delivery-limit'
const q = { queue: 'arguments.q', durable: true }

const QUEUE = "queue 'arguments.q' in vhost '/'"

type Row = readonly [args: Record<string, unknown>, text: string]

const refused: readonly Row[] = [
  [{ 'x-expires': 0 }, "invalid arg 'x-expires' for QUEUE: {value_zero,0}"],
  [{ 'x-expires': -1 }, "invalid arg 'x-expires' for QUEUE: {value_negative,-1}"],
  [{ 'x-expires': 'soon' }, `invalid arg 'x-expires' for QUEUE: "expected integer, got longstr"`],
  [{ 'x-message-ttl': -1 }, "invalid arg 'x-message-ttl' for QUEUE: {value_negative,-1}"],
  [{ 'x-message-ttl': 2 ** 40 }, "invalid arg 'x-message-ttl' for QUEUE: {value_too_large,1099511627776}"],
  [{ 'x-message-ttl': 1.5 }, `invalid arg 'x-message-ttl' for QUEUE: "expected integer, got double"`],
  [{ 'x-message-ttl': typed('f', 2) }, `invalid arg 'x-message-ttl' for QUEUE: "expected integer, got float"`],
  [{ 'x-message-ttl': typed('T', 2) }, `invalid arg 'x-message-ttl' for QUEUE: "expected integer, got timestamp"`],
  [{ 'x-message-ttl': null }, `invalid arg 'x-message-ttl' for QUEUE: "expected integer, got void"`],
  [{ 'x-message-ttl': [] }, `invalid arg 'x-message-ttl' for QUEUE: "expected integer, got array"`],
  [{ 'x-message-ttl': {} }, `invalid arg 'x-message-ttl' for QUEUE: "expected integer, got table"`],
  [{ 'x-dead-letter-exchange': 5 }, "invalid type 'signedint' for arg 'x-dead-letter-exchange' in QUEUE"],
  [
    { 'x-dead-letter-routing-key': 'k' },
    "invalid arg 'x-dead-letter-routing-key' for QUEUE: routing_key_but_no_dlx_defined",
  ],
  [
    { 'x-dead-letter-routing-key': 5 },
    "invalid arg 'x-dead-letter-routing-key' for QUEUE: {unacceptable_type,signedint}",
  ],
  [{ 'x-max-length': -1 }, "invalid arg 'x-max-length' for QUEUE: {value_negative,-1}"],
  [{ 'x-max-length-bytes': true }, `invalid arg 'x-max-length-bytes' for QUEUE: "expected integer, got bool"`],
  [{ 'x-max-priority': 256 }, "invalid arg 'x-max-priority' for QUEUE: {max_value_exceeded,256}"],
  [{ 'x-max-priority': -1 }, "invalid arg 'x-max-priority' for QUEUE: {value_negative,-1}"],
  [{ 'x-overflow': 'drop-tail' }, "invalid arg 'x-overflow' for QUEUE: invalid_overflow"],
  [{ 'x-overflow': 5 }, "invalid arg 'x-overflow' for QUEUE: {unacceptable_type,signedint}"],
  [
    { 'x-single-active-consumer': 'yes' },
    "invalid arg 'x-single-active-consumer' for QUEUE: {unacceptable_type,longstr}",
  ],
  [{ 'x-queue-mode': 'busy' }, `invalid arg 'x-queue-mode' for QUEUE: "unsupported queue mode 'busy'"`],
  [{ 'x-queue-mode': {} }, "invalid arg 'x-queue-mode' for QUEUE: {unacceptable_type,table}"],
  [{ 'x-queue-version': 3 }, `invalid arg 'x-queue-version' for QUEUE: "unsupported queue version '3'"`],
  [{ 'x-queue-type': 'telepathic' }, `invalid arg 'x-queue-type' for QUEUE: "unsupported queue type 'telepathic'"`],
  [{ 'x-queue-type': 5 }, "invalid arg 'x-queue-type' for QUEUE: {unacceptable_type,signedint}"],
  [{ 'x-max-age': '1D' }, "invalid arg 'x-max-age' for QUEUE of queue type rabbit_classic_queue"],
  [
    { 'x-quorum-initial-group-size': 3 },
    "invalid arg 'x-quorum-initial-group-size' for QUEUE of queue type rabbit_classic_queue",
  ],
]

/** RabbitMQ 3.10 does not look at these. */
const refusedHere: readonly Row[] = [
  [{ 'x-consumer-timeout': -1 }, "invalid arg 'x-consumer-timeout' for QUEUE: {value_negative,-1}"],
  [{ 'x-delayed-retry-type': 'never' }, "invalid arg 'x-delayed-retry-type' for QUEUE: invalid_delayed_retry_type"],
  [{ 'x-delayed-retry-min': 0 }, "invalid arg 'x-delayed-retry-min' for QUEUE: {value_zero,0}"],
  [{ 'x-delayed-retry-max': 'long' }, `invalid arg 'x-delayed-retry-max' for QUEUE: "expected integer, got longstr"`],
  [
    { 'x-delayed-retry-backoff': 'cubic' },
    "invalid arg 'x-delayed-retry-backoff' for QUEUE: invalid_delayed_retry_backoff",
  ],
  [{ 'x-ordered-by-key': 'yes' }, "invalid arg 'x-ordered-by-key' for QUEUE: {unacceptable_type,longstr}"],
  [{ 'x-dispatch': 'any' }, "invalid arg 'x-dispatch' for QUEUE: invalid_dispatch"],
  [{ 'x-message-deduplication': 1 }, "invalid arg 'x-message-deduplication' for QUEUE: {unacceptable_type,signedint}"],
  [{ 'x-queue-leader-locator': 'here' }, "invalid arg 'x-queue-leader-locator' for QUEUE: invalid_queue_locator_arg"],
  [{ 'x-delivery-limit': 'few' }, `invalid arg 'x-delivery-limit' for QUEUE: "expected integer, got longstr"`],
]

const declare = ([args, text]: Row): Step =>
  all(a.send('queue.declare', { ...q, arguments: args as never }), a.refused(406, text.replace('QUEUE', QUEUE)))

const title = ([args]: Row): string =>
  Object.entries(args)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join()

dialogues({
  ...Object.fromEntries(refused.map((row) => [title(row), [declare(row)]])),
  ...Object.fromEntries(
    refusedHere.map((row) => [title(row), [differs(LATER, { signalbox: [declare(row)], rabbit: [] })]]),
  ),
  'a dead-letter routing key longer than any routing key': [
    differs('RabbitMQ takes dead-letter routing keys that are longer than a routing key can be', {
      signalbox: [
        declare([
          { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'k'.repeat(256) },
          "invalid arg 'x-dead-letter-routing-key' for QUEUE: {value_too_long,256}",
        ]),
      ],
      rabbit: [],
    }),
  ],
  'a prefix for names made by the broker': [
    differs(LATER, {
      signalbox: [
        a.send('queue.declare', { queue: '', exclusive: true, arguments: { 'x-name-prefix': 'p'.repeat(65) } }),
        a.refused(406, `Queue name prefix '${'p'.repeat(65)}' exceeds the 64-byte limit`),
      ],
      rabbit: [],
    }),
  ],
  'arguments that differ': [
    a.ask('queue.declare', {
      ...q,
      arguments: { 'x-queue-mode': 'lazy', 'x-message-ttl': 60_000, 'x-mine': 1, toString: 1 },
    }),
    a.ask('queue.declare', {
      ...q,
      arguments: {
        'x-mine': 2,
        'x-message-ttl': typed('l', 60_000),
        'x-queue-mode': 'lazy',
        'x-queue-type': 'classic',
      },
    }),
    redeclared({ 'x-message-ttl': 60_000, 'x-queue-mode': 'default' }, "'x-queue-mode'", "'default'", "'lazy'"),
    redeclared({ 'x-message-ttl': 60_000 }, "'x-queue-mode'", 'none', "the value 'lazy' of type 'longstr'"),
    redeclared({ 'x-message-ttl': 60_001, 'x-queue-mode': 'lazy' }, "'x-message-ttl'", "'60001'", "'60000'"),
    redeclared({ 'x-message-ttl': '60000', 'x-queue-mode': 'lazy' }, "'x-message-ttl'", "'60000'", "'60000'"),
    redeclared({ 'x-queue-mode': 'lazy' }, "'x-message-ttl'", 'none', "the value '60000' of type 'signedint'"),
    redeclared(
      { 'x-queue-mode': 'lazy', 'x-message-ttl': 60_000, 'x-single-active-consumer': true },
      "'x-single-active-consumer'",
      "the value 'true' of type 'bool'",
      'none',
    ),
    a.ask('queue.declare', { ...q, passive: true }),
  ],
  'another type': [
    a.ask('queue.declare', q),
    a.send('queue.declare', { ...q, arguments: { 'x-queue-type': 'quorum' } }),
    differs('RabbitMQ 3.10 compares the type of a queue that names none with none', {
      signalbox: [
        a.refused(406, `inequivalent arg 'x-queue-type' for ${QUEUE}: received 'quorum' but current is 'classic'`),
      ],
      rabbit: [
        a.refused(
          406,
          `inequivalent arg 'x-queue-type' for ${QUEUE}: received the value 'quorum' of type 'longstr' but current is none`,
        ),
      ],
    }),
  ],
  'what a quorum queue is': [
    quorum({ autoDelete: true }, "invalid property 'auto-delete' for QUEUE"),
    quorum({ exclusive: true }, "invalid property 'exclusive-owner' for QUEUE"),
    quorum({ durable: false }, "invalid property 'non-durable' for QUEUE"),
    quorum({ queue: '' }, 'Cannot declare a server-named queue for type rabbit_quorum_queue'),
  ],
  'arguments of a quorum queue': [
    ...[
      ['x-max-priority', 5],
      ['x-queue-mode', 'lazy'],
      ['x-queue-version', 2],
      ['x-queue-master-locator', 'min-masters'],
      ['x-max-age', '1D'],
    ].map(([name, value]) =>
      quorum({ arguments: { [name!]: value } }, `invalid arg '${name}' for QUEUE of queue type rabbit_quorum_queue`),
    ),
    quorum(
      { arguments: { 'x-dead-letter-strategy': 'twice' } },
      "invalid arg 'x-dead-letter-strategy' for QUEUE: invalid_dlx_strategy",
    ),
    quorum(
      { arguments: { 'x-quorum-initial-group-size': 0 } },
      "invalid arg 'x-quorum-initial-group-size' for QUEUE: {value_zero,0}",
    ),
    a.ask('queue.declare', {
      ...q,
      arguments: {
        'x-queue-type': 'quorum',
        'x-quorum-initial-group-size': 1,
        'x-dead-letter-strategy': 'at-least-once',
        'x-delivery-limit': -1,
        'x-overflow': 'reject-publish-dlx',
        'x-max-in-memory-length': 0,
        'x-mine': 'anything',
      },
    }),
  ],
  'arguments of a consumer': [
    a.ask('queue.declare', q),
    a.send('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { 'x-priority': 'high' } }),
    a.refused(406, `invalid arg 'x-priority' for ${QUEUE}: "expected integer, got longstr"`),
    a.send('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { 'x-stream-offset': 'first' } }),
    a.refused(406, `invalid arg 'x-stream-offset' for ${QUEUE} of queue type rabbit_classic_queue`),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { 'x-priority': -5, 'x-mine': 1 } }),
  ],
})

function redeclared(args: Record<string, unknown>, name: string, received: string, current: string): Step {
  return all(
    a.send('queue.declare', { ...q, arguments: args as never }),
    a.refused(406, `inequivalent arg ${name} for ${QUEUE}: received ${received} but current is ${current}`),
  )
}

function quorum(declared: { arguments?: object } & Record<string, unknown>, text: string): Step {
  const args = { 'x-queue-type': 'quorum', ...declared.arguments }
  return all(
    a.send('queue.declare', { ...q, ...declared, arguments: args as never }),
    a.refused(406, text.replace('QUEUE', QUEUE)),
  )
}
