// Arguments changed in place: what may change, what it does, and what a later declare is compared with.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { World } from './harness.ts'

test('limits change for the messages that are there, and the next declare is compared with them', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-max-length': 9, 'x-mine': 1 })
  for (const text of ['1', '2', '3']) world.publish('', 'q', text)
  world.vhost.alterQueue('q', { 'x-max-length': 2, 'x-message-ttl': 60_000 })
  await world.settle()
  assert.equal(queue.ready, 2)
  assert.throws(() => world.queue('q', { 'x-max-length': 9 }), /inequivalent arg 'x-message-ttl'|'x-max-length'/)
  assert.equal(world.queue('q', { 'x-max-length': 2, 'x-message-ttl': 60_000 }), queue)
  world.vhost.alterQueue('q', { 'x-max-length': null })
  assert.deepEqual(queue.arguments, { 'x-mine': 1, 'x-message-ttl': 60_000 })
  assert.equal(queue.settings.maxLength, null)
})

test('changed arguments are there after a restart', async () => {
  const world = await World.open()
  world.queue('q')
  world.vhost.alterQueue('q', { 'x-dead-letter-exchange': 'dlx', 'x-single-active-consumer': true })
  await world.restart()
  const { arguments: args, settings } = world.vhost.queue('q', null)
  assert.deepEqual({ ...args }, { 'x-dead-letter-exchange': 'dlx', 'x-single-active-consumer': true })
  assert.equal(settings.deadLetterExchange, 'dlx')
})

test('a policy bounds what is changed', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  world.vhost.policies.put('operator-policy', 'op', { pattern: '', definition: { 'max-length': 5 } })
  world.vhost.alterQueue('q', { 'x-max-length': 7 })
  assert.equal(queue.settings.maxLength, 5)
})

test('the number of priorities goes up, and down to what was never used', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-max-priority': 5 })
  world.publish('', 'q', 'm', { priority: 4 })
  await world.settle()
  world.vhost.alterQueue('q', { 'x-max-priority': 10 })
  world.publish('', 'q', 'm', { priority: 9 })
  assert.equal(Math.max(...queue.lanes.map((lane) => lane.level)), 9)
  const other = world.queue('other', { 'x-max-priority': 5 })
  world.publish('', 'other', 'm', { priority: 2 })
  world.vhost.alterQueue('other', { 'x-max-priority': 3 })
  assert.equal(other.settings.maxPriority, 3)
})

const refused: readonly (readonly [what: string, declared: Headers, changes: Headers, text: string])[] = [
  ['the type', {}, { 'x-queue-type': 'quorum' }, 'the type of a queue stays'],
  ['away with the type', { 'x-queue-type': 'quorum' }, { 'x-queue-type': null }, 'the type of a queue stays'],
  ['priorities for a queue without', {}, { 'x-max-priority': 5 }, 'the queue was declared without priorities'],
  ['no more priorities', { 'x-max-priority': 5 }, { 'x-max-priority': null }, 'the queue was declared with priorities'],
  [
    'fewer priorities than came',
    { 'x-max-priority': 5 },
    { 'x-max-priority': 3 },
    'messages of priority 4 came already',
  ],
]

for (const [what, declared, changes, reason] of refused) {
  test(`refused: ${what}`, async () => {
    const world = await World.open()
    const queue = world.queue('q', declared)
    world.publish('', 'q', 'm', { priority: 4 })
    const message = `cannot change arg '${Object.keys(changes)[0]}' of queue 'q' in vhost '/': ${reason}`
    assert.throws(() => world.vhost.alterQueue('q', changes), { code: 'precondition-failed', message })
    assert.deepEqual(queue.arguments, declared)
  })
}

test('a value that makes no sense, or that makes none of another, is refused as at a declare', async () => {
  const world = await World.open()
  world.queue('q', { 'x-dead-letter-exchange': 'x', 'x-dead-letter-routing-key': 'k' })
  assert.throws(() => world.vhost.alterQueue('q', { 'x-expires': 0 }), /invalid arg 'x-expires'.*\{value_zero,0\}/)
  assert.throws(() => world.vhost.alterQueue('q', { 'x-dead-letter-exchange': null }), /routing_key_but_no_dlx_defined/)
  assert.throws(() => world.vhost.alterQueue('none', {}), { code: 'not-found' })
})
