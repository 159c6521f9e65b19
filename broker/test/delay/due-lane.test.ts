import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from '../queue/harness.ts'
import { declareDelayed, delay, kill, laneOf, runTurn } from './delayed.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

async function withQueue(type = 'direct', durable = true): Promise<World> {
  const world = await World.open()
  declareDelayed(world, 'later', type, durable)
  world.vhost.bind('later', world.queue('jobs'), 'k', {})
  return world
}

test('routes a message when its time has come, and not before', async () => {
  const world = await withQueue()
  const queue = world.queue('jobs')
  const now = world.clock.now()
  delay(world, 'later', 'k', 'second', now + 2000)
  delay(world, 'later', 'k', 'first', now + 1500)
  assert.equal(laneOf(world, 'later').pending, 2)
  await world.pass(1490)
  assert.deepEqual(await world.drain(queue), [])
  await world.pass(10)
  assert.deepEqual(await world.drain(queue), ['first'])
  await world.pass(490)
  assert.deepEqual(await world.drain(queue), [])
  await world.pass(10)
  assert.deepEqual(await world.drain(queue), ['second'])
  assert.equal(laneOf(world, 'later').pending, 0)
})

test('counts its expiration from when it is due', async () => {
  const world = await withQueue()
  const queue = world.queue('jobs')
  delay(world, 'later', 'k', 'short', world.clock.now() + 1000, { expiration: 500 })
  await world.pass(1400)
  assert.equal(queue.ready, 1)
  await world.pass(200)
  assert.equal(queue.ready, 0)
})

test('goes by all its keys, and nobody sees the blind ones', async () => {
  const world = await withQueue()
  world.vhost.bind('later', world.queue('copy'), 'c', {})
  world.vhost.bind('later', world.queue('blind'), 'b', {})
  delay(world, 'later', 'k', 'all', world.clock.now() + 1000, { headers: { CC: ['c'], BCC: ['b'], other: 'x' } })
  await world.pass(1010)
  for (const name of ['jobs', 'copy', 'blind']) {
    const taker = world.consume(world.queue(name))
    await world.settle()
    assert.deepEqual({ ...taker.taken[0]?.headers }, { CC: ['c'], other: 'x' }, name)
  }
})

for (const [distance, name] of [
  [2 * SECOND, 'seconds'],
  [3 * MINUTE, 'minutes'],
  [3 * HOUR, 'hours'],
  [3 * DAY, 'days'],
  [40 * DAY, 'weeks'],
] as const) {
  test(`is on time and in order ${name} ahead, over starts in between`, async () => {
    const world = await withQueue()
    const due = world.clock.now() + distance
    const expected: string[] = []
    for (let i = 0; i < 300; i++) {
      delay(world, 'later', 'k', `${i}`, due + ((i * 37) % 101) * 7)
      expected.push(`${i}`)
    }
    expected.sort((a, b) => ((+a * 37) % 101) - ((+b * 37) % 101) || +a - +b)
    await world.settle()
    await kill(world)
    await world.pass((distance * 2) / 3, distance / 40)
    await world.restart()
    await world.pass(due - 10 - world.clock.now(), distance / 200)
    assert.deepEqual(await world.drain(world.queue('jobs')), [])
    assert.equal(laneOf(world, 'later').pending, 300)
    await world.pass(20)
    const early = await world.drain(world.queue('jobs'))
    assert.ok(early.length > 0 && early.length < 30, `${early.length} at once`)
    await world.pass(1000)
    assert.deepEqual([...early, ...(await world.drain(world.queue('jobs')))], expected)
    await world.pass(5000)
    assert.equal(laneOf(world, 'later').pending, 0)
  })
}

test('what fell due while the broker was down goes out in the order of its times', async () => {
  const world = await withQueue()
  const now = world.clock.now()
  const dues = Array.from({ length: 500 }, (_, i) => now + 1000 + ((i * 7919) % 499) * 60_000)
  for (const [i, due] of dues.entries()) delay(world, 'later', 'k', `${i}`, due)
  delay(world, 'later', 'k', 'future', now + 2 * DAY)
  await world.settle()
  await kill(world, DAY)
  await world.pass(100)
  const order = dues.map((due, i) => ({ due, i })).sort((a, b) => a.due - b.due || a.i - b.i)
  assert.deepEqual(
    await world.drain(world.queue('jobs')),
    order.map(({ i }) => `${i}`),
  )
  assert.equal(laneOf(world, 'later').pending, 1)
})

test('what was routed before a crash does not come again', async () => {
  const world = await withQueue()
  delay(world, 'later', 'k', 'once', world.clock.now() + 1000)
  await world.pass(1100)
  assert.deepEqual(await world.drain(world.queue('jobs')), ['once'])
  await world.pass(100)
  await kill(world)
  await world.pass(10_000)
  assert.deepEqual(await world.drain(world.queue('jobs')), [])
})

test('keeps order and loses nothing when its messages lie in files', async () => {
  const world = await World.open({ tailBytesMax: 1 << 20 })
  declareDelayed(world, 'later')
  world.vhost.bind('later', world.queue('jobs'), 'k', {})
  const now = world.clock.now()
  const count = 6000
  const padding = '.'.repeat(300)
  const dues = Array.from({ length: count }, (_, i) => now + 30_000 + ((i * 7919) % 5003) * 3)
  for (let i = 0; i < count; i++) {
    delay(world, 'later', 'k', `${i}${padding}`, dues[i])
    if (i % 100 === 99) await world.settle()
  }
  await world.settle()
  assert.ok(world.engine.metrics.spilledBytes > 1 << 20)
  await kill(world)
  const got: string[] = []
  for (let i = 0; i < 60; i++) {
    await world.pass(1000, 100)
    got.push(...(await world.drain(world.queue('jobs'))))
  }
  const order = dues.map((due, i) => ({ due, i })).sort((a, b) => a.due - b.due || a.i - b.i)
  assert.deepEqual(
    got,
    order.map(({ i }) => `${i}${padding}`),
  )
})

test('forgets transient messages and those of exchanges that are not durable at a start, and logs nobody owns', async () => {
  const world = await withQueue()
  declareDelayed(world, 'passing', 'direct', false)
  delay(world, 'later', 'k', 'kept', world.clock.now() + 9000)
  delay(world, 'later', 'k', 'transient', world.clock.now() + 9000, { persistent: false })
  delay(world, 'passing', 'k', 'gone', world.clock.now() + 9000)
  await world.settle()
  await kill(world)
  assert.equal(laneOf(world, 'later').pending, 1)
  await world.pass(9010)
  assert.deepEqual(await world.drain(world.queue('jobs')), ['kept'])
})

test('goes with its exchange', async () => {
  const world = await withQueue()
  delay(world, 'later', 'k', 'never', world.clock.now() + 1000)
  world.vhost.deleteExchange('later', false)
  await world.settle()
  assert.equal([...world.engine.logs.values()].filter((log) => log.owner.includes('delayed')).length, 0)
  declareDelayed(world, 'later')
  world.vhost.bind('later', world.queue('jobs'), 'k', {})
  await world.pass(2000)
  assert.deepEqual(await world.drain(world.queue('jobs')), [])
})

test('can be cancelled, and delivered before its time', async () => {
  const world = await withQueue()
  const now = world.clock.now()
  for (const far of [2000, 3 * HOUR]) {
    delay(world, 'later', 'k', `cancelled ${far}`, now + far)
    delay(world, 'later', 'k', `hurried ${far}`, now + far)
    delay(world, 'later', 'k', `patient ${far}`, now + far)
  }
  const lane = laneOf(world, 'later')
  const listed = await lane.list(100)
  assert.deepEqual(
    listed.map(({ dueMs }) => dueMs - now),
    [2000, 2000, 2000, 3 * HOUR, 3 * HOUR, 3 * HOUR],
  )
  for (const at of [0, 3]) {
    assert.ok(lane.cancel(listed[at].place))
    assert.ok(!lane.cancel(listed[at].place))
    assert.ok(lane.deliverNow(listed[at + 1].place))
  }
  await world.settle()
  assert.deepEqual(await world.drain(world.queue('jobs')), ['hurried 2000', `hurried ${3 * HOUR}`])
  assert.equal(lane.pending, 2)
  assert.ok(!lane.deliverNow(listed[1].place))
  await world.pass(100)
  await kill(world)
  await world.pass(2010)
  assert.deepEqual(await world.drain(world.queue('jobs')), ['patient 2000'])
  await world.pass(3 * HOUR, MINUTE)
  assert.deepEqual(await world.drain(world.queue('jobs')), [`patient ${3 * HOUR}`])
})

test('tells all messages apart, however many logs there were before theirs', async () => {
  for (const logs of [2 ** 21, 2 ** 40]) {
    const world = await withQueue()
    Object.assign(world.engine, { nextLogId: logs + 1 })
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`)
    for (const [i, text] of texts.entries()) delay(world, 'later', 'k', text, world.clock.now() + 1000 + i)
    const lane = laneOf(world, 'later')
    const places = (await lane.list(100)).map(({ place }) => place)
    assert.equal(new Set(places).size, 20)
    assert.ok(places.every(Number.isSafeInteger), `${places}`)
    await world.pass(1100)
    assert.deepEqual(await world.drain(world.queue('jobs')), texts)
    assert.equal(lane.pending, 0)
  }
})

test('tells logs apart that were made very many logs after another', async () => {
  const world = await withQueue()
  const now = world.clock.now()
  delay(world, 'later', 'k', 'far', now + 40 * DAY)
  const lane = laneOf(world, 'later')
  const [{ log }] = lane.buckets.values()
  Object.assign(world.engine, { nextLogId: log.id + 2 ** 21 })
  delay(world, 'later', 'k', 'near', now + 1000)
  const listed = await lane.list(100)
  assert.equal(new Set(listed.map(({ place }) => place)).size, 2)
  assert.ok(lane.deliverNow(listed[0].place))
  await world.settle()
  assert.deepEqual(await world.drain(world.queue('jobs')), ['near'])
  await world.pass(100)
  await kill(world)
  await world.pass(40 * DAY + 1000, DAY / 4)
  assert.deepEqual(await world.drain(world.queue('jobs')), ['far'])
})

test('waits while its only queue is full', async () => {
  const world = await World.open()
  declareDelayed(world, 'later')
  const queue = world.queue('jobs', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
  world.vhost.bind('later', queue, 'k', {})
  delay(world, 'later', 'k', 'a', world.clock.now() + 100)
  delay(world, 'later', 'k', 'b', world.clock.now() + 200)
  await world.pass(1000)
  assert.deepEqual(await world.drain(queue), ['a'])
  await world.pass(2000)
  assert.deepEqual(await world.drain(queue), ['b'])
})

test('a million at once leave room for others', async () => {
  const world = await withQueue()
  const due = world.clock.now() + 60_000
  for (let i = 0; i < 20_000; i++) delay(world, 'later', 'k', 'x', due)
  await world.pass(59_990, 1000)
  const before = world.queue('jobs').ready
  world.clock.advance(20)
  runTurn(world)
  assert.equal(before, 0)
  const { ready } = world.queue('jobs')
  assert.ok(ready > 0 && ready <= 2048, `${ready} in one turn`)
  await world.settle()
  assert.equal(world.queue('jobs').ready, 20_000)
})
