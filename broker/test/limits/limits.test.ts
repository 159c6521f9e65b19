// Limits of vhosts and users: what counts against them, and what goes with a vhost or a user that is deleted.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { checkQueueLimit, checkUserChannels, userLimits, vhostLimits } from '../../src/broker/limits/limits.ts'
import { World } from '../amqp/session-harness.ts'

async function withUser(name: string): Promise<World> {
  const world = await World.open()
  world.broker.access.putUser({ name, tags: [], ...hashPassword(name) })
  world.broker.access.setPermissions({ user: name, vhost: '/', configure: '.*', write: '.*', read: '.*' })
  return world
}

test('no limit and one below zero let everything in, zero nothing', () => {
  const queues = (limit: unknown, count: number) => () => checkQueueLimit(vhostLimits(limit), count, 'q', 'v')
  const reached = (limit: number) => ({
    code: 'precondition-failed',
    message: `cannot declare queue 'q': queue limit in vhost 'v' (${limit}) is reached`,
  })
  assert.doesNotThrow(queues({}, 1e9))
  assert.doesNotThrow(queues({ 'max-queues': -1 }, 1e9))
  assert.doesNotThrow(queues({ 'max-queues': 3 }, 2))
  assert.throws(queues({ 'max-queues': 3 }, 3), reached(3))
  assert.throws(queues({ 'max-queues': 0 }, 0), reached(0))
  assert.throws(queues({ 'max-queues': 3 }, 4), reached(3))
})

test('channels are counted only where there is a limit', () => {
  checkUserChannels(userLimits({ 'max-connections': 1 }), () => assert.fail('counted'), 'u')
})

test('a connection counts until it is gone, however it goes', async () => {
  const world = await withUser('u')
  const { broker } = world
  broker.access.setUserLimits('u', { 'max-connections': 2 })
  const user = 'u'
  const first = await world.connect({ user })
  const second = await world.connect({ user })
  const third = world.socket({ user })
  third.greet()
  await world.settle()
  third.expect('connection.start', 0)
  third.expect('connection.tune', 0)
  assert.equal(
    third.expect('connection.close', 0).args.replyText,
    "NOT_ALLOWED - connection refused for user 'u': user connection limit (2) is reached",
  )
  third.send(0, 'connection.close-ok', {})
  first.cut()
  await second.ask(0, 'connection.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 })
  await world.settle()
  assert.equal(broker.connections.ofUser('u').size, 0)
  assert.equal(broker.connections.inVhost('/').size, 0)
  await world.connect({ user })
  assert.equal(broker.connections.ofUser('u').size, 1)
})

test('limits of a user hold for what comes after they are set, and stay when his password changes', async () => {
  const world = await withUser('u')
  const { access } = world.broker
  const peer = await world.connect({ user: 'u' })
  peer.send(2, 'channel.open', {})
  await world.settle()
  peer.expect('channel.open-ok', 2)
  access.setUserLimits('u', { 'max-channels': 2 })
  access.putUser({ name: 'u', tags: [], ...hashPassword('other') })
  peer.send(3, 'channel.open', {})
  await world.settle()
  assert.equal(
    peer.expect('connection.close', 0).args.replyText,
    "NOT_ALLOWED - number of channels opened for user 'u' has reached the maximum allowed user limit of (2)",
  )
  assert.throws(() => access.setUserLimits('u', { 'max-queues': 1 } as never), /Unrecognised terms/)
  assert.throws(() => access.setUserLimits('nobody', {}), /no user 'nobody'/)
})

test('with a vhost its connections are closed, all else of it goes, and it may be made anew', async () => {
  const world = await World.open()
  const { broker } = world
  const everything = { configure: '.*', write: '.*', read: '.*' }
  broker.declareVhost('v')
  broker.access.setPermissions({ user: 'guest', vhost: 'v', ...everything })
  const inside = await world.connect({ virtualHost: 'v' })
  const outside = await world.connect()
  await inside.ask(1, 'queue.declare', { queue: 'q', durable: true })
  await inside.ask(1, 'queue.declare', { queue: 'own', exclusive: true })
  inside.publish('q', 'kept', { properties: { deliveryMode: 2 } })
  await world.settle()
  const logs = world.broker.engine.logs.size
  broker.deleteVhost('v')
  await world.settle()
  assert.deepEqual(inside.heard(), ["0: connection.close CONNECTION_FORCED - vhost 'v' is deleted"])
  inside.send(0, 'connection.close-ok', {})
  await world.settle()
  assert.equal(inside.gone, true)
  assert.equal(broker.access.mayEnter('guest', 'v'), false)
  assert.equal(broker.engine.logs.size, logs - 2)
  assert.throws(() => broker.deleteVhost('v'), { code: 'not-found', message: "no vhost 'v'" })
  await outside.ask(1, 'queue.declare', { queue: 'still-here' })
  assert.equal(broker.declareVhost('v').queues.size, 0)
  await world.settle()
  const again = (await World.open({ disk: world.disk })).broker
  assert.equal(again.vhost('v').queues.size, 0)
})

test('with a user his connections are closed', async () => {
  const world = await withUser('u')
  const his = await world.connect({ user: 'u' })
  const other = await world.connect()
  world.broker.access.deleteUser('u')
  await world.settle()
  assert.deepEqual(his.heard(), ["0: connection.close CONNECTION_FORCED - user 'u' is deleted"])
  assert.deepEqual(other.heard(), [])
})
