// Exchanges that hand each message to one of their bindings: by hash, by chance.

import assert from 'node:assert/strict'
import { all, dialogues, differs, pause, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)

const exchange = 'hash.x'
const queues = ['hash.1', 'hash.2', 'hash.3']
const declare = (type: string, args = {}) => a.ask('exchange.declare', { exchange, type, arguments: args })
const bound = (...keys: string[]) =>
  all(
    ...keys.flatMap((routingKey, index) => [
      a.ask('queue.declare', { queue: queues[index], exclusive: true }),
      a.ask('queue.bind', { queue: queues[index], exchange, routingKey }),
      a.ask('basic.consume', { queue: queues[index], consumerTag: queues[index], noAck: true }),
    ]),
  )

/** Publishes all, hears each once, and hands on who got what: body → queue. */
function spread(messages: readonly Step[], check: (queueOf: Map<string, string>) => void): Step {
  return async (run) => {
    for (const publish of messages) await publish(run)
    const client = await run.client('a')
    const queueOf = new Map<string, string>()
    for (const _ of messages) {
      const { args, body } = await client.next(1)
      queueOf.set(String(body), String(args.consumerTag))
    }
    await a.silence('hash.1')(run)
    check(queueOf)
  }
}

const times = (count: number) => Array.from({ length: count }, (_, index) => index)
const byKey = (count: number) => times(count).map((n) => a.publish(exchange, `key ${n}`, `${n}`))

/** How many each queue got. */
const counts = (queueOf: Map<string, string>) =>
  queues.map((queue) => [...queueOf.values()].filter((name) => name === queue).length)
const everyone = (queueOf: Map<string, string>) =>
  assert.ok(
    counts(queueOf).every((count) => count > 0),
    `${counts(queueOf)}`,
  )
/** Messages whose bodies begin alike went to one queue. */
const together = (queueOf: Map<string, string>) => {
  const queueOfGroup = new Map<string, string>()
  for (const [body, queue] of queueOf) {
    const [group] = body.split(' ')
    assert.equal(queueOfGroup.get(group) ?? queue, queue, `group ${group}`)
    queueOfGroup.set(group, queue)
  }
  assert.ok(new Set(queueOfGroup.values()).size > 1)
}

const UNKNOWN = 'RabbitMQ 3.10 closes the whole connection with 503 over an unknown exchange type'
const CRASH = 'RabbitMQ fails with 541 on arguments of hash exchanges that are of another type'

const refusal = (args: object, text: string) => [
  a.send('exchange.declare', { exchange, type: 'x-consistent-hash', arguments: { ...args } }),
  a.refused(406, text),
]
const weight = (routingKey: string, text: string) => [
  a.send('queue.bind', { queue: 'hash.1', exchange, routingKey }),
  a.refused(406, text),
]

dialogues({
  'x-consistent-hash: each message to one queue, by its routing key': [
    declare('x-consistent-hash'),
    bound('1', '1', '1'),
    spread(byKey(200), everyone),
  ],
  'x-consistent-hash: the same key to the same queue': [
    declare('x-consistent-hash'),
    bound('1', '1', '1'),
    spread(
      times(60).map((n) => a.publish(exchange, `key ${n % 20}`, `${n % 20} ${n}`)),
      together,
    ),
  ],
  'x-consistent-hash: a heavier queue gets more': [
    declare('x-consistent-hash'),
    bound('1', '20'),
    spread(byKey(200), (queueOf) => {
      const [light, heavy] = counts(queueOf)
      assert.ok(heavy > 2 * light, `${light} and ${heavy}`)
    }),
  ],
  'x-consistent-hash: by a header': [
    declare('x-consistent-hash', { 'hash-header': 'customer' }),
    bound('1', '1', '1'),
    spread(
      times(60).map((n) => a.publish(exchange, `${n}`, `${n % 20} ${n}`, { headers: { customer: `c${n % 20}` } })),
      together,
    ),
  ],
  ...Object.fromEntries(
    (['message_id', 'correlation_id', 'timestamp'] as const).map((property) => [
      `x-consistent-hash: by the property ${property}`,
      [
        declare('x-consistent-hash', { 'hash-property': property }),
        bound('1', '1', '1'),
        spread(
          times(60).map((n) =>
            a.publish(exchange, `${n}`, `${n % 20} ${n}`, {
              messageId: `m${n % 20}`,
              correlationId: `c${n % 20}`,
              timestamp: 1_700_000_000 + (n % 20),
            }),
          ),
          together,
        ),
      ],
    ]),
  ),
  'x-consistent-hash: what lacks the header or property goes to one queue all the same': [
    declare('x-consistent-hash', { 'hash-header': 'customer' }),
    bound('1', '1', '1'),
    spread(
      times(20).map((n) => a.publish(exchange, `${n}`, `${n}`)),
      (queueOf) => assert.equal(new Set(queueOf.values()).size, 1),
    ),
  ],
  'x-consistent-hash: a queue that goes leaves its share to the others': [
    declare('x-consistent-hash'),
    bound('1', '1', '1'),
    a.ask('queue.unbind', { queue: 'hash.3', exchange, routingKey: '1' }),
    spread(byKey(100), (queueOf) => {
      const [one, two, three] = counts(queueOf)
      assert.ok(one > 0 && two > 0 && three === 0, `${counts(queueOf)}`)
    }),
  ],
  'x-consistent-hash: without bindings it routes nowhere': [
    declare('x-consistent-hash'),
    a.publish(exchange, 'k', 'x', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'x'),
  ],
  'x-consistent-hash: arguments that make no sense': [
    ...refusal(
      { 'hash-header': 'h', 'hash-property': 'message_id' },
      'hash-header and hash-property are mutually exclusive',
    ),
    ...refusal({ 'hash-property': 'app_id' }, 'Unsupported property: app_id'),
    differs(CRASH, {
      signalbox: [
        a.send('exchange.declare', { exchange, type: 'x-consistent-hash', arguments: { 'hash-header': 5 } }),
        a.refused(406, /^PRECONDITION_FAILED - /),
        a.send('exchange.declare', { exchange, type: 'x-consistent-hash', arguments: { 'hash-property': 5 } }),
        a.refused(406, /^PRECONDITION_FAILED - /),
      ],
      rabbit: [],
    }),
  ],
  'x-consistent-hash: weights that are none': [
    declare('x-consistent-hash'),
    a.ask('queue.declare', { queue: 'hash.1', exclusive: true }),
    ...weight('0', 'The binding key must be greater than 0'),
    ...weight('-1', 'The binding key must be greater than 0'),
    ...weight('heavy', 'The binding key must be an integer: <<"heavy">>'),
    ...weight('1.5', 'The binding key must be an integer: <<"1.5">>'),
    ...weight('', 'The binding key must be an integer: <<>>'),
  ],
  'x-modulus-hash: each message to one queue, whatever the binding keys': [
    declare('x-modulus-hash'),
    bound('', 'any', '7'),
    spread(byKey(200), everyone),
  ],
  'x-modulus-hash: the same key to the same queue': [
    declare('x-modulus-hash'),
    bound('', '', ''),
    spread(
      times(60).map((n) => a.publish(exchange, `key ${n % 20}`, `${n % 20} ${n}`)),
      together,
    ),
  ],
  'x-random: each message to one queue by chance': [
    declare('x-random'),
    bound('', '', ''),
    spread(
      times(200).map((n) => a.publish(exchange, 'k', `${n}`)),
      everyone,
    ),
  ],
  'x-random: without bindings it routes nowhere': [
    declare('x-random'),
    a.publish(exchange, 'k', 'x', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'x'),
  ],
  'x-local-random: each message to one queue by chance': [
    differs(UNKNOWN, {
      signalbox: [
        declare('x-local-random'),
        bound('', '', ''),
        spread(
          times(200).map((n) => a.publish(exchange, '', `${n}`)),
          everyone,
        ),
      ],
      rabbit: [
        a.send('exchange.declare', { exchange, type: 'x-local-random' }),
        a.expelled(503, "unknown exchange type 'x-local-random'"),
      ],
    }),
  ],
  'behind a fanout exchange each type picks one queue': [
    a.ask('exchange.declare', { exchange: 'hash.front', type: 'fanout' }),
    declare('x-random'),
    a.ask('exchange.bind', { destination: exchange, source: 'hash.front', routingKey: '' }),
    bound('', '', ''),
    spread(
      times(50).map((n) => a.publish('hash.front', 'k', `${n}`)),
      () => {},
    ),
    pause(20),
  ],
})
