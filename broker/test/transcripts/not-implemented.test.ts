// What RabbitMQ gives a meaning that Signalbox does not have yet is refused by name: to ignore one silently would lose
// somebody's messages. Here they all are; a new one in the broker's lists without a line here fails the last test.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUEUE_ARGUMENTS_MISSING } from '../../src/broker/arguments.ts'
import type { FieldTable } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, differs, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)

const queueArguments: FieldTable = {
  'x-message-deduplication': true,
}

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
  'x-queue-type: stream is refused': [
    differs('Signalbox refuses with 540 what has a meaning for RabbitMQ that it does not have yet', {
      signalbox: [
        a.send('queue.declare', { ...q, arguments: { 'x-queue-type': 'stream' } }),
        a.expelled(
          540,
          "argument 'x-queue-type' = 'stream' of queue 'missing.q' in vhost '/' is not implemented; classic and quorum are",
        ),
      ],
      rabbit: [],
    }),
    gone,
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

test('every argument that the broker refuses is in the tables above', () => {
  assert.deepEqual(Object.keys(queueArguments).sort(), [...QUEUE_ARGUMENTS_MISSING].sort())
})
