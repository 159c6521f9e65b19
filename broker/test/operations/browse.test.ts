import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrowsePage, browse } from '../../src/broker/operations/browse.ts'
import { listUnacked } from '../../src/broker/operations/unacked.ts'
import { Refusal } from '../../src/broker/refusal.ts'
import { decodeProperties } from '../../src/wire/amqp/properties.ts'
import { bodies, Scene, upTo } from './scene.ts'

test('shows what a message carries, and changes nothing', async () => {
  const scene = await Scene.open()
  const { peer, world } = scene
  await peer.ask(1, 'exchange.declare', { exchange: 'x', type: 'fanout' })
  await scene.declare('q', { 'x-message-ttl': 60_000 })
  await peer.ask(1, 'queue.bind', { queue: 'q', exchange: 'x', routingKey: '' })
  const properties = { headers: { n: 1, s: 'text' }, deliveryMode: 2, priority: 7, expiration: '1000', appId: 'app' }
  peer.publish('key', 'body', { exchange: 'x', properties })
  await world.settle()
  const publishedAt = world.clock.now()
  world.clock.advance(500)
  const { messages, next } = await scene.run(browse(scene.broker, scene.queue('q'), { bodyBytesMax: 3 }))
  assert.equal(next, null)
  assert.equal(messages.length, 1)
  const { properties: block, headers, body, ...message } = messages[0]
  assert.deepEqual(message, {
    place: 0,
    offset: 0,
    exchange: 'x',
    routingKey: 'key',
    bodyBytes: 4,
    persistent: true,
    priority: 7,
    arrivalMs: publishedAt,
    expiresMs: publishedAt + 1000,
    dueMs: null,
    state: 'ready',
    redelivered: false,
    deliveryCount: 0,
  })
  assert.equal(Buffer.from(body).toString(), 'bod')
  assert.deepEqual({ ...headers }, properties.headers)
  assert.equal(decodeProperties(block, 0, block.length).appId, 'app')
  assert.deepEqual(await scene.drain('q'), ['body'], 'it is not redelivered afterwards')
})

test('goes on page by page, and by position', async () => {
  const scene = await Scene.open()
  await scene.declare('q')
  await scene.publish('q', upTo(10))
  await scene.drain('q')
  await scene.publish('q', upTo(17, 10))
  const found: string[][] = []
  let next: number | null = 0
  while (next !== null) {
    const page: BrowsePage = await scene.run(browse(scene.broker, scene.queue('q'), { place: next, limit: 3 }))
    found.push(bodies(page.messages))
    next = page.next
  }
  assert.deepEqual(found, [upTo(13, 10), upTo(16, 13), ['16']])
  const some = await scene.run(browse(scene.broker, scene.queue('q'), { place: 15 }))
  assert.deepEqual(bodies(some.messages), ['15', '16'])
  const beyond = await scene.run(browse(scene.broker, scene.queue('q'), { place: 99 }))
  assert.deepEqual(beyond, { messages: [], next: null, scanned: { messages: 0, bytes: 0 } })
})

test('begins at a time', async () => {
  const scene = await Scene.open()
  const { clock } = scene.world
  await scene.declare('q')
  const times: number[] = []
  for (const body of upTo(20)) {
    clock.advance(1000)
    times.push(clock.now())
    await scene.publish('q', [body])
  }
  for (const [sinceMs, first] of [
    [times[0] - 1, 0],
    [times[7], 7],
    [times[7] + 1, 8],
    [times[19], 19],
    [times[19] + 1, 20],
  ]) {
    const { messages } = await scene.run(browse(scene.broker, scene.queue('q'), { sinceMs }))
    assert.deepEqual(bodies(messages), upTo(20, first))
  }
})

test('shows the levels of a queue with priorities by falling priority, and pages through them', async () => {
  const scene = await Scene.open()
  await scene.declare('q', { 'x-max-priority': 5 })
  const start = scene.world.clock.now()
  for (const body of upTo(9)) {
    await scene.publish('q', [body], { priority: Number(body) % 3 })
    scene.world.clock.advance(1000)
  }
  const sorted = ['2', '5', '8', '1', '4', '7', '0', '3', '6']
  const found: string[] = []
  let place: number | null = -1
  while (place !== null) {
    const page: BrowsePage = await scene.run(browse(scene.broker, scene.queue('q'), { place, limit: 2 }))
    found.push(...bodies(page.messages))
    place = page.next
  }
  assert.deepEqual(found, sorted)
  const late: string[] = []
  let next: number | null | undefined
  while (next !== null) {
    const options = { sinceMs: start + 4000, limit: 3, place: next }
    const page: BrowsePage = await scene.run(browse(scene.broker, scene.queue('q'), options))
    late.push(...bodies(page.messages))
    next = page.next
  }
  assert.deepEqual(late, ['5', '8', '4', '7', '6'])
})

test('finds by exchange, routing key, headers and body', async () => {
  const scene = await Scene.open()
  await scene.declare('q')
  await scene.publish('q', ['apple'], { headers: { kind: 'fruit', weight: 5 } })
  await scene.publish('q', ['pear'], { headers: { kind: 'fruit', weight: 6 } })
  await scene.publish('q', ['apple pie'])
  const rows = [
    [{ headers: { kind: 'fruit' } }, ['apple', 'pear']],
    [{ headers: { kind: 'fruit', weight: 6n } }, ['pear']],
    [{ headers: { none: null } }, []],
    [{ bodyContains: 'apple' }, ['apple', 'apple pie']],
    [{ bodyContains: Uint8Array.of(0x65, 0x20) }, ['apple pie']],
    [{ bodyContains: 'apple', headers: { weight: 5 } }, ['apple']],
    [{ routingKey: 'q', exchange: '' }, ['apple', 'pear', 'apple pie']],
    [{ routingKey: 'other' }, []],
    [{ exchange: 'other' }, []],
  ] as const
  for (const [filter, expected] of rows) {
    const { messages } = await scene.run(browse(scene.broker, scene.queue('q'), { filter }))
    assert.deepEqual(bodies(messages), expected)
  }
})

test('tells what is ready, with whom the rest is, and how often it came back', async () => {
  const scene = await Scene.open()
  const { peer, world } = scene
  await scene.declare('q')
  await scene.publish('q', upTo(4))
  await peer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 2 })
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  const [first] = peer.taken()
  peer.send(1, 'basic.nack', { deliveryTag: first.args.deliveryTag, requeue: true })
  await world.settle()
  const consumedAt = world.clock.now()
  world.clock.advance(5000)
  const other = await world.connect()
  await other.ask(1, 'basic.get', { queue: 'q' })
  const { messages } = await scene.run(browse(scene.broker, scene.queue('q')))
  assert.deepEqual(
    messages.map(({ state, redelivered, deliveryCount }) => [state, redelivered, deliveryCount]),
    [
      ['unacknowledged', true, 1],
      ['unacknowledged', false, 0],
      ['unacknowledged', false, 0],
      ['ready', false, 0],
    ],
  )
  const { messages: held, total } = listUnacked(scene.broker, scene.queue('q'))
  assert.equal(total, 3)
  assert.deepEqual(held.map(({ place, consumerTag, channel, user }) => [place, consumerTag, channel, user]).sort(), [
    [0, 'c', 1, 'guest'],
    [1, 'c', 1, 'guest'],
    [2, null, 1, 'guest'],
  ])
  assert.ok(held.every(({ sinceMs }, i) => Math.abs(sinceMs - consumedAt - (i < 2 ? 0 : 5000)) <= 200))
  assert.equal(held[0].connection, held[1].connection)
  assert.notEqual(held[0].connection, '')
  const page = listUnacked(scene.broker, scene.queue('q'), { skip: 1, limit: 1 })
  assert.deepEqual(page, { messages: [held[1]], total: 3 })
  peer.send(1, 'basic.ack', { deliveryTag: 0, multiple: true })
  await world.settle()
})

test('what is handed out while a long page is read is told apart from what is on its way', async () => {
  const scene = await Scene.open()
  const { peer, world } = scene
  await scene.declare('q')
  await scene.publish('q', upTo(2000))
  await peer.ask(1, 'basic.get', { queue: 'q' })
  const consumer = await world.connect()
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 1000 })
  consumer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  const looking = browse(scene.broker, scene.queue('q'), { limit: 2000 })
  await world.settle()
  const { messages } = await looking
  const states = messages.map(({ state }) => state)
  assert.equal(states[0], 'unacknowledged')
  assert.ok(states.slice(512, 1000).includes('unacknowledged'), 'the page was read while it was handed out')
  assert.equal(states.includes('leaving'), false)
})

test('a message set aside for a retry is held until its time', async () => {
  const scene = await Scene.open()
  const { peer, world } = scene
  await scene.declare('q', {
    'x-queue-type': 'quorum',
    'x-delayed-retry-type': 'all',
    'x-delayed-retry-min': 1000,
    'x-delayed-retry-max': 5000,
  })
  await scene.publish('q', ['0'])
  const got = await peer.ask(1, 'basic.get', { queue: 'q' })
  peer.send(1, 'basic.nack', { deliveryTag: got.args.deliveryTag, requeue: true })
  await world.settle()
  const until = world.clock.now() + 1000
  const [held] = (await scene.run(browse(scene.broker, scene.queue('q')))).messages
  assert.deepEqual([held.state, held.dueMs, held.deliveryCount], ['held', until, 1])
  await world.pass(1000)
  const [back] = (await scene.run(browse(scene.broker, scene.queue('q')))).messages
  assert.deepEqual([back.state, back.dueMs], ['ready', null])
})

test('reads what lies in files while a consumer is served, and disturbs neither its order nor its marks', async () => {
  const scene = await Scene.open({ tailBytesMax: 1 << 20 })
  const { peer, world } = scene
  const count = 60
  await scene.declare('q')
  for (let i = 0; i < count; i++) await scene.publish('q', [Buffer.alloc(40_000, i)])
  assert.ok(scene.broker.engine.metrics.spilledBytes > 40_000, 'something lies in files')
  const consumer = await world.connect()
  await consumer.ask(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 3 })
  consumer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'c' })
  const heard: [number, boolean][] = []
  const looking = scene.run(browse(scene.broker, scene.queue('q'), { bodyBytesMax: 1 }))
  for (let i = 0; i < count * 4 && heard.length < count; i++) {
    await world.settle()
    for (const { name, args, body } of consumer.taken()) {
      if (name !== 'basic.deliver') continue
      heard.push([body![0], args.redelivered])
      consumer.send(1, 'basic.ack', { deliveryTag: args.deliveryTag })
    }
  }
  assert.deepEqual(
    heard,
    Array.from({ length: count }, (_, i) => [i, false]),
  )
  const { messages } = await looking
  const seen = messages.map(({ body }) => body[0])
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  )
  assert.ok(seen.length > 0 && new Set(seen).size === seen.length)
  assert.equal(scene.queue('q').ready, 0)
  assert.equal(peer.arrivals.length, 0)
})

test('all that lies in files is seen, also from a time on', async () => {
  const scene = await Scene.open({ tailBytesMax: 1 << 20 })
  const count = 60
  await scene.declare('q')
  for (let i = 0; i < count; i++) {
    await scene.publish('q', [Buffer.alloc(40_000, i)])
    scene.world.clock.advance(1000)
  }
  const all = await scene.run(browse(scene.broker, scene.queue('q'), { limit: 1000 }))
  assert.deepEqual(
    all.messages.map(({ body, bodyBytes }) => [body[0], bodyBytes]),
    Array.from({ length: count }, (_, i) => [i, 40_000]),
  )
  const since = await scene.run(browse(scene.broker, scene.queue('q'), { sinceMs: all.messages[50].arrivalMs }))
  assert.equal(since.messages.length, 10)
  assert.equal(scene.queue('q').ready, count)
})

test('what is damaged is passed over', async () => {
  const scene = await Scene.open({ tailBytesMax: 1 << 20 })
  const count = 60
  await scene.declare('q')
  for (let i = 0; i < count; i++) await scene.publish('q', [Buffer.alloc(40_000, i)])
  scene.world.disk.garbledBelow = 400_000
  const { messages } = await scene.run(browse(scene.broker, scene.queue('q'), { limit: 1000 }))
  const seen = messages.map(({ body }) => body[0])
  assert.deepEqual(
    seen,
    Array.from({ length: seen.length }, (_, i) => count - seen.length + i),
  )
  assert.ok(seen.length > count / 2 && seen.length < count, `${seen.length} seen`)
})

test('what cannot be read at all is told', async () => {
  const scene = await Scene.open({ tailBytesMax: 1 << 20 })
  await scene.declare('q')
  for (let i = 0; i < 60; i++) await scene.publish('q', [Buffer.alloc(40_000, i)])
  scene.world.disk.readError = new Error('EIO: i/o error')
  await assert.rejects(scene.run(browse(scene.broker, scene.queue('q'))), { name: 'Refusal', code: 'internal-error' })
})

test('a page has a limit', async () => {
  const scene = await Scene.open()
  await scene.declare('q')
  for (const limit of [0, -1, 1.5, 10_001]) {
    await assert.rejects(browse(scene.broker, scene.queue('q'), { limit }), Refusal)
    assert.throws(() => listUnacked(scene.broker, scene.queue('q'), { limit }), Refusal)
  }
})
