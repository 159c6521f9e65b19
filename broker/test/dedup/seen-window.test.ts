import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../src/broker/refusal.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { kill } from '../delay/delayed.ts'
import { World } from '../queue/harness.ts'

async function withExchange(args: Headers, durable = true): Promise<World> {
  const world = await World.open()
  declare(world, args, durable)
  world.vhost.bind('once', world.queue('jobs'), 'ignored', {})
  return world
}

function declare(world: World, args: Headers, durable = true): void {
  const options = { durable, autoDelete: false, internal: false, arguments: args }
  world.vhost.declareExchange('once', 'x-message-deduplication', options)
}

function send(world: World, text: string, headers?: Headers): void {
  world.publish('once', 'any key', text, headers === undefined ? {} : { headers })
}

const key = (value: string, more: Headers = {}): Headers => ({ 'x-deduplication-header': value, ...more })

test('routes to all that is bound, but each key once', async () => {
  const world = await withExchange({ 'x-cache-size': 100 })
  world.vhost.bind('once', world.queue('also'), '', {})
  for (const value of ['a', 'b', 'a', 'b']) send(world, value, key(value))
  for (let i = 0; i < 2; i++) send(world, 'none')
  for (const name of ['jobs', 'also']) {
    assert.deepEqual(await world.drain(world.queue(name)), ['a', 'b', 'none', 'none'])
  }
  send(world, 'a', key('a'))
  assert.deepEqual(await world.drain(world.queue('jobs')), [])
})

test('forgets the oldest when it is full, and what its time is over', async () => {
  const world = await withExchange({ 'x-cache-size': 2, 'x-cache-ttl': 1000 })
  for (const value of ['a', 'b', 'c', 'b', 'a']) send(world, value, key(value))
  assert.deepEqual(await world.drain(world.queue('jobs')), ['a', 'b', 'c', 'a'])
  send(world, 'long', key('long', { 'x-cache-ttl': 5000 }))
  await world.pass(1001)
  for (const value of ['a', 'long']) send(world, value, key(value))
  assert.deepEqual(await world.drain(world.queue('jobs')), ['long', 'a'])
  await world.pass(4000)
  send(world, 'long', key('long'))
  assert.deepEqual(await world.drain(world.queue('jobs')), ['long'])
})

test('still knows after a kill what it saw, and what it forgot', async () => {
  const world = await withExchange({ 'x-cache-size': 3 })
  for (const value of ['gone', 'a', 'b', 'c']) send(world, value, key(value))
  send(world, 'short', key('c2', { 'x-cache-ttl': 500 }))
  await world.pass(100)
  await kill(world, 1000)
  await world.broker.restored()
  for (const value of ['b', 'c', 'c2', 'gone']) send(world, value, key(value))
  assert.deepEqual((await world.drain(world.queue('jobs'))).slice(-2), ['c2', 'gone'])
})

test('kept in memory, or by an exchange that is not durable, it is forgotten at a start', async () => {
  const world = await withExchange({ 'x-cache-size': 3, 'x-cache-persistence': 'memory' })
  send(world, 'a', key('a'))
  await world.pass(100)
  await kill(world)
  await world.broker.restored()
  send(world, 'a', key('a'))
  assert.deepEqual(await world.drain(world.queue('jobs')), ['a', 'a'])
  const logs = [...world.engine.logs.values()].filter((log) => log.owner.startsWith('["dedup"'))
  assert.deepEqual(logs, [])
})

test('goes with its exchange', async () => {
  const world = await withExchange({ 'x-cache-size': 3 })
  send(world, 'a', key('a'))
  world.vhost.deleteExchange('once', false)
  declare(world, { 'x-cache-size': 3 })
  world.vhost.bind('once', world.queue('jobs'), '', {})
  await world.pass(100)
  await kill(world)
  await world.broker.restored()
  send(world, 'a', key('a'))
  assert.deepEqual(await world.drain(world.queue('jobs')), ['a', 'a'])
})

test('refuses arguments as the plugin does', async () => {
  const world = await World.open()
  const refused = (args: Headers, text: RegExp) =>
    assert.throws(
      () => declare(world, args),
      (error) => error instanceof Refusal && text.test(error.message),
    )
  refused({}, /'x-cache-size' must be an integer greater than 0/)
  refused({ 'x-cache-size': 0 }, /x-cache-size/)
  refused({ 'x-cache-size': 'many' }, /x-cache-size/)
  refused({ 'x-cache-size': 1, 'x-cache-ttl': -1 }, /'x-cache-ttl' must be an integer greater than 0/)
  refused({ 'x-cache-size': 1, 'x-cache-persistence': 'cloud' }, /either 'disk' or 'memory'/)
  declare(world, { 'x-cache-size': '10', 'x-cache-ttl': 1n, 'x-cache-persistence': 'disk' })
})

for (const seenBefore of [false, true]) {
  test(`an exchange is deleted before what it saw is durable, ${seenBefore ? 'not ' : ''}its first`, async () => {
    const world = await withExchange({ 'x-cache-size': 3 })
    await world.settle()
    if (seenBefore) send(world, 'before', key('before'))
    await world.settle()
    send(world, 'a', key('a'))
    const round = world.engine.openRound
    world.vhost.deleteExchange('once', false)
    await world.settle()
    assert.ok(world.engine.durableRound > round, 'its publisher waits for ever')
    await kill(world, 10)
    await world.broker.restored()
    declare(world, { 'x-cache-size': 3 })
    const again = world.queue('again')
    world.vhost.bind('once', again, '', {})
    send(world, 'a', key('a'))
    assert.deepEqual(await world.drain(again), ['a'])
    assert.equal([...world.engine.logs.values()].filter(({ owner }) => owner.includes('dedup')).length, 1)
  })
}
