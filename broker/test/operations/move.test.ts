import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browse } from '../../src/broker/operations/browse.ts'
import { type Destination, move } from '../../src/broker/operations/move.ts'
import type { Selection } from '../../src/broker/operations/transfer.ts'
import { bodies, Scene, upTo } from './scene.ts'

const moving = (scene: Scene, to: Destination, selection: Selection = {}, from = 'from') =>
  move(scene.broker, scene.vhost, scene.queue(from), to, selection)

async function two(args: Record<string, string | number | boolean> = {}): Promise<Scene> {
  const scene = await Scene.open()
  await scene.declare('from')
  await scene.declare('to', args)
  return scene
}

test('all messages go to a queue, in order, with the names they had', async () => {
  const scene = await two()
  await scene.peer.ask(1, 'exchange.declare', { exchange: 'x', type: 'fanout' })
  await scene.peer.ask(1, 'queue.bind', { queue: 'from', exchange: 'x', routingKey: '' })
  for (const body of upTo(2000))
    scene.peer.publish('k', body, { exchange: 'x', properties: { deliveryMode: 2, headers: { n: 1 } } })
  await scene.world.settle()
  assert.deepEqual(await scene.run(moving(scene, { queue: 'to' })), { moved: 2000, stayed: 0 })
  assert.deepEqual([scene.queue('from').ready, scene.queue('from').unacknowledged], [0, 0])
  const [first] = (await scene.run(browse(scene.broker, scene.queue('to'), { limit: 1 }))).messages
  assert.deepEqual([first.exchange, first.routingKey, first.persistent, first.headers?.n], ['x', 'k', true, 1])
  assert.deepEqual(await scene.drain('to'), upTo(2000))
  assert.deepEqual(await scene.drain('from'), [])
})

test('to an exchange they go as if published: with the key given, or their own with CC', async () => {
  const scene = await two()
  const { peer, world } = scene
  await scene.declare('cc')
  await scene.declare('any')
  await peer.ask(1, 'exchange.declare', { exchange: 'd', type: 'direct' })
  for (const [queue, routingKey] of [
    ['to', 'from'],
    ['cc', 'other'],
    ['any', 'any'],
  ]) {
    await peer.ask(1, 'queue.bind', { queue, exchange: 'd', routingKey })
  }
  peer.publish('from', 'one', { properties: { deliveryMode: 2, headers: { CC: ['other'] } } })
  await world.settle()
  await scene.drain('cc')
  assert.deepEqual(await scene.run(moving(scene, { exchange: 'd' })), { moved: 1, stayed: 0 })
  assert.deepEqual([await scene.drain('to'), await scene.drain('cc')], [['one'], ['one']])

  await scene.publish('from', ['two'])
  assert.deepEqual(await scene.run(moving(scene, { exchange: 'd', routingKey: 'any' })), { moved: 1, stayed: 0 })
  const [copy] = (await scene.run(browse(scene.broker, scene.queue('any')))).messages
  assert.deepEqual([copy.exchange, copy.routingKey], ['d', 'any'])
})

test('what reaches no queue, or a full one, stays where it is', async () => {
  const scene = await two({ 'x-max-length': 3, 'x-overflow': 'reject-publish' })
  await scene.publish('from', upTo(5))
  assert.deepEqual(await scene.run(moving(scene, { exchange: 'amq.direct' })), { moved: 0, stayed: 5 })
  assert.deepEqual(await scene.run(moving(scene, { queue: 'to' })), { moved: 3, stayed: 2 })
  assert.deepEqual([await scene.drain('to'), await scene.drain('from')], [upTo(3), ['3', '4']])
  for (const to of [{ queue: 'none' }, { exchange: 'none' }]) {
    await assert.rejects(moving(scene, to), { name: 'Refusal', code: 'not-found' })
  }
})

test('the first few, those that a filter finds, or single ones', async () => {
  const scene = await two()
  await scene.publish('from', upTo(4))
  await scene.publish('from', upTo(8, 4), { headers: { late: true } })
  assert.equal((await scene.run(moving(scene, { queue: 'to' }, { limit: 2 }))).moved, 2)
  assert.deepEqual(await scene.drain('to'), ['0', '1'])
  assert.equal((await scene.run(moving(scene, { queue: 'to' }, { places: [3, 5, 99] }))).moved, 2)
  assert.deepEqual(await scene.drain('to'), ['3', '5'])
  assert.equal((await scene.run(moving(scene, { queue: 'to' }, { filter: { headers: { late: true } } }))).moved, 3)
  assert.deepEqual([await scene.drain('to'), await scene.drain('from')], [['4', '6', '7'], ['2']])
  assert.equal((await scene.run(moving(scene, { queue: 'to' }, { limit: 0 }))).moved, 0)
})

test('those from a time on, of every priority and however many', async () => {
  const scene = await Scene.open()
  await scene.declare('from', { 'x-max-priority': 2 })
  await scene.declare('to')
  await scene.publish('from', ['early high'], { priority: 2 })
  await scene.publish('from', ['early low'], { priority: 1 })
  scene.world.clock.advance(1000)
  const sinceMs = scene.world.clock.now()
  await scene.publish('from', upTo(1500), { priority: 2 })
  await scene.publish('from', ['late low'], { priority: 1 })
  assert.equal((await scene.run(moving(scene, { queue: 'to' }, { sinceMs }))).moved, 1501)
  assert.deepEqual(await scene.drain('from'), ['early high', 'early low'])
})

test('onto itself a queue is rotated once', async () => {
  const scene = await two()
  await scene.publish('from', upTo(3))
  assert.deepEqual(await scene.run(moving(scene, { queue: 'from' }, { limit: 2 })), { moved: 2, stayed: 0 })
  assert.deepEqual(await scene.drain('from'), ['2', '0', '1'])
  await scene.publish('from', upTo(3))
  assert.deepEqual(await scene.run(moving(scene, { queue: 'from' })), { moved: 3, stayed: 0 })
  assert.deepEqual(await scene.drain('from'), upTo(3))
})

test('what its destination knows already stays, be it the queue itself', async () => {
  const scene = await two({ 'x-message-deduplication': true })
  await scene.publish('to', ['known'], { headers: { 'x-deduplication-header': 'k' } })
  await scene.publish('from', ['same'], { headers: { 'x-deduplication-header': 'k' } })
  await scene.publish('from', ['other'], { headers: { 'x-deduplication-header': 'l' } })
  assert.deepEqual(await scene.run(moving(scene, { queue: 'to' })), { moved: 1, stayed: 1 })
  assert.deepEqual(await scene.run(moving(scene, { queue: 'to' }, {}, 'to')), { moved: 0, stayed: 2 })
  assert.deepEqual([await scene.drain('to'), await scene.drain('from')], [['known', 'other'], ['same']])
})

test('a queue with limits has room again for what went, and for that alone', async () => {
  const scene = await Scene.open()
  await scene.declare('from', { 'x-max-length-bytes': 10, 'x-overflow': 'reject-publish' })
  await scene.declare('to')
  await scene.publish('from', ['aaaa', 'bbbb'])
  assert.equal((await scene.run(moving(scene, { queue: 'to' }, { limit: 1 }))).moved, 1)
  assert.equal(scene.queue('from').readyBytes, 4)
  await scene.publish('from', ['cccc', 'dddd'])
  assert.deepEqual(await scene.drain('from'), ['bbbb', 'cccc'])
})

test('a priority and a time of its own go along; the time starts anew', async () => {
  const scene = await two({ 'x-max-priority': 5 })
  await scene.publish('from', ['low'], { priority: 1 })
  await scene.publish('from', ['high'], { priority: 5, expiration: '10000' })
  await scene.world.pass(6000, 1000)
  await scene.run(moving(scene, { queue: 'to' }))
  const { messages } = await scene.run(browse(scene.broker, scene.queue('to')))
  assert.deepEqual(bodies(messages), ['high', 'low'])
  assert.equal(messages[0].expiresMs! - messages[0].arrivalMs, 10_000)
  await scene.world.pass(6000, 1000)
  assert.equal(scene.queue('to').ready, 2)
  await scene.world.pass(6000, 1000)
  assert.deepEqual(await scene.drain('to'), ['low'])
})

test('consumers go on beside it: each message goes to exactly one of both', async () => {
  const scene = await two()
  const { world } = scene
  const count = 5000
  await scene.publish('from', upTo(count))
  const consumer = await world.connect()
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 10 })
  consumer.send(1, 'basic.consume', { queue: 'from', consumerTag: 'c' })
  await world.settle()
  const heard: string[] = []
  const listen = () => {
    for (const { name, args, body } of consumer.taken()) {
      if (name !== 'basic.deliver') continue
      heard.push(`${body}${args.redelivered ? '!' : ''}`)
      if (heard.length % 7 === 0) consumer.send(1, 'basic.ack', { deliveryTag: args.deliveryTag, multiple: true })
    }
  }
  listen()
  const moved = moving(scene, { queue: 'to' })
  for (let i = 0; i < 20; i++) {
    listen()
    await world.settle()
  }
  await scene.run(moved)
  listen()
  consumer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  await world.settle()
  listen()
  consumer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  await world.settle()
  const there = await scene.drain('to')
  assert.ok(heard.length > 10 && there.length > 10, `${heard.length} heard, ${there.length} moved`)
  assert.deepEqual(
    [...heard, ...there].sort((a, b) => Number(a) - Number(b)),
    upTo(count),
  )
  assert.deepEqual(
    there,
    [...there].sort((a, b) => Number(a) - Number(b)),
  )
  assert.deepEqual([scene.queue('from').ready, scene.queue('from').unacknowledged], [0, 0])
})

test('a message is settled only behind its copy: a stop in between leaves one or two, never none', async () => {
  const scene = await two()
  await scene.publish('from', upTo(3))
  await scene.world.pass(100)
  const { disk } = scene.world
  disk.writes.shut()
  const moved = moving(scene, { queue: 'to' })
  moved.catch(() => {})
  await scene.world.settle()
  const { log } = scene.queue('from').lanes[0]
  assert.equal(scene.queue('to').ready, 3, 'the copies are there')
  assert.equal(log.unsettled, 3, 'and not durable, so the messages are too')
  assert.equal(scene.queue('from').ready, 0, 'but nobody else gets them')
  const { messages } = await scene.run(browse(scene.broker, scene.queue('from')))
  assert.ok(messages.every(({ state }) => state === 'leaving'))
  disk.writes.open()
  assert.deepEqual(await scene.run(moved), { moved: 3, stayed: 0 })
  assert.equal(log.unsettled, 0)

  const after = await scene.restart()
  assert.deepEqual(await after.drain('to'), upTo(3))
})

test('what was moved is gone for good once that is told', async () => {
  const scene = await two()
  await scene.publish('from', upTo(3))
  await scene.world.pass(100)
  const moved = moving(scene, { queue: 'to' })
  let isTold = false
  moved.then(() => {
    isTold = true
  })
  while (!isTold) await scene.world.settle()
  scene.world.disk.writes.shut()
  scene.world.disk.writes.abandon()
  const after = await scene.restart()
  assert.deepEqual([await after.drain('from'), await after.drain('to')], [[], upTo(3)])
})

test('after a power cut before the copies are durable the messages are where they were', async () => {
  const scene = await two()
  await scene.publish('from', upTo(3))
  await scene.world.pass(100)
  const { disk } = scene.world
  disk.writes.shut()
  moving(scene, { queue: 'to' }).catch(() => {})
  await scene.world.settle()
  disk.writes.abandon()
  const after = await scene.restart()
  assert.deepEqual([await after.drain('from'), await after.drain('to')], [upTo(3), []])
})

test('what lies in files is moved too, large bodies and all', async () => {
  const scene = await Scene.open({ tailBytesMax: 1 << 20 })
  await scene.declare('from')
  await scene.declare('to')
  const count = 60
  for (let i = 0; i < count; i++) await scene.publish('from', [Buffer.alloc(40_000, i)])
  assert.ok(scene.broker.engine.metrics.spilledBytes > 40_000, 'something lies in files')
  assert.deepEqual(await scene.run(moving(scene, { queue: 'to' })), { moved: count, stayed: 0 })
  const { messages } = await scene.run(browse(scene.broker, scene.queue('to'), { limit: 1000, bodyBytesMax: 40_000 }))
  assert.deepEqual(
    messages.map(({ body }) => Buffer.from(body).equals(Buffer.alloc(40_000, body[0])) && body[0]),
    Array.from({ length: count }, (_, i) => i),
  )
  assert.equal(scene.queue('from').lanes[0].log.unsettled, 0)
})

test('a queue that is deleted meanwhile ends it', async () => {
  const scene = await two()
  await scene.publish('from', upTo(3000))
  scene.world.disk.writes.shut()
  const moved = moving(scene, { queue: 'to' })
  await scene.world.settle()
  scene.vhost.deleteQueue('from', null, false, false)
  scene.world.disk.writes.open()
  const result = await scene.run(moved)
  assert.ok(result.moved < 3000)
  assert.equal((await scene.drain('to')).length, result.moved)
})

test('a routing key that no message can have is refused before any is touched', async () => {
  const scene = await two()
  scene.peer.publish('from', 'a')
  await scene.world.settle()
  const to = { exchange: 'amq.direct', routingKey: 'k'.repeat(256) }
  await assert.rejects(moving(scene, to), { name: 'Refusal', code: 'precondition-failed' })
  assert.equal(scene.queue('from').ready, 1)
})
