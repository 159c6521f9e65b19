// How long returned messages rest.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restMs } from '../../src/broker/queue/returns.ts'
import type { DelayedRetry } from '../../src/broker/queue/settings.ts'
import { World } from './harness.ts'

const rests = (backoff: DelayedRetry['backoff']): number[] =>
  [1, 2, 3, 4, 5, 2 ** 32 - 1].map((count) => restMs({ type: 'all', backoff, minMs: 100, maxMs: 450 }, count))

test('a rest grows evenly, or doubles, or stays, and never beyond the longest', () => {
  assert.deepEqual(rests('linear'), [100, 200, 300, 400, 450, 450])
  assert.deepEqual(rests('exponential'), [100, 200, 400, 450, 450, 450])
  assert.deepEqual(rests('fixed'), [100, 100, 100, 100, 100, 100])
})

test('a rest that doubles goes on over a restart, and a policy changes what follows', async () => {
  const world = await World.open()
  const args = { 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 100, 'x-delayed-retry-max': 10_000 }
  let queue = world.queue('q', args)
  const setBackoff = (backoff: string): void => {
    const definition = { 'delayed-retry-backoff': backoff }
    world.vhost.policies.put('policy', 'backoff', { pattern: '^q$', definition })
  }
  setBackoff('exponential')
  world.publish('', 'q', 'a')
  let taker = world.consume(queue, 100)
  for (const restMs of [100, 200]) {
    await world.settle()
    taker.nack()
    await world.pass(restMs - 10)
    assert.equal(taker.taken.length, 0)
    await world.pass(20)
    assert.equal(taker.taken.length, 1)
  }
  taker.nack()
  await world.settle()
  await world.restart()
  queue = world.vhost.queues.get('q')!
  assert.equal(queue.held, 1)
  taker = world.consume(queue, 100)
  await world.pass(390)
  assert.equal(taker.taken.length, 0)
  await world.pass(20)
  assert.equal(taker.taken.length, 1)
  setBackoff('fixed')
  taker.nack()
  await world.pass(90)
  assert.equal(taker.taken.length, 0)
  await world.pass(20)
  assert.equal(taker.taken.length, 1)
})
