// Transactions: what they hold back begins at their commit.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './session-harness.ts'

test('the time of a message begins at the commit', async () => {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'jobs', durable: true })
  await peer.ask(1, 'tx.select', {})
  peer.publish('jobs', 'one', { properties: { expiration: '100' } })
  await world.settle()
  world.clock.advance(500)
  await peer.ask(1, 'tx.commit', {})
  await world.settle()
  const { queues } = world.broker.vhost('/')
  assert.equal(queues.get('jobs')!.ready, 1)
  world.clock.advance(99)
  await world.settle()
  assert.equal(queues.get('jobs')!.ready, 1)
  world.clock.advance(10)
  await world.settle()
  assert.equal(queues.get('jobs')!.ready, 0)
})
