/** How much of a turn feeds take, however many partitions they follow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { bodies, declareQueue } from './fed-queues.ts'
import { TopicWorld } from './harness.ts'

const PARTITIONS = 64
const RECORDS = 1000

test('many partitions share what one may hand on in a turn', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: PARTITIONS })
  const vhost = world.broker.vhost('/')
  const queue = declareQueue(world, 'jobs')
  vhost.bind('orders', queue, '#', {})
  await world.settle()
  const feed = vhost.feeds.of(topic)!
  for (const partition of topic.partitions) {
    const builder = new BatchBuilder()
    for (let offset = 0; offset < RECORDS; offset++) {
      builder.append({ offset, timestamp: 1, key: null, value: [Buffer.from('x')], headers: [] })
    }
    assert.equal(partition.append(builder.finish({ leaderEpoch: 0 }), world.clock.now()).error, null)
  }
  const handedOn: number[] = []
  const { turn } = world
  const runNow = turn.runNow.bind(turn)
  turn.runNow = () => {
    const before = feed.handedOn
    runNow()
    handedOn.push(feed.handedOn - before)
  }
  await world.settle()
  assert.equal(feed.handedOn, PARTITIONS * RECORDS)
  assert.ok(Math.max(...handedOn) <= 4 * 4096, `${Math.max(...handedOn)} in one turn`)
  assert.equal((await bodies(world, queue)).length, PARTITIONS * RECORDS)
})
