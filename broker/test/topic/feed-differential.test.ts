/**
 * The same messages on three ways into the same queues: published to an exchange; published to a topic that the queues
 * are bound to; appended to such a topic as a Kafka producer does. Consumers cannot tell which way it was.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { names } from '../../src/broker/dead-letters.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { MessageRecords } from '../../src/broker/topic/message-record.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { MessageDraft } from '../../src/record/message.ts'
import { encodeProperties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import type { Peer } from '../amqp/peer.ts'
import { World } from '../amqp/session-harness.ts'

const SEEDS = Number(process.env.SEEDS ?? 6)
const WAYS = ['exchange', 'topic', 'kafka'] as const
type Way = (typeof WAYS)[number]

interface Message {
  readonly key: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** Null: as a Kafka record without any of AMQP's own. */
  readonly properties: PropertiesInput | null
}

/** What is bound how: by topic, or by headers. */
const QUEUES: readonly (readonly [name: string, key: string, args: Headers, queueArgs: Headers])[] = [
  ['all', '#', {}, {}],
  ['pattern', 'a.*', {}, {}],
  ['exact', 'a.b', {}, {}],
  ['any', '', { 'x-match': 'any', colour: 'red', size: 'L' }, {}],
  ['both', '', { 'x-match': 'all', colour: 'red', size: 'L' }, {}],
  ['quorum', 'a.#', {}, { 'x-queue-type': 'quorum' }],
  ['ranked', '#', {}, { 'x-max-priority': 3 }],
  ['small', '#', {}, { 'x-max-length': 5, 'x-overflow': 'reject-publish' }],
  [
    'light',
    '#',
    {},
    { 'x-max-length-bytes': 5000, 'x-overflow': 'reject-publish-dlx', 'x-dead-letter-exchange': 'dead' },
  ],
  ['last', 'c', {}, { 'x-max-length': 3 }],
  ['brief', '#', {}, { 'x-message-ttl': 250, 'x-dead-letter-exchange': 'dead' }],
]

test('queues cannot tell whether messages were published or appended', async () => {
  const reached = new Set<string>()
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = new SeededRandom(seed)
    const messages = Array.from({ length: 30 + random.below(60) }, () => randomMessage(random))
    const [published, ...others] = await Promise.all(WAYS.map((way) => delivered(way, messages, seed)))
    for (const [queue, deliveries] of published) if (deliveries.length > 0) reached.add(queue)
    for (const [i, other] of others.entries()) {
      for (const [queue, deliveries] of published) {
        assert.deepEqual(other.get(queue), deliveries, `seed ${seed}, queue ${queue}, by ${WAYS[i + 1]}`)
      }
    }
  }
  assert.equal(reached.size, QUEUES.length + 1)
})

function randomMessage(random: SeededRandom): Message {
  const headers: Record<string, string> = {}
  if (random.chance(1, 2)) headers.colour = random.pick(['red', 'blue'])
  if (random.chance(1, 2)) headers.size = random.pick(['L', 'M'])
  const body = Buffer.alloc(random.pick([0, 1, 20, 20, 900, 40_000]), `${random.below(1000)}/`)
  const key = random.pick(['', 'a', 'a.b', 'a.c', 'c', 'a.b.c'])
  if (random.chance(1, 2)) return { key, body, headers, properties: null }
  const properties: PropertiesInput = { headers: { ...headers, n: random.below(1 << 20), deep: { list: [true, 'x'] } } }
  if (random.chance(1, 2)) properties.deliveryMode = random.pick([1, 2])
  if (random.chance(1, 2)) properties.priority = random.below(6)
  if (random.chance(1, 3)) properties.expiration = String(random.below(600))
  if (random.chance(1, 3)) properties.contentType = 'application/json'
  if (random.chance(1, 3)) properties.timestamp = 1_700_000_000 + random.below(1000)
  return { key, body, headers, properties }
}

/** By queue what its consumer gets. */
async function delivered(way: Way, messages: readonly Message[], seed: number): Promise<Map<string, unknown[]>> {
  const world = await World.open()
  const peer = await world.connect()
  await declare(peer, way)
  const random = new SeededRandom(seed + 1000)
  for (let at = 0; at < messages.length; ) {
    const some = messages.slice(at, at + 1 + random.below(10))
    at += some.length
    if (way === 'kafka') append(world, some)
    else for (const one of some) peer.publish(one.key, one.body, { exchange: 'in', properties: propertiesOf(one) })
    await world.settle()
    await world.pass(10)
  }
  await world.pass(200)
  const found = new Map<string, unknown[]>()
  for (const name of [...QUEUES.map(([queue]) => queue), 'dead']) found.set(name, await drain(world, peer, name))
  return found
}

async function declare(peer: Peer, way: Way): Promise<void> {
  const type = way === 'exchange' ? 'topic' : 'x-topic-log'
  await peer.ask(1, 'exchange.declare', { exchange: 'dead', type: 'fanout' })
  await peer.ask(1, 'queue.declare', { queue: 'dead', durable: true })
  await peer.ask(1, 'queue.bind', { queue: 'dead', exchange: 'dead', routingKey: '' })
  const args = way === 'exchange' ? {} : { 'x-partitions': 1 }
  await peer.ask(1, 'exchange.declare', { exchange: 'in', type, durable: true, arguments: args })
  if (way === 'exchange') {
    await peer.ask(1, 'exchange.declare', { exchange: 'by-headers', type: 'headers', durable: true })
    await peer.ask(1, 'exchange.bind', { destination: 'by-headers', source: 'in', routingKey: '#' })
  }
  for (const [queue, routingKey, bindArgs, queueArgs] of QUEUES) {
    await peer.ask(1, 'queue.declare', { queue, durable: true, arguments: queueArgs as never })
    const exchange = way === 'exchange' && 'x-match' in bindArgs ? 'by-headers' : 'in'
    await peer.ask(1, 'queue.bind', { queue, exchange, routingKey, arguments: bindArgs as never })
  }
}

function propertiesOf({ properties, headers }: Message): PropertiesInput {
  if (properties !== null) return properties
  return Object.keys(headers).length === 0 ? { deliveryMode: 2 } : { deliveryMode: 2, headers }
}

/** One batch, as a producer sends it: what is only AMQP's in the form that the mapping has for it. */
function append(world: World, messages: readonly Message[]): void {
  const builder = new BatchBuilder()
  const records = new MessageRecords(propertyBlocks)
  const timestamp = world.clock.now()
  for (const [offset, message] of messages.entries()) {
    const { key, body, headers, properties } = message
    if (properties === null) {
      const own = Object.entries(headers).map(([name, text]) => ({ key: Buffer.from(name), value: Buffer.from(text) }))
      builder.append({ offset, timestamp, key: key === '' ? null : Buffer.from(key), value: [body], headers: own })
      continue
    }
    const draft = new MessageDraft()
    draft.names = names('in', key)
    draft.properties = encodeProperties(properties)
    draft.propertiesLen = draft.properties.length
    draft.body = body
    draft.bodyLen = body.length
    draft.arrival = timestamp
    records.append(builder, offset, draft, 'in')
  }
  const [partition] = world.broker.vhost('/').streams.topics.get('in')!.partitions
  assert.equal(partition.append(builder.finish({ leaderEpoch: 0 }), timestamp).error, null)
}

async function drain(world: World, peer: Peer, queue: string): Promise<unknown[]> {
  const all: unknown[] = []
  for (;;) {
    peer.send(1, 'basic.get', { queue, noAck: true })
    await world.settle()
    const { name, args, properties, body } = peer.taken()[0]
    if (name === 'basic.get-empty') return all
    const { routingKey, redelivered, exchange } = args as { routingKey: string; redelivered: boolean; exchange: string }
    all.push({ routingKey, redelivered, exchange, properties, body: Buffer.from(body!).toString() })
  }
}
