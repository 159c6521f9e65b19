// Publishing to topics: by their exchange, through others, into streams; confirmed as acks=all would be.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '../../src/broker/topic/murmur2.ts'
import type { Topic } from '../../src/broker/topic/topic.ts'
import { RecordCursor } from '../../src/record/record-cursor.ts'
import { World } from './session-harness.ts'

const persistent = { properties: { deliveryMode: 2 } }

async function publisher() {
  const world = await World.open()
  const peer = await world.connect()
  await peer.ask(1, 'exchange.declare', {
    exchange: 'orders',
    type: 'x-topic-log',
    durable: true,
    arguments: { 'x-partitions': 4 },
  })
  await peer.ask(1, 'confirm.select', {})
  const topic = world.broker.vhost('/').streams.topics.get('orders')!
  return { world, peer, topic }
}

/** What the partitions hold and readers may see, as `key=value`. */
function records(topic: Topic): string[][] {
  return topic.partitions.map((partition) => {
    const found: string[] = []
    const error = partition.read(partition.log.startOffset, 'committed', 1 << 20, (failure, parts) => {
      assert.equal(failure, null)
      const cursor = new RecordCursor()
      for (const part of parts) {
        cursor.open(part, 0)
        while (cursor.next()) {
          const text = (at: number, length: number) => Buffer.from(part.subarray(at, at + length)).toString()
          const key = cursor.keyLength < 0 ? null : text(cursor.keyPosition, cursor.keyLength)
          found.push(`${key}=${text(cursor.valuePosition, cursor.valueLength)}`)
        }
      }
    })
    assert.equal(error, null)
    return found
  })
}

test('a topic is declared as an exchange, and its messages go to the partitions of their keys', async () => {
  const { world, peer, topic } = await publisher()
  const keys = ['a', 'b', 'c', 'd', 'e', 'a']
  for (const [i, key] of keys.entries()) peer.publish(key, `${i}`, { exchange: 'orders', ...persistent })
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 6+'])
  const expected: string[][] = [[], [], [], []]
  for (const [i, key] of keys.entries()) expected[partitionOf(Buffer.from(key), 4)]!.push(`${key}=${i}`)
  assert.deepEqual(records(topic), expected)
})

test('the header x-partition-key decides instead of the routing key', async () => {
  const { world, peer, topic } = await publisher()
  peer.publish('a', '1', { exchange: 'orders', properties: { headers: { 'x-partition-key': 'other' } } })
  await world.settle()
  assert.deepEqual(records(topic)[partitionOf(Buffer.from('other'), 4)], ['other=1'])
})

test('a confirm waits for the disk', async () => {
  const { world, peer, topic } = await publisher()
  world.disk.writes.shut()
  for (let i = 0; i < 3; i++) peer.publish('a', `${i}`, { exchange: 'orders', ...persistent })
  await world.settle()
  assert.deepEqual(peer.heard(), [])
  assert.deepEqual(records(topic).flat(), [])
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 3+'])
  assert.deepEqual(records(topic).flat(), ['a=0', 'a=1', 'a=2'])
})

test('of a topic that is only written, a confirm waits for that, and for no other message', async () => {
  const { world, peer, topic } = await publisher()
  const { topics } = world.broker.vhost('/').streams
  topics.alterConfigs(topic, new Map([['durability', 'written']]))
  await peer.ask(1, 'queue.declare', { queue: 'kept', durable: true })
  world.disk.writes.shut()
  peer.publish('a', 'record', { exchange: 'orders', ...persistent })
  peer.publish('kept', 'message', persistent)
  await world.settle()
  assert.deepEqual(peer.heard(), [])
  world.disk.writes.open()
  await world.settle()
  const answers = peer.heard()
  assert.ok(answers.at(-1) === 'ack 2+' || answers.at(-1) === 'ack 2', answers.join())
  peer.publish('a', 'second', { exchange: 'orders', ...persistent })
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 3'])
  assert.deepEqual(records(topic).flat(), ['a=record', 'a=second'])
})

test('what is routed to a topic by other exchanges is appended, and to queues beside it', async () => {
  const { world, peer, topic } = await publisher()
  await peer.ask(1, 'exchange.declare', { exchange: 'events', type: 'topic' })
  await peer.ask(1, 'exchange.bind', { destination: 'orders', source: 'events', routingKey: 'order.#' })
  await peer.ask(1, 'queue.declare', { queue: 'all' })
  await peer.ask(1, 'queue.bind', { queue: 'all', exchange: 'events', routingKey: '#' })
  peer.publish('order.made', '1', { exchange: 'events' })
  peer.publish('user.made', '2', { exchange: 'events' })
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 2+'])
  assert.deepEqual(records(topic).flat(), ['order.made=1'])
  assert.equal(world.queue('all')!.ready, 2)
})

test('one that is too large for the topic is refused by a nack, and others are not', async () => {
  const { world, peer, topic } = await publisher()
  world.broker.vhost('/').streams.topics.alterConfigs(topic, new Map([['max.message.bytes', '1000']]))
  peer.publish('a', 'x'.repeat(2000), { exchange: 'orders' })
  peer.publish('a', 'fits', { exchange: 'orders' })
  await world.settle()
  assert.deepEqual(peer.heard(), ['basic.nack', 'ack 2'])
  assert.deepEqual(records(topic).flat(), ['a=fits'])
})

test('a topic made by AMQP takes messages as large as AMQP does', async () => {
  const { world, peer, topic } = await publisher()
  peer.publish('a', 'x'.repeat(12 << 20), { exchange: 'orders' })
  await world.settle()
  assert.deepEqual(peer.heard(), ['ack 1'])
  assert.equal(records(topic).flat()[0]!.length, (12 << 20) + 2)
})

test('tx.commit is answered when the records are durable', async () => {
  const { world, topic } = await publisher()
  const peer = await world.connect()
  await peer.ask(1, 'tx.select', {})
  peer.publish('a', '1', { exchange: 'orders', ...persistent })
  world.disk.writes.shut()
  peer.send(1, 'tx.commit', {})
  await world.settle()
  assert.deepEqual([peer.heard(), records(topic).flat()], [[], []])
  world.disk.writes.open()
  await world.settle()
  assert.deepEqual([peer.heard(), records(topic).flat()], [['tx.commit-ok'], ['a=1']])
})

test('names that a topic has are not given twice', async () => {
  const { world, peer } = await publisher()
  peer.send(1, 'exchange.declare', { exchange: 'orders', type: 'direct' })
  await world.settle()
  assert.match(peer.heard()[0]!, /inequivalent arg 'type' for exchange 'orders'.*current is 'x-topic-log'/)
  const other = await world.connect()
  await other.ask(1, 'exchange.declare', { exchange: 'taken', type: 'direct' })
  await other.ask(1, 'queue.declare', { queue: 'jobs-1' })
  const { topics } = world.broker.vhost('/').streams
  const check = (name: string, partitions: number) =>
    topics.check({ name, partitions, replicationFactor: -1, assignments: [], configs: [] }, 1)
  assert.throws(() => check('taken', 1), /Topic 'taken' collides with existing exchange 'taken'/)
  assert.throws(() => check('jobs', 2), /Topic 'jobs' collides with existing queue 'jobs-1'/)
  topics.create(check('jobs', 1))
  assert.throws(() => topics.addPartitions(topics.get('jobs')!, 1), /collides with existing queue 'jobs-1'/)
})

test('deleting the exchange deletes the topic', async () => {
  const { world, peer } = await publisher()
  await peer.ask(1, 'exchange.delete', { exchange: 'orders' })
  assert.equal(world.broker.vhost('/').streams.topics.get('orders'), undefined)
  peer.publish('a', '1', { exchange: 'orders' })
  await world.settle()
  assert.match(peer.heard()[0]!, /NOT_FOUND - no exchange 'orders'/)
})
