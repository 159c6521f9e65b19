// Order within keys: of the messages with one key at most one is out, and what comes back comes first.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browse } from '../../src/broker/operations/browse.ts'
import { move } from '../../src/broker/operations/move.ts'
import type { Queue } from '../../src/broker/queue/queue.ts'
import type { Headers, HeaderValue } from '../../src/broker/routing/headers.ts'
import { typed } from '../../src/wire/amqp/field-table.ts'
import { type Sent, type Taker, World } from './harness.ts'

const ORDERED = { 'x-ordered-by-key': true }

/** `a1` has the key `a`, `-1` has none. */
function send(world: World, texts: string, sent: Sent = {}): void {
  for (const text of texts.split(' ')) {
    const headers: Headers = text[0] === '-' ? { other: 'a' } : { other: 1, 'x-ordering-key': text[0]! }
    world.publish('', 'q', text, { ...sent, headers })
  }
}

async function open(args: Headers = {}, options: { tailBytesMax?: number } = {}) {
  const world = await World.open(options)
  const queue = world.queue('q', { ...ORDERED, ...args })
  return { world, queue }
}

/** What a consumer holds, in the order in which it got it. */
async function held(world: World, taker: Taker): Promise<string> {
  await world.settle()
  return taker.texts.join(' ')
}

/** Settles one of those that a consumer holds. */
function settle(taker: Taker, text: string, how: 'acknowledge' | 'discard' | 'requeue' = 'acknowledge'): void {
  const at = taker.taken.findIndex((taken) => taken.text === text)
  assert.ok(at >= 0, `${text} is not out`)
  taker.queue[how](taker.taken.splice(at, 1)[0]!.place)
}

test('one of a key at a time, others go on, and those without a key have no order', async () => {
  const { world, queue } = await open()
  send(world, 'a1 a2 b1 -1 a3 -2 b2')
  const taker = world.consume(queue)
  assert.equal(await held(world, taker), 'a1 b1 -1 -2')
  assert.equal(queue.ready, 3)
  assert.equal(queue.unacknowledged, 4)
  settle(taker, 'a1')
  assert.equal(await held(world, taker), 'b1 -1 -2 a2')
  settle(taker, 'b1')
  settle(taker, 'a2')
  assert.equal(await held(world, taker), '-1 -2 a3 b2')
  assert.ok(taker.taken.every(({ redelivered }) => !redelivered))
  for (const text of taker.texts) settle(taker, text)
  assert.equal(queue.ready + queue.unacknowledged, 0)
  send(world, 'a4')
  assert.equal(await held(world, taker), 'a4')
})

test('whoever settles it, the next one goes to whoever has room', async () => {
  const { world, queue } = await open()
  const first = world.consume(queue, 1)
  const second = world.consume(queue, 5)
  send(world, 'a1 a2 a3')
  assert.equal(await held(world, first), 'a1')
  assert.equal(await held(world, second), '')
  settle(first, 'a1')
  assert.equal(await held(world, second), 'a2')
})

test('what is returned comes before the later ones of its key, at once or after its rest', async () => {
  const retry = { 'x-delayed-retry-type': 'failed', 'x-delayed-retry-min': 100 }
  const { world, queue } = await open(retry)
  send(world, 'a1 a2 b1')
  const taker = world.consume(queue)
  assert.equal(await held(world, taker), 'a1 b1')
  settle(taker, 'a1', 'requeue')
  assert.equal(await held(world, taker), 'b1 a1')
  assert.equal(taker.taken[1]!.redelivered, true)
  queue.requeue(taker.taken.pop()!.place, 'failed')
  send(world, 'a3 b2')
  assert.equal(await held(world, taker), 'b1')
  assert.equal(queue.held, 1)
  await world.pass(110)
  assert.equal(await held(world, taker), 'b1 a1')
  settle(taker, 'a1')
  assert.equal(await held(world, taker), 'b1 a2')
})

test('the key is free when a dead letter has left, or was dropped', async () => {
  const { world, queue } = await open({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' })
  const dead = world.queue('dead', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
  send(world, 'a1 a2 a3')
  const taker = world.consume(queue)
  await world.settle()
  settle(taker, 'a1', 'discard')
  assert.equal(taker.texts.join(), '')
  assert.equal(await held(world, taker), 'a2')
  settle(taker, 'a2', 'discard')
  await world.pass(100)
  // There is no room for it.
  assert.equal(await held(world, taker), '')
  dead.purge()
  await world.pass(1100)
  assert.equal(await held(world, taker), 'a3')

  const limited = await open({ 'x-delivery-limit': 0 })
  send(limited.world, 'a1 a2')
  const other = limited.world.consume(limited.queue)
  await limited.world.settle()
  settle(other, 'a1', 'requeue')
  assert.equal(await held(limited.world, other), 'a2')
})

test('those in line expire, are purged, fall over a limit', async () => {
  const { world, queue } = await open({ 'x-max-length': 4 })
  send(world, 'a1 a2')
  const taker = world.consume(queue)
  assert.equal(await held(world, taker), 'a1')
  send(world, 'a3', { expiration: 50 })
  send(world, 'a4 a5')
  assert.equal(queue.ready, 4)
  send(world, 'a6')
  await world.settle()
  assert.equal(queue.counters.overflowed, 1)
  await world.pass(100)
  assert.equal(queue.counters.expired, 1)
  assert.equal(queue.ready, 3)
  settle(taker, 'a1')
  assert.equal(await held(world, taker), 'a4')
  assert.equal(queue.purge(), 2)
  assert.equal(queue.ready, 0)
  send(world, 'a7')
  assert.equal(await held(world, taker), 'a4')
  settle(taker, 'a4')
  assert.equal(await held(world, taker), 'a7')

  const timed = await open({ 'x-message-ttl': 100 })
  const other = timed.world.consume(timed.queue)
  send(timed.world, 'a1 a2 a3')
  await timed.world.pass(60)
  send(timed.world, 'a4')
  await timed.world.pass(60)
  assert.equal(timed.queue.ready, 1)
  settle(other, 'a1')
  assert.equal(await held(timed.world, other), 'a4')
})

test('a message whose turn it is may go otherwise before it is handed out', async () => {
  const { world, queue } = await open({ 'x-max-length': 2 })
  const taker = world.consume(queue, 1)
  send(world, 'a1 a2 b1')
  await world.settle()
  settle(taker, 'a1', 'requeue')
  // a1 is ready and has the turn; a2 does not get it while it is there.
  assert.equal(queue.ready, 2)
  assert.equal(queue.counters.overflowed, 1)
  taker.grant(5)
  assert.equal(await held(world, taker), 'a2 b1')
})

test('basic.get gets nothing while all keys are out, and counts what waits', async () => {
  const { world, queue } = await open()
  send(world, 'a1 a2')
  let place = -1
  const get = (noAck: boolean): string => {
    let text = ''
    const result = queue.get(noAck, (view) => {
      place = view.place
      text = String.fromCharCode(...view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen))
    })
    return text || result
  }
  assert.equal(get(false), 'a1')
  assert.equal(get(false), 'empty')
  assert.equal(queue.ready, 1)
  queue.acknowledge(place)
  send(world, 'a3')
  await world.settle()
  assert.equal(get(true), 'a2')
  assert.equal(get(true), 'a3')
  assert.equal(queue.ready, 0)
})

test('a priority goes first, and does not overtake what stands in line', async () => {
  const { world, queue } = await open({ 'x-max-priority': 3 })
  const taker = world.consume(queue)
  send(world, 'a1 a2 b1')
  await world.settle()
  send(world, 'a3 b2', { priority: 3 })
  assert.equal(await held(world, taker), 'a1 b1')
  settle(taker, 'a1')
  settle(taker, 'b1')
  assert.equal(await held(world, taker), 'b2 a2')
  taker.credit = 0
  queue.rest(taker)
  send(world, 'c1 c2')
  send(world, 'c3', { priority: 1 })
  taker.grant(5)
  assert.equal(await held(world, taker), 'b2 a2 c3')
})

test('keys are what is read: texts, numbers and bytes', async () => {
  const { world, queue } = await open()
  const keys: [string, object][] = [
    ['text', typed('S', '7')],
    ['number', typed('I', 7)],
    ['long', typed('l', 7n)],
    ['bytes', typed('x', Buffer.from('7'))],
    ['other', typed('S', '7 ')],
    ['empty', typed('S', '')],
    ['void', typed('V', null)],
    ['void', typed('V', null)],
  ]
  for (const [text, key] of keys) world.publish('', 'q', text, { headers: { 'x-ordering-key': key as never } })
  const taker = world.consume(queue)
  assert.equal(await held(world, taker), 'text other empty void void')
})

test('held ones keep their key busy after a start, wherever they stand', async () => {
  const { world, queue } = await open({ 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 5000 })
  send(world, 'a1 b1 a2 c1 b2')
  const taker = world.consume(queue, 3)
  assert.equal(await held(world, taker), 'a1 b1 c1')
  settle(taker, 'b1', 'requeue')
  await world.settle()
  await world.restart()
  const again = world.vhost.queues.get('q')!
  assert.equal(again.held, 1)
  assert.equal(again.ready, 4)
  assert.equal(again.purge(), 4)
  send(world, 'b3 a3')
  const other = world.consume(again)
  assert.equal(await held(world, other), 'a3')
  await world.pass(5100, 100)
  assert.equal(await held(world, other), 'a3 b1')
  settle(other, 'b1')
  assert.equal(await held(world, other), 'a3 b3')
})

test('messages in files, more of a key than one turn looks at', async () => {
  const { world, queue } = await open({}, { tailBytesMax: 64 << 10 })
  const body = 'x'.repeat(1000)
  for (let i = 0; i < 3000; i++) {
    world.publish('', 'q', `${i} ${body}`, { headers: { 'x-ordering-key': i % 1000 === 7 ? 'rare' : 'often' } })
    if (i % 100 === 0) await world.settle()
  }
  await world.settle()
  const log = queue.lanes[0]!.log
  assert.ok(log.coldEnd > 1000, `${log.coldEnd}`)
  const taker = world.consume(queue)
  await world.settle()
  const numbers = (): number[] => taker.texts.map((text) => Number.parseInt(text, 10))
  assert.deepEqual(numbers(), [0, 7])
  assert.equal(queue.ready, 2998)
  for (let i = 1; i < 30; i++) {
    queue.acknowledge(
      taker.taken.splice(
        numbers().findIndex((n) => n % 1000 !== 7),
        1,
      )[0]!.place,
    )
    await world.settle()
    assert.deepEqual(numbers(), [7, i < 7 ? i : i + 1])
  }
})

test('beyond so many in line the head waits', async () => {
  const { world, queue } = await open()
  const taker = world.consume(queue)
  const headers = { 'x-ordering-key': 'a' }
  for (let i = 0; i < 100_010; i++) world.publish('', 'q', `${i}`, { headers, persistent: false })
  send(world, 'b1')
  await world.settle()
  assert.equal(await held(world, taker), '0')
  for (let i = 0; i < 8; i++) {
    settle(taker, `${i}`)
    await world.settle()
  }
  assert.equal(await held(world, taker), '8')
  settle(taker, '8')
  assert.equal(await held(world, taker), '9 b1')
  send(world, 'b2 c1')
  assert.equal(await held(world, taker), '9 b1')
  settle(taker, 'b1')
  assert.equal(await held(world, taker), '9 b2 c1')
})

test('places of what left its line are forgotten', async () => {
  const { world, queue } = await open({ 'x-message-ttl': 20 })
  const taker = world.consume(queue)
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 1000; i++) send(world, 'a1')
    await world.pass(30)
    assert.equal(queue.ready, 0)
  }
  assert.equal(taker.taken.length, 1)
  const { size } = Reflect.get(queue.order!, 'places') as { size: number }
  assert.ok(size <= 1024, `${size} places`)
})

test('what was moved away and could not go keeps its place in line', async () => {
  const { world, queue } = await open()
  const taker = world.consume(queue)
  send(world, 'a1 a2 a3 a4')
  assert.equal(await held(world, taker), 'a1')
  const [second, third] = [taker.taken[0]!.place + 1, taker.taken[0]!.place + 2]
  assert.ok(queue.takeOut(second))
  assert.ok(queue.takeOut(third))
  assert.equal(queue.ready, 1)
  queue.giveBack(third)
  settle(taker, 'a1')
  // a2 has the turn, elsewhere.
  assert.equal(await held(world, taker), '')
  queue.giveBack(second)
  assert.equal(await held(world, taker), 'a2')
  settle(taker, 'a2')
  assert.equal(await held(world, taker), 'a3')
})

test('those in line are shown as ready, and can be moved', async () => {
  const { world, queue } = await open()
  const other = world.queue('other')
  const taker = world.consume(queue)
  send(world, 'a1 a2 b1 a3')
  assert.equal(await held(world, taker), 'a1 b1')
  const { messages } = await browse(world.broker, queue)
  assert.deepEqual(
    messages.map(({ body, state }) => `${Buffer.from(body)} ${state}`),
    ['a1 leaving', 'a2 ready', 'b1 leaving', 'a3 ready'],
  )
  const moving = move(world.broker, world.vhost, queue, { queue: 'other' })
  await world.settle()
  assert.deepEqual(await moving, { moved: 2, stayed: 0 })
  assert.deepEqual(await world.drain(other), ['a2', 'a3'])
  send(world, 'a4')
  assert.equal(await held(world, taker), 'a1 b1')
  settle(taker, 'a1')
  assert.equal(await held(world, taker), 'b1 a4')
})

test('it cannot be had over a topic, or be changed in place', async () => {
  const { world, queue } = await open()
  assert.throws(() => world.queue('over', { ...ORDERED, 'x-source-topic': 't' }), {
    code: 'precondition-failed',
    message: /invalid arg 'x-ordered-by-key' .* what the topic keeps/,
  })
  assert.throws(() => alter(world, queue, null), { code: 'precondition-failed', message: /may be out already/ })
})

function alter(world: World, queue: Queue, value: HeaderValue): void {
  world.vhost.alterQueue(queue.name, { 'x-ordered-by-key': value })
}
