// Full queues in company: with dead letters, delayed messages, duplicates, consumers that are about to take messages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { names } from '../../src/broker/dead-letters.ts'
import { MessageDraft } from '../../src/record/message.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'
import { World } from './harness.ts'

const REFUSING = { 'x-max-length': 1, 'x-overflow': 'reject-publish' }
const PASSING_ON = {
  'x-max-length': 1,
  'x-overflow': 'reject-publish-dlx',
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': 'last',
}
const DURABLE = { durable: true, autoDelete: false, internal: false }

function delay(world: World, exchange: string, key: string, text: string, ms: number): void {
  const draft = new MessageDraft()
  draft.properties = encodeProperties({ deliveryMode: 2 })
  draft.propertiesLen = draft.properties.length
  draft.names = names(exchange, key)
  draft.body = Buffer.from(text)
  draft.bodyLen = draft.body.length
  draft.persistent = true
  draft.arrival = world.clock.now()
  world.vhost.delays.append(world.vhost.exchange(exchange), draft, draft.arrival + ms)
}

test('a dead letter that a full queue passes on goes there once', async () => {
  const world = await World.open()
  const from = world.queue('from', {
    'x-message-ttl': 50,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': 'full',
  })
  world.queue('full', PASSING_ON)
  const last = world.queue('last')
  world.publish('', 'full', 'in the way')
  world.publish('', 'from', 'one')
  await world.pass(5000, 50)
  assert.equal(last.ready, 1)
  assert.equal(from.departures.count, 0)
})

test('so does a delayed message', async () => {
  const world = await World.open()
  world.queue('full', PASSING_ON)
  const last = world.queue('last')
  world.publish('', 'full', 'in the way')
  delay(world, '', 'full', 'late', 100)
  await world.pass(5000, 50)
  assert.deepEqual(await world.drain(last), ['late'])
})

test('a delayed message for full queues alone waits for room', async () => {
  const world = await World.open()
  world.vhost.declareExchange('all', 'fanout', { ...DURABLE, arguments: {} })
  const [a, b] = [world.queue('a', REFUSING), world.queue('b', REFUSING)]
  for (const queue of [a, b]) world.vhost.bind('all', queue, '', {})
  world.publish('all', '', 'first')
  delay(world, 'all', '', 'late', 100)
  await world.pass(1000, 50)
  await world.drain(a)
  await world.drain(b)
  await world.pass(3000, 50)
  assert.deepEqual(await world.drain(a), ['late'])
  assert.deepEqual(await world.drain(b), ['late'])
})

test('what was refused is no duplicate when it comes again', async () => {
  const world = await World.open()
  world.vhost.declareExchange('once', 'x-message-deduplication', { ...DURABLE, arguments: { 'x-cache-size': 10 } })
  const queue = world.queue('q', REFUSING)
  world.vhost.bind('once', queue, '', {})
  const send = (key: string): boolean => world.publish('once', '', key, { headers: { 'x-deduplication-header': key } })
  assert.ok(send('a'))
  assert.ok(!send('b'))
  assert.deepEqual(await world.drain(queue), ['a'])
  assert.ok(send('b'))
  assert.deepEqual(await world.drain(queue), ['b'])
})

test('a dead letter stays no longer for an exchange that its queue lost', async () => {
  const world = await World.open()
  const queue = world.queue('q', {
    'x-queue-type': 'quorum',
    'x-message-ttl': 50,
    'x-dead-letter-exchange': 'missing',
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  })
  world.publish('', 'q', 'one')
  await world.pass(2000, 50)
  assert.equal(queue.departures.count, 1)
  world.vhost.alterQueue('q', { 'x-dead-letter-exchange': null, 'x-dead-letter-strategy': null })
  await world.pass(2000, 50)
  assert.equal(queue.departures.count, 0)
})

test('messages that a consumer gets in a moment are not in the way', async () => {
  const world = await World.open()
  world.queue('q', { 'x-max-length': 10 })
  for (let i = 0; i < 10; i++) world.publish('', 'q', `${i}`)
  await world.restart()
  const taker = world.consume(world.vhost.queues.get('q')!)
  // Nothing may be handed out before a mark of it is durable.
  for (let i = 0; i < 10; i++) world.publish('', 'q', `${i}`)
  await world.settle()
  assert.equal(taker.taken.length, 20)
})

test('messages that expire do not make those with consumers count', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  for (let i = 0; i < 5; i++) world.publish('', 'q', '0123456789')
  world.consume(queue, 5)
  await world.settle()
  for (let i = 0; i < 5; i++) world.publish('', 'q', 'x', { expiration: 50 })
  world.vhost.alterQueue('q', { 'x-max-length-bytes': 20 })
  await world.pass(100)
  world.publish('', 'q', 'stays')
  await world.settle()
  assert.equal(queue.ready, 1)
})

test('what is set aside does not count, after a restart either', async () => {
  const world = await World.open()
  const args = { 'x-max-length-bytes': 20, 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 10_000 }
  const taker = world.consume(world.queue('q', args), 1)
  world.publish('', 'q', '0123456789012345')
  await world.settle()
  taker.nack()
  world.publish('', 'q', '0123456789')
  await world.restart()
  const queue = world.vhost.queues.get('q')!
  assert.equal(queue.held, 1)
  assert.equal(queue.ready, 1)
})

test('a limit for a long backlog is applied in slices', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  for (let i = 0; i < 10_000; i++) world.publish('', 'q', 'x', { persistent: false })
  world.vhost.alterQueue('q', { 'x-max-length': 5 })
  queue.runTurn()
  assert.ok(queue.ready > 5000, `${queue.ready}`)
  await world.settle()
  assert.equal(queue.ready, 5)
})

test('the more cannot leave, the longer each waits; all leave once there is room', async () => {
  const world = await World.open()
  const from = world.queue('from', {
    'x-message-ttl': 50,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': 'full',
  })
  const full = world.queue('full', REFUSING)
  world.publish('', 'full', 'in the way')
  for (let i = 0; i < 5000; i++) world.publish('', 'from', `${i}`)
  await world.pass(1000, 50)
  assert.equal(from.departures.count, 5000)
  const before = full.counters.rejected
  await world.pass(10_000, 50)
  const tries = full.counters.rejected - before
  assert.ok(tries > 5000 && tries < 45_000, `${tries}`)
  world.vhost.alterQueue('full', { 'x-max-length': null })
  await world.pass(2000, 10)
  assert.equal(from.departures.count, 0)
  assert.equal(full.ready, 5001)
})
