// What the event exchange tells of the broker's own operations; what clients do is in transcripts/events.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { noHeaders } from '../../src/broker/routing/headers.ts'
import type { Peer } from '../amqp/peer.ts'
import { World } from '../amqp/session-harness.ts'

const EXCHANGE = 'amq.rabbitmq.event'

/** A client that gets all events with keys like this one. */
async function listen(world: World, routingKey: string): Promise<Peer> {
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'seen' })
  await peer.ask(1, 'queue.bind', { queue: 'seen', exchange: EXCHANGE, routingKey })
  await peer.ask(1, 'basic.consume', { queue: 'seen', consumerTag: 'w', noAck: true })
  await world.settle()
  peer.taken()
  return peer
}

/** Key and headers of what came, without time and actor. */
async function heard(world: World, peer: Peer): Promise<unknown[]> {
  await world.settle()
  return peer.taken().map(({ args, properties }) => {
    const { timestamp_in_ms: _time, user_who_performed_action: actor, ...headers } = properties!.headers!
    assert.equal(actor, 'rmq-internal')
    return [args.routingKey, { ...headers }]
  })
}

test('an event that nobody listens to is not even described', async () => {
  const world = await World.open()
  const untouchable = new Proxy({}, { get: () => assert.fail('looked at') }) as Queue
  world.broker.events.emit('queue.deleted', untouchable)
  const peer = await listen(world, 'queue.deleted')
  assert.throws(() => world.broker.events.emit('queue.deleted', untouchable), /looked at/)
  await peer.ask(1, 'queue.unbind', { queue: 'seen', exchange: EXCHANGE, routingKey: 'queue.deleted' })
  world.broker.events.emit('queue.deleted', untouchable)
})

test('an event is a persistent message without body, of its time', async () => {
  const world = await World.open()
  const peer = await listen(world, '#')
  world.broker.access.putUser({ name: 'u', tags: [], ...hashPassword('p') })
  await world.settle()
  const [{ args, properties, body }] = peer.taken()
  assert.deepEqual(
    [args.exchange, args.routingKey, args.redelivered, body?.length],
    [EXCHANGE, 'user.created', false, 0],
  )
  assert.equal(properties?.deliveryMode, 2)
  assert.equal(properties?.timestamp, Math.floor(world.clock.now() / 1000))
  assert.deepEqual(
    { ...properties?.headers },
    {
      user_who_performed_action: 'rmq-internal',
      name: 'u',
      timestamp_in_ms: world.clock.now(),
    },
  )
})

test('users and permissions', async () => {
  const world = await World.open()
  const { access } = world.broker
  const peer = await listen(world, '#')
  access.putUser({ name: 'u', tags: ['monitoring'], ...hashPassword('p') })
  assert.deepEqual(await heard(world, peer), [
    ['user.created', { name: 'u' }],
    ['user.tags.set', { name: 'u', tags: ['monitoring'] }],
  ])
  access.putUser({ ...access.user('u')! })
  assert.deepEqual(await heard(world, peer), [])
  access.putUser({ name: 'u', tags: [], ...hashPassword('q') })
  access.putUser({ ...access.user('u')!, passwordHash: '' })
  access.setUserLimits('u', { 'max-channels': 3 })
  access.setUserLimits('u', {})
  assert.deepEqual(await heard(world, peer), [
    ['user.password.changed', { name: 'u' }],
    ['user.tags.set', { name: 'u', tags: [] }],
    ['user.password.cleared', { name: 'u' }],
    ['user.limits.set', { name: 'limits', username: 'u', 'max-channels': 3 }],
    ['user.limits.cleared', { name: 'limits', username: 'u' }],
  ])
  const permission = { user: 'u', vhost: '/', configure: 'c', write: 'w', read: 'r' }
  const topicPermission = { user: 'u', vhost: '/', exchange: 'amq.topic', write: 'w', read: 'r' }
  access.setPermissions(permission)
  access.setTopicPermissions(topicPermission)
  access.clearPermissions('u', '/')
  access.setPermissions(permission)
  access.deleteUser('u')
  const gone = { user: 'u', vhost: '/' }
  assert.deepEqual(await heard(world, peer), [
    ['permission.created', permission],
    ['topic.permission.created', topicPermission],
    ['permission.deleted', gone],
    ['permission.created', permission],
    ['permission.deleted', gone],
    ['topic.permission.deleted', { ...gone, exchange: 'amq.topic' }],
    ['user.deleted', { name: 'u' }],
  ])
})

test('vhosts, and all that goes with one', async () => {
  const world = await World.open()
  const { broker } = world
  const peer = await listen(world, '#')
  const vhost = broker.declareVhost('v', { description: 'd', tags: ['t'] })
  broker.declareVhost('v')
  broker.updateVhost('v', { description: 'e', defaultQueueType: 'quorum' })
  const described = { name: 'v', description: 'd', tags: ['t'], default_queue_type: 'undefined', tracing: false }
  assert.deepEqual(await heard(world, peer), [
    ['vhost.created', described],
    ['vhost.updated', { ...described, description: 'e', default_queue_type: 'quorum' }],
  ])
  const options = { name: 'q', durable: true, autoDelete: false, exclusiveTo: null, arguments: noHeaders }
  vhost.bind('amq.topic', vhost.declareQueue(options, null), 'k', noHeaders)
  broker.parameters.put({ vhost: 'v', component: 'vhost-limits', name: 'limits', value: { 'max-queues': 9 } })
  await world.settle()
  peer.taken()
  broker.access.setPermissions({ user: 'guest', vhost: 'v', configure: '', write: '', read: '' })
  broker.deleteVhost('v')
  const binding = {
    source_name: 'amq.topic',
    source_kind: 'exchange',
    destination_name: 'q',
    destination_kind: 'queue',
  }
  const parameter = { vhost: 'v', component: 'vhost-limits', name: 'limits' }
  assert.deepEqual(await heard(world, peer), [
    ['permission.created', { user: 'guest', vhost: 'v', configure: '', write: '', read: '' }],
    ['permission.deleted', { user: 'guest', vhost: 'v' }],
    ['parameter.cleared', parameter],
    ['vhost.limits.cleared', { vhost: 'v', name: 'limits' }],
    ['binding.deleted', { ...binding, routing_key: 'k', vhost: 'v', arguments: { __proto__: null } }],
    ['queue.deleted', { name: 'q', vhost: 'v' }],
    ['vhost.deleted', { name: 'v' }],
  ])
})

test('parameters, limits, policies and alarms', async () => {
  const world = await World.open()
  const { broker } = world
  const peer = await listen(world, '#')
  const parameter = { vhost: '/', component: 'vhost-limits', name: 'limits' }
  broker.parameters.put({ ...parameter, value: { 'max-connections': 9 } })
  broker.parameters.putGlobal('g', { a: [1] })
  broker.parameters.clearGlobal('g')
  const plain = (value: object) => ({ __proto__: null, ...value })
  assert.deepEqual(await heard(world, peer), [
    ['parameter.set', { ...parameter, value: plain({ 'max-connections': 9 }) }],
    ['vhost.limits.set', { name: 'limits', vhost: '/', 'max-connections': 9 }],
    ['parameter.set', { component: 'global', name: 'g', value: plain({ a: [1] }) }],
    ['parameter.cleared', { component: 'global', name: 'g' }],
  ])
  const { policies } = broker.vhost('/')
  policies.put('policy', 'p', { pattern: '^seen$', applyTo: 'queues', priority: 2, definition: { 'max-length': 3 } })
  policies.remove('policy', 'p')
  const set = {
    pattern: '^seen$',
    'apply-to': 'queues',
    priority: 2,
    definition: plain({ 'max-length': 3 }),
    vhost: '/',
  }
  assert.deepEqual(await heard(world, peer), [
    ['queue.policy.updated', { ...set, name: 'seen' }],
    ['policy.set', { ...set, name: 'p' }],
    ['queue.policy.cleared', { name: 'seen', vhost: '/' }],
    ['policy.cleared', { name: 'p', vhost: '/' }],
  ])
  broker.alarms.change('disk', true)
  broker.alarms.change('disk', true)
  broker.alarms.change('disk', false)
  const alarm = { source: 'disk', node: broker.node }
  assert.deepEqual(await heard(world, peer), [
    ['alarm.set', alarm],
    ['alarm.cleared', alarm],
  ])
})

test('a client that breaks off is told of with all that it had', async () => {
  const world = await World.open()
  const peer = await listen(world, '#')
  const other = await world.connect()
  await other.ask(1, 'queue.declare', { queue: 'own', exclusive: true })
  await other.ask(1, 'basic.consume', { queue: 'own', consumerTag: 'c' })
  await world.settle()
  peer.taken()
  other.cut()
  await world.settle()
  const events = peer.taken()
  assert.deepEqual(
    events.map(({ args }) => args.routingKey),
    ['consumer.deleted', 'channel.closed', 'queue.deleted', 'connection.closed'],
  )
  for (const { properties } of events) assert.equal(properties?.headers?.user_who_performed_action, 'guest')
  assert.equal(events[3].properties?.headers?.name, '::1:1 -> ::1:2')
})

test('who acts is named also where requests had to wait for an answer', async () => {
  const world = await World.open()
  const peer = await listen(world, '#')
  const other = await world.connect()
  await world.settle()
  peer.taken()
  const queues = ['a', 'b', 'c']
  for (const queue of queues) other.send(1, 'queue.declare', { queue, durable: true })
  await world.settle()
  assert.deepEqual(
    peer
      .taken()
      .map(({ properties }) => properties!.headers!)
      .map((headers) => [headers.name, headers.user_who_performed_action]),
    queues.map((queue) => [queue, 'guest']),
  )
})
