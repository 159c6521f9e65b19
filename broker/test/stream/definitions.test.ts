import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionsTarget } from '../../src/broker/broker-definitions.ts'
import { exportDefinitions } from '../../src/broker/definitions/export.ts'
import { importDefinitions } from '../../src/broker/definitions/import.ts'
import { TopicWorld } from '../topic/harness.ts'
import { declareStream, streamOf } from './taker.ts'

test('streams go out and come in as queues, other topics as exchanges', async () => {
  const world = await TopicWorld.open()
  declareStream(world, 's', { 'x-max-age': '7D', 'x-max-length-bytes': 5000 })
  world.create('k', { partitions: 3 })
  world.create('one', { partitions: 1 })
  const vhost = world.broker.vhost('/')
  vhost.bind('amq.direct', streamOf(world, 's'), 'key', {})
  const text = exportDefinitions(definitionsTarget(world.broker), '4.0.0')
  const { queues, exchanges } = JSON.parse(text)
  const named = ({ name }: { name: string }) => name
  assert.deepEqual(queues.map(named), ['s'])
  assert.equal(queues[0].type, 'stream')
  assert.deepEqual(exchanges.map(named).sort(), ['k', 'one'])

  const other = await TopicWorld.open()
  assert.deepEqual(importDefinitions(text, definitionsTarget(other.broker)).skipped, [])
  assert.deepEqual(streamOf(other, 's').arguments, streamOf(world, 's').arguments)
  assert.deepEqual(
    ['s', 'k', 'one'].map((name) => other.topics.get(name)?.partitions.length),
    [1, 3, 1],
  )
  const [binding] = other.broker.vhost('/').exchange('amq.direct').bindings()
  assert.deepEqual([binding.destination, binding.key], [streamOf(other, 's'), 'key'])
  // Once more changes nothing.
  assert.deepEqual(importDefinitions(text, definitionsTarget(other.broker)).skipped, [])
})
