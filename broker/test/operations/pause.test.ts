import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browse } from '../../src/broker/operations/browse.ts'
import { move } from '../../src/broker/operations/move.ts'
import { pause, resume } from '../../src/broker/operations/pause.ts'
import { Scene, upTo } from './scene.ts'

const pausing = (scene: Scene, queue = 'q') => scene.run(pause(scene.broker, scene.queue(queue)))
const resuming = (scene: Scene, queue = 'q') => scene.run(resume(scene.broker, scene.queue(queue)))

test('a paused queue takes messages and hands out none; a resumed one goes on in order', async () => {
  const scene = await Scene.open()
  const { peer, world } = scene
  await scene.declare('q')
  await scene.publish('q', upTo(4))
  const consumer = await world.connect()
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 2 })
  await consumer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  assert.deepEqual(consumer.heard(), ['deliver c 1 0', 'deliver c 2 1'])
  await pausing(scene)
  await pausing(scene)
  assert.equal(scene.queue('q').paused, true)
  consumer.send(1, 'basic.ack', { deliveryTag: 1 })
  consumer.send(1, 'basic.nack', { deliveryTag: 2, requeue: true })
  await scene.publish('q', ['4'])
  await peer.ask(1, 'basic.get', { queue: 'q' }, 'basic.get-empty')
  const late = await world.connect()
  await late.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'late', noAck: true })
  await world.pass(1000)
  assert.deepEqual([consumer.heard(), late.heard()], [[], []])
  assert.deepEqual([scene.queue('q').ready, scene.queue('q').unacknowledged], [4, 0])
  await consumer.ask(1, 'basic.cancel', { consumerTag: 'c' })
  await resuming(scene)
  assert.deepEqual(late.heard(), ['deliver late 1! 1', 'deliver late 2 2', 'deliver late 3 3', 'deliver late 4 4'])
})

test('times, limits, purge and operations go on', async () => {
  const scene = await Scene.open()
  await scene.declare('q', { 'x-max-length': 3 })
  await scene.declare('to')
  await pausing(scene)
  await scene.publish('q', ['short'], { expiration: '500' })
  await scene.world.pass(1000)
  assert.equal(scene.queue('q').ready, 0)
  await scene.publish('q', upTo(5))
  assert.equal(scene.queue('q').ready, 3)
  assert.equal((await scene.run(browse(scene.broker, scene.queue('q')))).messages.length, 3)
  const moved = await scene.run(move(scene.broker, scene.vhost, scene.queue('q'), { queue: 'to' }, { limit: 1 }))
  assert.equal(moved.moved, 1)
  const { args } = await scene.peer.ask(1, 'queue.purge', { queue: 'q' })
  assert.equal(args.messageCount, 2)
})

test('a full paused queue refuses as any other', async () => {
  const scene = await Scene.open()
  await scene.declare('q', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
  const consumer = await scene.world.connect()
  await consumer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c', noAck: true })
  await pausing(scene)
  await scene.peer.ask(1, 'confirm.select', {})
  await scene.publish('q', ['0'])
  await scene.publish('q', ['1'])
  assert.deepEqual(scene.peer.heard(), ['ack 1', 'basic.nack'])
  await resuming(scene)
  assert.deepEqual(consumer.heard(), ['deliver c 1 0'])
})

test('kept over a restart until it is resumed; not inherited by a queue of the same name', async () => {
  let scene = await Scene.open()
  await scene.declare('q')
  await scene.declare('other')
  await scene.publish('q', upTo(2))
  await pausing(scene)
  await pausing(scene, 'other')
  await scene.peer.ask(1, 'queue.delete', { queue: 'other' })
  await scene.declare('other')
  scene = await scene.restart()
  assert.deepEqual([scene.queue('q').paused, scene.queue('other').paused], [true, false])
  assert.deepEqual(await scene.drain('q'), [])
  await resuming(scene)
  scene = await scene.restart()
  assert.equal(scene.queue('q').paused, false)
  assert.deepEqual(await scene.drain('q'), upTo(2))
})

test('a queue of one connection can be paused too', async () => {
  const scene = await Scene.open()
  await scene.peer.ask(1, 'queue.declare', { queue: 'mine', exclusive: true })
  await pausing(scene, 'mine')
  await scene.publish('mine', ['0'])
  assert.deepEqual(await scene.drain('mine'), [])
  await resuming(scene, 'mine')
  assert.deepEqual(await scene.drain('mine'), ['0'])
})
