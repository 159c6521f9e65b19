// Exchanges that choose one destination: the shares they give, several keys, redeclaring (more in hash-exchanges.test.ts).

import assert from 'node:assert/strict'
import type { FieldTable } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, differs, Speaker, type Step } from './dialogue.ts'
import type { Publishing } from './speaker.ts'

const a = new Speaker('a', 1)

const types = ['x-consistent-hash', 'x-modulus-hash', 'x-random'] as const

const declared = (type: string, args: FieldTable = {}) =>
  a.ask('exchange.declare', { exchange: 'types.x', type, arguments: args })

const bound = (queue: string, ...keys: string[]) =>
  all(
    a.ask('queue.declare', { queue: `types.${queue}`, exclusive: true }),
    ...keys.map((routingKey) => a.ask('queue.bind', { queue: `types.${queue}`, exchange: 'types.x', routingKey })),
  )

/** Publishes `count` messages, waits until all are there, and looks at how many each queue has. */
function spread(count: number, publishing: (index: number) => Publishing, ...queues: [string, number, number][]): Step {
  return async (run) => {
    await a.ask('confirm.select', {})(run)
    const client = await run.client('a')
    for (let i = 0; i < count; i++) {
      await a.publish('types.x', `key.${i}`, `${i}`, publishing(i))(run)
      const { name } = await client.next(1)
      assert.equal(name, 'basic.ack')
    }
    let sum = 0
    for (const [queue, min, max] of queues) {
      client.send(1, 'queue.declare', { queue: `types.${queue}`, passive: true })
      const found = (await client.next(1)).args.messageCount as number
      assert.ok(found >= min && found <= max, `${queue} has ${found}, not ${min} to ${max}`)
      sum += found
    }
    assert.equal(sum, count)
  }
}

const plain = () => ({})

dialogues({
  ...Object.fromEntries(
    types.map((type) => [
      `${type}: one queue for each message, each queue its share`,
      [declared(type), bound('a', '1'), bound('b', '1'), spread(300, plain, ['a', 90, 210], ['b', 90, 210])],
    ]),
  ),
  ...Object.fromEntries(
    types.map((type) => [
      `${type}: several keys of a message choose one queue`,
      [
        declared(type),
        bound('a', '1'),
        bound('b', '1'),
        spread(60, () => ({ headers: { CC: ['1', '2', '3'] } }), ['a', 5, 55], ['b', 5, 55]),
      ],
    ]),
  ),
  ...Object.fromEntries(
    types.map((type) => [
      `${type}: nothing bound, nothing routed`,
      [
        declared(type),
        a.publish('types.x', 'k', 'back', { mandatory: true }),
        a.returned(312, 'NO_ROUTE', 'back'),
        bound('a', '1'),
        a.publish('types.x', 'k', 'there'),
        a.holds('types.a', 1),
        a.ask('queue.unbind', { queue: 'types.a', exchange: 'types.x', routingKey: '1' }),
        a.publish('types.x', 'k', 'back again', { mandatory: true }),
        a.returned(312, 'NO_ROUTE', 'back again'),
      ],
    ]),
  ),
  'x-consistent-hash: the binding key is a weight': [
    declared('x-consistent-hash'),
    bound('a', '1'),
    bound('b', '9'),
    spread(300, plain, ['a', 5, 75], ['b', 225, 295]),
  ],
  'x-consistent-hash: different headers go to different queues': [
    declared('x-consistent-hash', { 'hash-header': 'customer' }),
    bound('a', '10'),
    bound('b', '10'),
    spread(100, (i) => ({ headers: { customer: `c${i}` } }), ['a', 20, 80], ['b', 20, 80]),
  ],
  ...Object.fromEntries(
    (
      [
        ['message_id', 'messageId', (i: number) => `m${i}`],
        ['correlation_id', 'correlationId', (i: number) => `c${i}`],
        ['timestamp', 'timestamp', (i: number) => 1_700_000_000 + i],
      ] as const
    ).map(([property, field, value]) => [
      `x-consistent-hash: different ${property} is spread`,
      [
        declared('x-consistent-hash', { 'hash-property': property }),
        bound('a', '10'),
        bound('b', '10'),
        spread(100, (i) => ({ [field]: value(i) }), ['a', 20, 80], ['b', 20, 80]),
      ],
    ]),
  ),
  'x-consistent-hash: a redeclare must agree in what is hashed': [
    declared('x-consistent-hash', { 'hash-header': 'h' }),
    declared('x-consistent-hash', { 'hash-header': 'h', 'x-mine': 1 }),
    a.send('exchange.declare', {
      exchange: 'types.x',
      type: 'x-consistent-hash',
      arguments: { 'hash-header': 'other' },
    }),
    differs('RabbitMQ lets an exchange be declared again with other arguments of its type, and ignores them', {
      signalbox: [
        a.refused(
          406,
          "inequivalent arg 'hash-header' for exchange 'types.x' in vhost '/': received 'other' but current is 'h'",
        ),
      ],
      rabbit: [a.hear('exchange.declare-ok')],
    }),
  ],
  'x-modulus-hash: the same key goes to the same queue, and a queue bound twice has twice as much': [
    declared('x-modulus-hash'),
    bound('a', '', 'again'),
    bound('b', ''),
    spread(300, plain, ['a', 140, 260], ['b', 40, 160]),
    a.ask('queue.purge', { queue: 'types.a' }),
    a.ask('queue.purge', { queue: 'types.b' }),
    async (run) => {
      const client = await run.client('a')
      for (let i = 0; i < 10; i++) {
        await a.publish('types.x', 'same', '')(run)
        await client.next(1)
      }
      const counts: unknown[] = []
      for (const queue of ['types.a', 'types.b']) {
        client.send(1, 'queue.declare', { queue, passive: true })
        counts.push((await client.next(1)).args.messageCount)
      }
      assert.deepEqual(counts.sort(), [0, 10])
    },
  ],
  'x-random: a queue bound twice has twice as much': [
    declared('x-random'),
    bound('a', '', 'again'),
    bound('b', ''),
    spread(300, plain, ['a', 140, 260], ['b', 40, 160]),
  ],
  'x-local-random: one of its queues; no keys, no exchanges': [
    differs('RabbitMQ 3.10 has no x-local-random', {
      signalbox: [
        declared('x-local-random'),
        bound('a', ''),
        bound('b', ''),
        spread(300, plain, ['a', 90, 210], ['b', 90, 210]),
        a.send('queue.bind', { queue: 'types.a', exchange: 'types.x', routingKey: 'k' }),
        a.refused(406, 'Non-empty binding (routing) key not permitted'),
        a.send('exchange.bind', { destination: 'amq.fanout', source: 'types.x', routingKey: '' }),
        a.refused(406, 'Destination not found'),
      ],
      rabbit: [],
    }),
  ],
  'to exchanges too': [
    declared('x-consistent-hash'),
    a.ask('exchange.declare', { exchange: 'types.f', type: 'fanout' }),
    a.ask('exchange.bind', { destination: 'types.f', source: 'types.x', routingKey: '1' }),
    ...['a', 'b'].flatMap((queue) => [
      a.ask('queue.declare', { queue: `types.${queue}`, exclusive: true }),
      a.ask('queue.bind', { queue: `types.${queue}`, exchange: 'types.f', routingKey: '' }),
    ]),
    a.publish('types.x', 'k', 'to both'),
    a.holds('types.a', 1),
    a.holds('types.b', 1),
  ],
})
