/** What is published to topics between one turn and the next, while their settings change or their codec is missing. */
import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { Route } from '../../src/broker/queue/route.ts'
import { RecordReader } from '../../src/broker/topic/record-reader.ts'
import type { Topic } from '../../src/broker/topic/topic.ts'
import { MessageDraft, MessageView } from '../../src/record/message.ts'
import { TopicWorld } from './harness.ts'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'snappy') throw new Error('no such module here')
    return next(specifier, context)
  },
})

/** Publishes through the topic's exchange. @returns the durable number */
function publish(world: TopicWorld, exchange: string, key: string, body: string): number {
  const vhost = world.broker.vhost('/')
  const route = new Route()
  vhost.route(vhost.exchange(exchange), key, null, route)
  const draft = new MessageDraft()
  draft.names = Buffer.concat([exchange, key].flatMap((name) => [Buffer.of(name.length), Buffer.from(name)]))
  draft.properties = Buffer.alloc(2)
  draft.propertiesLen = 2
  draft.body = Buffer.from(body)
  draft.bodyLen = body.length
  draft.arrival = world.clock.now()
  return route.append(world.engine, draft)
}

function bodiesOf(topic: Topic): string[] {
  const reader = new RecordReader(propertyBlocks)
  const view = new MessageView()
  const found: string[] = []
  for (const partition of topic.partitions) {
    partition.read(0, 'uncommitted', 1 << 20, (error, parts) => {
      assert.equal(error, null)
      reader.open(parts, 0, [], topic.name)
      while (reader.next()) {
        reader.describe(view)
        found.push(Buffer.from(view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen)).toString())
      }
    })
  }
  return found
}

for (const [before, after] of [
  ['synced', 'written'],
  ['written', 'synced'],
]) {
  test(`messages on their way are confirmed, and not too early, when their topic goes from ${before} to ${after}`, async () => {
    const world = await TopicWorld.open()
    const topic = world.create('orders', { partitions: 2, configsOf: { durability: before } })
    await world.settle()
    const numbers = ['a', 'b', 'c'].map((key) => publish(world, 'orders', key, key))
    world.topics.alterConfigs(topic, new Map([['durability', after]]))
    const early: number[] = []
    for (const number of numbers) {
      world.broker.durability.after(number, () => {
        if (bodiesOf(topic).length < numbers.length) early.push(number)
      })
    }
    await world.settle()
    assert.deepEqual(early, [])
    for (const number of numbers) assert.ok(world.broker.durability.reached(number))
    assert.deepEqual(bodiesOf(topic).sort(), ['a', 'b', 'c'])
  })
}

test('a message that was taken is not lost with the codec of its topic', async () => {
  const world = await TopicWorld.open()
  const topic = world.create('orders', { partitions: 1, configsOf: { 'compression.type': 'snappy' } })
  await world.settle()
  const number = publish(world, 'orders', 'k', 'kept')
  assert.ok(number > 0)
  await world.settle()
  assert.ok(world.broker.durability.reached(number))
  assert.deepEqual(bodiesOf(topic), ['kept'])
})
