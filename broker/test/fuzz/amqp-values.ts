// Well-formed requests with hostile values: arguments of every type, headers of every type, messages that die of every
// reason with every past. Whatever it is, it is taken, or refused with 406 on its channel (540 for a stream); a message
// that was confirmed and died arrives, readable, with one more death; and what was taken is there after a restart.
// usage: node broker/test/fuzz/amqp-values.ts [seconds = 10] [seed]

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../src/index.ts'
import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { type FieldTable, type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'
import type { MethodInput, MethodName } from '../../src/wire/amqp/methods.ts'
import type { PropertiesInput } from '../../src/wire/amqp/properties.ts'
import { type Arrival, Client, inWords } from '../transcripts/client.ts'
import { startOk } from '../transcripts/run.ts'
import { anyDeaths, anyTable, anyValue, pick } from './hostile-values.ts'
import { generator } from './random.ts'

const seconds = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? Date.now() % 0x7fffffff)
const random = generator(seed)

const QUEUE_ARGUMENTS = [
  ...['x-queue-type', 'x-expires', 'x-message-ttl', 'x-dead-letter-exchange', 'x-dead-letter-routing-key'],
  ...['x-dead-letter-strategy', 'x-max-length', 'x-max-length-bytes', 'x-overflow', 'x-max-priority'],
  ...['x-single-active-consumer', 'x-delivery-limit', 'x-delayed-retry-type', 'x-delayed-retry-min'],
  ...['x-delayed-retry-max', 'x-delayed-retry-backoff', 'x-ordered-by-key', 'x-dispatch'],
  ...['x-consumer-timeout', 'x-message-deduplication', 'x-queue-mode', 'x-queue-version'],
  ...['x-queue-master-locator', 'x-queue-leader-locator', 'x-quorum-initial-group-size', 'x-member-placement-tag'],
  ...['x-max-age', 'x-name-prefix', 'x-mine', '__proto__', 'constructor', ''],
]
const EXCHANGE_ARGUMENTS = [
  ...['alternate-exchange', 'x-delayed-type', 'hash-header', 'hash-property', 'hash-on', 'x-recent-history-length'],
  ...['x-recent-history-no-store', 'x-cache-size', 'x-cache-ttl', 'x-cache-persistence', 'x-mine', '__proto__'],
  // No x-every: nothing is to be published but by this client.
  ...['x-cron', 'x-timezone', 'x-missed', 'x-payload', 'x-payload-encoding', 'x-properties', 'x-routing-key'],
]
const EXCHANGE_TYPES = [
  ...['direct', 'fanout', 'topic', 'headers', 'x-delayed-message', 'x-consistent-hash', 'x-modulus-hash', 'x-random'],
  ...['x-local-random', 'x-recent-history', 'x-message-deduplication', 'x-schedule', 'telepathic', '', 'constructor'],
]
const CONSUMER_ARGUMENTS = ['x-priority', 'x-consumer-timeout', 'x-stream-offset', 'x-cancel-on-ha-failover', 'x-mine']
const BINDING_ARGUMENTS = ['x-match', 'a', 'x-mine', 'count', '']
const HEADERS = [
  'CC',
  'BCC',
  'x-delay',
  'x-deliver-at',
  'x-deduplication-header',
  'x-death',
  'x-recent-history-no-store',
]

const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-fuzz-'))
process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }))
const start = () =>
  startBroker({
    dataDir,
    logLevel: 'error',
    onFatal: (error) => {
      console.error(`seed ${seed}: the broker gave up`)
      throw error
    },
  })
let broker = await start()
let client = await login()
let channel = 0
await open()

async function login(): Promise<Client> {
  const { hostname, port } = new URL(broker.amqpUrl!)
  const fresh = await Client.connect(hostname, Number(port))
  fresh.write(PROTOCOL_HEADER)
  fresh.send(0, 'connection.start-ok', startOk())
  fresh.send(0, 'connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 0 })
  fresh.send(0, 'connection.open', { virtualHost: '/' })
  for (const name of ['connection.start', 'connection.tune', 'connection.open-ok']) {
    assert.equal((await fresh.next(0)).name, name)
  }
  return fresh
}

async function open(): Promise<void> {
  channel = (channel % 2047) + 1
  client.send(channel, 'channel.open', {})
  assert.equal((await client.next(channel)).name, 'channel.open-ok')
  client.send(channel, 'confirm.select', {})
  assert.equal((await client.next(channel)).name, 'confirm.select-ok')
}

const counts = { requests: 0, refused: 0, published: 0, died: 0, restored: 0 }

/** What is answered to a request: null if it was refused as it may be, with the channel opened again. */
async function ask<N extends MethodName>(name: N, args: MethodInput<N>): Promise<Arrival | null> {
  counts.requests++
  client.send(channel, name, args)
  const asked = JSON.stringify(args, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  try {
    return await allowed(await next(), asked)
  } catch (error) {
    if (!asked.includes('"stream"') || client.leftOver() === '') throw error
    await streamRefused(asked)
    return null
  }
}

/** 540 is for the whole connection. */
async function streamRefused(asked: string): Promise<void> {
  const close = await client.next(0)
  assert.equal(close.args.replyCode, 540, `${inWords(close)} to ${asked}`)
  client.send(0, 'connection.close-ok', {})
  await client.end()
  client = await login()
  counts.refused++
  await open()
}

async function next(): Promise<Arrival> {
  for (;;) {
    const arrival = await client.next(channel)
    if (arrival.name !== 'basic.cancel') return arrival
  }
}

async function allowed(answer: Arrival, asked: string): Promise<Arrival | null> {
  if (answer.name !== 'channel.close') return answer
  const { replyCode, replyText } = answer.args as { replyCode: number; replyText: string }
  assert.equal(replyCode, 406, `${inWords(answer)} to ${asked}`)
  assert.doesNotMatch(replyText, /TypeError|RangeError|undefined|\[object|at .*\.ts/, asked)
  client.send(channel, 'channel.close-ok', {})
  counts.refused++
  await open()
  return null
}

/** One message. @returns whether the broker confirmed it. */
async function publish(exchange: string, routingKey: string, headers: TypedTable): Promise<boolean> {
  counts.published++
  const properties: PropertiesInput = { headers, deliveryMode: 1 + random(2), messageId: 'm' }
  if (random(3) === 0) properties.priority = random(256)
  if (random(4) === 0)
    properties.expiration = pick(random, ['0', '1', '20', '-1', '', 'x', '1 ', '+2', '9'.repeat(30), '٣'])
  if (random(4) === 0) properties.timestamp = random(2) * 1e9
  client.send(channel, 'basic.publish', { exchange, routingKey, mandatory: random(4) === 0 })
  client.sendContent(channel, properties, new Uint8Array(random(50)))
  let answer = await next()
  if (answer.name === 'basic.return') answer = await next()
  const asked = `publish to '${exchange}' ${JSON.stringify(properties, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`
  const got = await allowed(answer, asked)
  if (got !== null) assert.match(got.name, /^basic\.n?ack$/, asked)
  return got?.name === 'basic.ack'
}

function hostileHeaders(): TypedTable {
  return HEADERS.flatMap((name) => {
    if (random(4) !== 0) return []
    if (name === 'x-death') return [[name, anyDeaths(random)] as const]
    return [[name, anyValue(random)] as const]
  })
}

/** Queues of all kinds, used a little. */
async function queues(round: number): Promise<void> {
  const queue = `fuzz.q${round}`
  const args = anyTable(random, QUEUE_ARGUMENTS)
  const declare = {
    queue,
    durable: random(3) > 0,
    exclusive: random(8) === 0,
    autoDelete: random(8) === 0,
    arguments: args,
  }
  if ((await ask('queue.declare', declare)) === null) return
  await ask('queue.declare', { ...declare, arguments: anyTable(random, QUEUE_ARGUMENTS) })
  for (let left = 3; left > 0; left--) await publish('', queue, hostileHeaders())
  const consume = { queue, consumerTag: 'c', arguments: anyTable(random, CONSUMER_ARGUMENTS) }
  await takeAll(consume)
  await ask('queue.delete', { queue })
}

/** Consumes for a moment, gives back each delivery in some way, and ends the channel with what is left. */
async function takeAll(consume: MethodInput<'basic.consume'>): Promise<void> {
  counts.requests++
  client.send(channel, 'basic.consume', consume)
  // 404: the queue has expired; 405 and 403 belong to other connections.
  let answer = await next()
  if (answer.name === 'channel.close' && answer.args.replyCode === 404) {
    client.send(channel, 'channel.close-ok', {})
    await open()
    return
  }
  if ((await allowed(answer, JSON.stringify(consume.consumerTag))) === null) return
  client.send(channel, 'basic.cancel', { consumerTag: 'c' })
  for (;;) {
    answer = await next()
    if (answer.name === 'basic.cancel-ok') break
    const deliveryTag = answer.args.deliveryTag as number
    if (random(2) === 0) client.send(channel, 'basic.nack', { deliveryTag, requeue: random(3) === 0 })
  }
  await again()
}

/** Another channel in place of this one, whose deliveries so come back. */
async function again(): Promise<void> {
  client.send(channel, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  for (let answer = await next(); answer.name !== 'channel.close-ok'; ) answer = await next()
  await open()
}

/** Exchanges of all types, bound and published to. */
async function exchanges(round: number): Promise<void> {
  const exchange = `fuzz.x${round}`
  const type = pick(random, EXCHANGE_TYPES)
  const args: TypedTable = anyTable(random, EXCHANGE_ARGUMENTS)
  const needed: Record<string, FieldTable> = {
    'x-delayed-message': { 'x-delayed-type': 'topic' },
    'x-message-deduplication': { 'x-cache-size': 2 },
    'x-schedule': {
      'x-cron': '0 0 29 2 *',
      'x-properties': {
        headers: typed('F', anyTable(random, HEADERS)),
        ...(random(2) === 0 && { type: anyValue(random) }),
      },
    },
  }
  const known = Object.hasOwn(needed, type) ? needed[type]! : {}
  const table = random(2) === 0 ? args : known
  if ((await ask('exchange.declare', { exchange, type, durable: random(2) === 0, arguments: table })) === null) return
  await ask('exchange.declare', { exchange, type, durable: false, arguments: anyTable(random, EXCHANGE_ARGUMENTS) })
  for (const queue of ['fuzz.source', 'fuzz.other']) {
    const routingKey = pick(random, ['', 'k', '1', '-1', '#', '99999999999999999999', '0', '1.5'])
    await ask('queue.bind', { queue, exchange, routingKey, arguments: anyTable(random, BINDING_ARGUMENTS) })
  }
  for (let left = 3; left > 0; left--) await publish(exchange, pick(random, ['', 'k', '1']), hostileHeaders())
  await ask('exchange.delete', { exchange })
}

/** A message with a past dies of what its queue does, and has one more death, which its queue and reason are in. */
async function deaths(): Promise<void> {
  const limits: FieldTable = pick(random, [{ 'x-message-ttl': 0 }, { 'x-max-length': 0 }, { 'x-delivery-limit': 0 }])
  const way = random(3)
  const key: FieldTable =
    way === 0 ? { 'x-dead-letter-routing-key': pick(random, ['k', '', 'd'.repeat(255), 'e'.repeat(256)]) } : {}
  const args: FieldTable = { ...limits, ...key, 'x-dead-letter-exchange': 'fuzz.dlx' }
  if ((await ask('queue.declare', { queue: 'fuzz.dying', durable: true, arguments: args })) === null) return
  await ask('queue.purge', { queue: 'fuzz.morgue' })
  await publish('', 'fuzz.dying', hostileHeaders())
  if (limits['x-delivery-limit'] === 0) {
    client.send(channel, 'basic.get', { queue: 'fuzz.dying' })
    const got = await next()
    if (got.name === 'basic.get-ok') {
      client.send(channel, 'basic.reject', { deliveryTag: got.args.deliveryTag as number, requeue: random(2) === 0 })
    }
  }
  for (let tries = 5; tries > 0; tries--) {
    client.send(channel, 'basic.get', { queue: 'fuzz.morgue', noAck: true })
    const dead = await next()
    if (dead.name === 'basic.get-empty') continue
    const past = dead.properties!.headers!['x-death'] as readonly FieldTable[]
    assert.equal(past[0]!.queue, 'fuzz.dying', inWords(dead))
    assert.match(String(past[0]!.reason), /^(expired|maxlen|rejected|delivery_limit)$/)
    assert.ok(typeof past[0]!.count === 'number' || typeof past[0]!.count === 'bigint')
    assert.equal(dead.args.exchange, 'fuzz.dlx')
    assert.equal(dead.args.routingKey, key['x-dead-letter-routing-key'] ?? 'fuzz.dying')
    assert.equal(dead.properties!.messageId, 'm')
    assert.equal(dead.properties!.expiration, undefined)
    counts.died++
    break
  }
  await ask('queue.delete', { queue: 'fuzz.dying' })
}

/** Durable things with whatever arguments were taken are the same after a restart: declaring them again agrees. */
async function restart(round: number): Promise<void> {
  const kept: [string, TypedTable][] = []
  for (let i = 0; i < 20; i++) {
    const queue = `fuzz.kept${round}.${i}`
    const args = anyTable(random, QUEUE_ARGUMENTS).filter(([name]) => name !== 'x-expires')
    if ((await ask('queue.declare', { queue, durable: true, arguments: args })) === null) continue
    kept.push([queue, args])
    await publish('', queue, hostileHeaders())
  }
  await client.end()
  await broker.stop()
  broker = await start()
  client = await login()
  await open()
  for (const [queue, args] of kept) {
    const answer = await ask('queue.declare', { queue, durable: true, arguments: args })
    assert.ok(answer !== null, `seed ${seed}: ${queue} came back with other arguments`)
    await takeAll({ queue, consumerTag: 'c' })
    await ask('queue.delete', { queue })
    counts.restored++
  }
}

for (const queue of ['fuzz.source', 'fuzz.other', 'fuzz.morgue']) {
  await ask('queue.declare', { queue, durable: true, arguments: { 'x-max-length': 50 } })
}
await ask('exchange.declare', { exchange: 'fuzz.dlx', type: 'fanout', durable: true })
await ask('queue.bind', { queue: 'fuzz.morgue', exchange: 'fuzz.dlx', routingKey: '' })

let round = 0
try {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; round++) {
    await queues(round)
    await exchanges(round)
    await deaths()
    if (round % 200 === 199) await restart(round)
  }
  await restart(round)
} catch (error) {
  console.error(`seed ${seed}, round ${round}`)
  throw error
}
await client.end()
await broker.stop()
assert.ok(counts.died > 0 && counts.refused > 0 && counts.restored > 0, JSON.stringify(counts))
console.log(`amqp values: ${JSON.stringify(counts)}, the broker stands, seed ${seed}`)
