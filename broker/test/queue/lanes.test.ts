// What queues do with messages beside handing them out: priorities, time to live, limits, dead letters, returns.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './harness.ts'

test('higher priorities go first, within one the order of arrival', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-max-priority': 5 })
  for (const [text, priority] of [
    ['a', 1],
    ['b', 5],
    ['c', 9],
    ['d', 0],
    ['e', 1],
  ] as const) {
    world.publish('', 'q', text, { priority })
  }
  world.publish('', 'q', 'f')
  assert.equal(queue.ready, 6)
  assert.deepEqual(await world.drain(queue), ['b', 'c', 'a', 'e', 'd', 'f'])
})

test('priorities outlive a restart, and so does what was returned', async () => {
  const world = await World.open()
  let queue = world.queue('q', { 'x-max-priority': 3 })
  for (let i = 0; i < 40; i++) world.publish('', 'q', `${i % 4}-${i}`, { priority: i % 4 })
  const taker = world.consume(queue, 3)
  await world.settle()
  assert.deepEqual(taker.texts, ['3-3', '3-7', '3-11'])
  taker.ack()
  await world.restart()
  queue = world.vhost.queues.get('q')!
  assert.equal(queue.ready, 39)
  const rest = await world.drain(queue)
  assert.deepEqual(
    rest,
    rest.toSorted((a, b) => Number(b[0]) - Number(a[0]) || Number(a.slice(2)) - Number(b.slice(2))),
  )
  assert.equal(rest.length, 39)
})

test('a message expires wherever it stands', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  world.publish('', 'q', 'lives')
  world.publish('', 'q', 'dies', { expiration: 100 })
  world.publish('', 'q', 'dies later', { expiration: 300 })
  await world.pass(100)
  assert.equal(queue.ready, 3)
  await world.pass(20)
  assert.equal(queue.ready, 2)
  await world.pass(200)
  assert.equal(queue.ready, 1)
  assert.deepEqual(await world.drain(queue), ['lives'])
  assert.equal(queue.counters.expired, 2)
})

test('own times of messages are found again after a restart', async () => {
  const world = await World.open()
  world.queue('q')
  world.publish('', 'q', 'lives')
  world.publish('', 'q', 'dies', { expiration: 100 })
  await world.restart()
  const queue = world.vhost.queues.get('q')!
  await world.pass(150)
  assert.equal(queue.ready, 1)
})

test("the queue's time to live holds for all, and the shorter one counts", async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-message-ttl': 200 })
  world.publish('', 'q', 'a')
  world.publish('', 'q', 'b', { expiration: 50 })
  world.publish('', 'q', 'c', { expiration: 500 })
  await world.pass(60)
  assert.equal(queue.ready, 2)
  await world.pass(150)
  assert.equal(queue.ready, 0)
})

test('with no time to live a message is delivered at once or never', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-message-ttl': 0 })
  world.publish('', 'q', 'nobody there')
  await world.pass(10)
  assert.equal(queue.ready, 0)
  const taker = world.consume(queue)
  world.publish('', 'q', 'somebody there')
  await world.settle()
  assert.deepEqual(taker.texts, ['somebody there'])
})

test('an acquired message does not expire, and does when it comes back too late', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-message-ttl': 100 })
  world.publish('', 'q', 'a')
  const taker = world.consume(queue, 1)
  await world.pass(200)
  assert.equal(queue.unacknowledged, 1)
  taker.nack()
  await world.pass(10)
  assert.equal(queue.ready, 0)
  assert.equal(queue.counters.expired, 1)
})

test('what expired, was rejected, was too much or came back too often is dead-lettered', async () => {
  const world = await World.open()
  const dead = world.queue('dead')
  const letters = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }
  const expiring = world.queue('expiring', { ...letters, 'x-message-ttl': 50 })
  world.publish('', 'expiring', 'expired')
  const full = world.queue('full', { ...letters, 'x-max-length': 1 })
  world.publish('', 'full', 'maxlen')
  world.publish('', 'full', 'stays')
  const limited = world.queue('limited', { ...letters, 'x-delivery-limit': 1, 'x-queue-type': 'quorum' })
  world.publish('', 'limited', 'delivery_limit')
  const taker = world.consume(limited, 1)
  const plain = world.queue('plain', letters)
  world.publish('', 'plain', 'rejected')
  const rejecter = world.consume(plain, 1)
  await world.settle()
  rejecter.reject()
  taker.nack()
  taker.grant(1)
  await world.settle()
  assert.equal(taker.taken[0].count, 1)
  taker.nack()
  await world.pass(100)
  const all = world.consume(dead)
  await world.settle()
  assert.equal(all.taken.length, 4)
  for (const { text, headers } of all.taken) {
    const [death] = headers!['x-death'] as { reason: string; count: number }[]
    assert.equal(death.reason, text)
    assert.equal(Number(death.count), 1)
  }
  for (const queue of [expiring, limited, plain]) {
    assert.equal(queue.ready + queue.unacknowledged + queue.departures.count, 0, queue.name)
  }
  assert.deepEqual(await world.drain(full), ['stays'])
})

test('a full queue gives up its oldest, or refuses the newest', async () => {
  const world = await World.open()
  const drops = world.queue('drops', { 'x-max-length': 2 })
  const refuses = world.queue('refuses', { 'x-max-length': 2, 'x-overflow': 'reject-publish' })
  const bytes = world.queue('bytes', { 'x-max-length-bytes': 3 })
  const answers = ['a', 'b', 'c'].map((text) => {
    world.publish('', 'drops', text)
    world.publish('', 'bytes', `${text}.`)
    return world.publish('', 'refuses', text)
  })
  assert.deepEqual(answers, [true, true, false])
  assert.deepEqual(await world.drain(drops), ['b', 'c'])
  assert.deepEqual(await world.drain(refuses), ['a', 'b'])
  assert.deepEqual(await world.drain(bytes), ['c.'])
})

test('a limit in bytes counts what is ready, not what is with consumers', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-max-length-bytes': 10, 'x-overflow': 'reject-publish' })
  const taker = world.consume(queue, 1)
  assert.ok(world.publish('', 'q', '12345678'))
  await world.settle()
  assert.equal(queue.readyBytes, 0)
  assert.ok(world.publish('', 'q', '12345678'))
  assert.ok(!world.publish('', 'q', '12345678'))
  taker.nack()
  assert.equal(queue.readyBytes, 16)
})

test('refused with dead letters: the newest goes there', async () => {
  const world = await World.open()
  const dead = world.queue('dead')
  world.queue('q', {
    'x-max-length': 1,
    'x-overflow': 'reject-publish-dlx',
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': 'dead',
  })
  assert.ok(world.publish('', 'q', 'a'))
  assert.ok(!world.publish('', 'q', 'b'))
  assert.deepEqual(await world.drain(dead), ['b'])
})

test('a dead-letter cycle that nobody rejects ends, one with rejects goes on', async () => {
  const world = await World.open()
  const queue = world.queue('q', {
    'x-message-ttl': 10,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': 'q',
  })
  world.publish('', 'q', 'a')
  await world.pass(50)
  assert.equal(queue.ready, 0)
  const round = world.queue('round', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'round' })
  world.publish('', 'round', 'b')
  const taker = world.consume(round)
  for (let i = 0; i < 5; i++) {
    await world.settle()
    assert.deepEqual(taker.texts, ['b'])
    taker.reject()
  }
})

test('returned messages are set aside, longer every time, also over a restart', async () => {
  const world = await World.open()
  const args = {
    'x-queue-type': 'quorum',
    'x-delayed-retry-type': 'all',
    'x-delayed-retry-min': 100,
    'x-delayed-retry-max': 150,
  }
  let queue = world.queue('q', args)
  world.publish('', 'q', 'a')
  let taker = world.consume(queue)
  await world.settle()
  taker.nack()
  await world.pass(90)
  assert.deepEqual(taker.texts, [])
  assert.equal(queue.held, 1)
  await world.pass(20)
  assert.deepEqual(taker.texts, ['a'])
  assert.equal(taker.taken[0].count, 1)
  taker.nack()
  await world.pass(140)
  assert.deepEqual(taker.texts, [])
  await world.restart()
  queue = world.vhost.queues.get('q')!
  taker = world.consume(queue)
  await world.settle()
  assert.deepEqual(taker.texts, [])
  await world.pass(20)
  assert.equal(taker.taken[0].count, 2)
})

test('a queue that nobody uses is deleted, with use it starts anew', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-expires': 100 })
  await world.pass(80)
  world.queue('q', { 'x-expires': 100 })
  await world.pass(80)
  assert.ok(!queue.gone)
  const taker = world.consume(queue)
  await world.pass(200)
  assert.ok(!queue.gone)
  queue.unsubscribe(taker)
  await world.pass(90)
  assert.ok(!queue.gone)
  await world.pass(20)
  assert.ok(queue.gone)
})

test('purge leaves what is on its way or set aside', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-max-priority': 2 })
  for (let i = 0; i < 6; i++) world.publish('', 'q', `${i}`, { priority: i % 3 })
  assert.ok(queue.takeOut(queue.placeOf(queue.lanes[1], 1)))
  assert.equal(queue.ready, 5)
  assert.equal(queue.purge(), 5)
  assert.equal(queue.ready, 0)
  queue.giveBack(queue.placeOf(queue.lanes[1], 1))
  assert.deepEqual(await world.drain(queue), ['4'])
})

test('a dead letter with a delay waits in a delayed exchange', async () => {
  const world = await World.open()
  const later = world.queue('later')
  const options = { durable: true, autoDelete: false, internal: false, arguments: { 'x-delayed-type': 'fanout' } }
  world.vhost.declareExchange('delays', 'x-delayed-message', options)
  world.vhost.bind('delays', later, '', {})
  const queue = world.queue('q', { 'x-dead-letter-exchange': 'delays' })
  world.publish('', 'q', 'a', { headers: { 'x-delay': 100 } })
  const taker = world.consume(queue)
  await world.settle()
  taker.reject()
  await world.pass(90)
  assert.equal(later.ready, 0)
  await world.pass(20)
  assert.deepEqual(await world.drain(later), ['a'])
})

test('a dead letter waits in its queue for room where it is to go', async () => {
  const world = await World.open()
  const dead = world.queue('dead', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
  const queue = world.queue('q', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' })
  for (const text of ['a', 'b']) world.publish('', 'q', text)
  const taker = world.consume(queue)
  await world.settle()
  taker.reject()
  taker.reject()
  await world.pass(3000, 100)
  assert.equal(queue.departures.count, 1)
  assert.deepEqual(await world.drain(dead), ['a'])
  await world.pass(3000, 100)
  assert.deepEqual(await world.drain(dead), ['b'])
  assert.equal(queue.departures.count, 0)
})

test('messages that die alike get what is theirs: names, headers, count, the second of their death', async () => {
  const world = await World.open()
  const letters = { 'x-dead-letter-exchange': 'amq.topic', 'x-message-ttl': 50 }
  for (const name of ['a', 'b']) world.queue(name, letters)
  const dead = world.queue('dead')
  world.vhost.bind('amq.topic', dead, '#', {})
  for (let i = 0; i < 4; i++) for (const name of ['a', 'b']) world.publish('', name, `${name}${i}`)
  world.publish('', 'a', 'a4', { headers: { own: 1 } })
  world.publish('', 'a', 'a5')
  await world.pass(1500, 10)
  world.publish('', 'a', 'a6')
  await world.pass(100)
  const taker = world.consume(dead)
  await world.settle()
  assert.deepEqual(taker.texts.toSorted(), ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b0', 'b1', 'b2', 'b3'])
  const times = new Map<string, number>()
  for (const { text, headers, key } of taker.taken) {
    const [death] = headers!['x-death'] as unknown as { queue: string; count: number; time: { value: number } }[]
    assert.deepEqual([key, death.queue, Number(death.count)], [text[0], text[0], 1])
    assert.equal(headers!.own, text === 'a4' ? 1 : undefined)
    times.set(text, Number(death.time.value))
  }
  assert.ok(times.get('a6')! > times.get('a5')!)
  world.vhost.unbind('amq.topic', dead, '#', {})
  world.publish('', 'a', 'nowhere')
  await world.pass(100)
  assert.equal(dead.ready, 0)
})
