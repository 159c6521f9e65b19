// Policies over queues and exchanges that live: which one applies, when it takes effect, and that it stays.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Policies } from '../../src/broker/policy/policies.ts'
import { World } from '../queue/harness.ts'

const policy = (pattern: string, definition: object, rest: object = {}) => ({ pattern, definition, ...rest })

/** The names of the policy and the operator policy that apply to a queue. */
function applied(world: World, queue: string): string {
  const { policy, operatorPolicy } = world.vhost.policies.of(world.vhost.queue(queue, null))
  return `${policy?.name ?? '-'} ${operatorPolicy?.name ?? '-'}`
}

test('one applies: the highest priority, then the first name', async () => {
  const world = await World.open()
  const { policies } = world.vhost
  world.queue('orders')
  const steps: readonly (readonly [step: (policies: Policies) => unknown, expected: string])[] = [
    [() => null, '- -'],
    [(all) => all.put('policy', 'm', policy('rd', { 'max-length': 1 })), 'm -'],
    [(all) => all.put('policy', 'z', policy('^o', { 'max-length': 2 })), 'm -'],
    [(all) => all.put('policy', 'a', policy('s$', { 'max-length': 3 })), 'a -'],
    [(all) => all.put('policy', 'z', policy('^o', { 'max-length': 2 }, { priority: 1 })), 'z -'],
    [(all) => all.put('policy', 'other', policy('^rd', { 'max-length': 4 }, { priority: 9 })), 'z -'],
    [(all) => all.put('policy', 'every', policy('', { 'max-length': 5 }, { priority: 2 })), 'every -'],
    [
      (all) => all.put('policy', 'x', policy('', { 'max-length': 6 }, { priority: 3, applyTo: 'exchanges' })),
      'every -',
    ],
    [
      (all) => all.put('policy', 'q', policy('', { 'max-length': 7 }, { priority: 3, applyTo: 'quorum_queues' })),
      'every -',
    ],
    [(all) => all.put('operator-policy', 'op', policy('', { 'max-length': 8 })), 'every op'],
    [(all) => all.remove('policy', 'every'), 'z op'],
    [(all) => all.remove('operator-policy', 'op'), 'z -'],
  ]
  for (const [step, expected] of steps) {
    step(policies)
    assert.equal(applied(world, 'orders'), expected)
  }
  assert.equal(world.vhost.queue('orders', null).settings.maxLength, 2)
  assert.deepEqual(
    policies.list('policy').map(({ name }) => name),
    ['other', 'q', 'x', 'z', 'a', 'm'],
  )
  assert.equal(policies.remove('policy', 'none'), false)
})

test('a refused policy changes nothing', async () => {
  const world = await World.open()
  const { policies } = world.vhost
  policies.put('policy', 'p', policy('', { 'max-length': 1 }))
  assert.throws(() => policies.put('policy', 'p', policy('', { 'max-len': 1 })), /not recognised/)
  assert.deepEqual(policies.get('policy', 'p')?.definition, { 'max-length': 1 })
})

test('it takes effect for messages that are there, and ends when it is cleared', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  for (const text of ['1', '2', '3', '4']) world.publish('', 'q', text)
  await world.settle()
  assert.equal(queue.ready, 4)
  world.vhost.policies.put('policy', 'short', policy('^q$', { 'max-length': 2 }))
  await world.settle()
  assert.equal(queue.ready, 2)
  world.vhost.policies.remove('policy', 'short')
  for (const text of ['5', '6']) world.publish('', 'q', text)
  await world.settle()
  assert.equal(queue.ready, 4)
})

test('a limit in bytes that comes while messages are taken drops nothing for what they weigh', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  for (let i = 0; i < 4; i++) world.publish('', 'q', 'x'.repeat(100))
  const taker = world.consume(queue, 2)
  await world.settle()
  world.vhost.policies.put('policy', 'p', policy('^q$', { 'max-length-bytes': 250 }))
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [2, 2])
  taker.ack()
  taker.nack()
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [2, 0])
  taker.grant(1)
  world.publish('', 'q', 'x'.repeat(100))
  await world.settle()
  assert.deepEqual([queue.ready, queue.unacknowledged], [2, 1])
})

test('a queue that is made later, and one that is exclusive, have it from the start', async () => {
  const world = await World.open()
  world.vhost.policies.put('policy', 'p', policy('', { 'message-ttl': 5 }))
  assert.equal(world.queue('late', { 'x-message-ttl': 9 }).settings.messageTtlMs, 5)
  const options = { name: 'own', durable: false, autoDelete: false, arguments: {} }
  const own = world.vhost.declareQueue({ ...options, exclusiveTo: { exclusiveQueues: new Set() } }, null)
  assert.equal(own.settings.messageTtlMs, 5)
})

test('exchanges get their alternate exchange from a policy, arguments first', async () => {
  const world = await World.open()
  const { vhost } = world
  world.queue('lost')
  vhost.declareExchange('ae', 'fanout', { durable: true, autoDelete: false, internal: false, arguments: {} })
  vhost.bind('ae', vhost.queue('lost', null), '', {})
  const options = { durable: true, autoDelete: false, internal: false }
  vhost.declareExchange('x', 'direct', { ...options, arguments: {} })
  vhost.declareExchange('x2', 'direct', { ...options, arguments: { 'alternate-exchange': 'amq.fanout' } })
  vhost.policies.put('policy', 'p', policy('^(x|amq.direct|$)', { 'alternate-exchange': 'ae', 'message-ttl': 5 }))
  vhost.declareExchange('x3', 'direct', { ...options, arguments: {} })
  const ways: readonly (readonly [exchange: string, lost: number])[] = [
    ['x', 1],
    ['x2', 1],
    ['x3', 2],
    ['amq.direct', 3],
    ['', 3],
  ]
  for (const [exchange, lost] of ways) {
    world.publish(exchange, 'nowhere', 'm')
    await world.settle()
    assert.equal(vhost.queue('lost', null).ready, lost, exchange)
  }
  vhost.policies.remove('policy', 'p')
  world.publish('x', 'nowhere', 'm')
  await world.settle()
  assert.equal(vhost.queue('lost', null).ready, 3)
})

test('both kinds are there after a restart, and apply', async () => {
  const world = await World.open()
  world.queue('q', { 'x-max-length': 9 })
  const options = { durable: true, autoDelete: false, internal: false, arguments: {} }
  world.vhost.declareExchange('x', 'direct', options)
  world.vhost.policies.put('policy', 'p', policy('', { 'max-length': 5, 'alternate-exchange': 'ae' }, { priority: 3 }))
  world.vhost.policies.put('operator-policy', 'op', policy('', { 'max-length': 4 }))
  world.vhost.policies.put('policy', 'gone', policy('', { 'max-length': 1 }, { priority: 9 }))
  world.vhost.policies.remove('policy', 'gone')
  const kept = world.vhost.policies.list('policy')
  await world.restart()
  assert.deepEqual(world.vhost.policies.list('policy'), kept)
  assert.equal(applied(world, 'q'), 'p op')
  assert.equal(world.vhost.queue('q', null).settings.maxLength, 4)
  assert.equal(world.vhost.exchange('x').alternate, 'ae')
  assert.equal(world.vhost.exchange('amq.topic').alternate, 'ae')
})

test('they go with their virtual host', async () => {
  const world = await World.open()
  world.broker.declareVhost('v').policies.put('policy', 'p', policy('', { 'max-length': 5 }))
  world.broker.deleteVhost('v')
  assert.deepEqual(world.broker.declareVhost('v').policies.list('policy'), [])
  await world.restart()
  assert.deepEqual(world.broker.vhost('v').policies.list('policy'), [])
})
