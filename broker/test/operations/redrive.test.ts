import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrowsedMessage, browse } from '../../src/broker/operations/browse.ts'
import { pause } from '../../src/broker/operations/pause.ts'
import { type RedriveOptions, redrive } from '../../src/broker/operations/redrive.ts'
import { DEATH_HEADERS } from '../../src/broker/queue/death.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { bodies, Scene, upTo } from './scene.ts'

/** Exchange `orders` with queues `work` and `audit`, both for key `new`; what is rejected in `work` is in `dead`. */
async function rejected(count: number, headers: Record<string, string | number | string[]> = {}): Promise<Scene> {
  const scene = await Scene.open()
  const { peer, world } = scene
  await peer.ask(1, 'exchange.declare', { exchange: 'orders', type: 'direct', durable: true })
  await scene.declare('work', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' })
  await scene.declare('audit')
  await scene.declare('dead')
  for (const queue of ['work', 'audit']) {
    await peer.ask(1, 'queue.bind', { queue, exchange: 'orders', routingKey: 'new' })
  }
  for (const body of upTo(count)) {
    peer.publish('new', body, { exchange: 'orders', properties: { deliveryMode: 2, headers } })
  }
  await world.settle()
  await scene.drain('audit')
  await reject(scene, 'work')
  assert.equal(scene.queue('dead').ready, count)
  return scene
}

async function reject(scene: Scene, queue: string): Promise<void> {
  while (scene.queue(queue).ready > 0) {
    const { args } = await scene.peer.ask(1, 'basic.get', { queue })
    scene.peer.send(1, 'basic.reject', { deliveryTag: args.deliveryTag, requeue: false })
  }
  await scene.world.settle()
}

const redriving = (scene: Scene, options: RedriveOptions = {}, from = 'dead') =>
  scene.run(redrive(scene.broker, scene.vhost, scene.queue(from), options))

async function only(scene: Scene, queue: string): Promise<BrowsedMessage> {
  const { messages } = await scene.run(browse(scene.broker, scene.queue(queue)))
  assert.equal(messages.length, 1)
  return messages[0]
}

test('back into the queue where they died and no other, under the names they had, counts going on', async () => {
  const scene = await rejected(3)
  assert.deepEqual(await redriving(scene), { moved: 3, stayed: 0 })
  assert.deepEqual([scene.queue('audit').ready, scene.queue('dead').ready], [0, 0])
  const { messages } = await scene.run(browse(scene.broker, scene.queue('work')))
  assert.deepEqual(bodies(messages), upTo(3))
  assert.deepEqual([messages[0].exchange, messages[0].routingKey], ['orders', 'new'])
  await reject(scene, 'work')
  const again = (await scene.run(browse(scene.broker, scene.queue('dead')))).messages
  assert.deepEqual(
    again.map(({ headers }) => (headers!['x-death'] as Headers[]).map(({ queue, count }) => [queue, count])),
    [[['work', 2]], [['work', 2]], [['work', 2]]],
  )
})

test('through the exchange they reach all its queues again', async () => {
  const scene = await rejected(1)
  assert.deepEqual(await redriving(scene, { to: 'exchange' }), { moved: 1, stayed: 0 })
  assert.deepEqual([await scene.drain('work'), await scene.drain('audit')], [['0'], ['0']])
})

test('through the exchange with all keys they had, also those of a CC header that went', async () => {
  const scene = await rejected(1, { CC: ['more'] })
  await scene.declare('more')
  await scene.peer.ask(1, 'queue.bind', { queue: 'more', exchange: 'orders', routingKey: 'more' })
  assert.deepEqual(await redriving(scene, { to: 'exchange' }), { moved: 1, stayed: 0 })
  assert.deepEqual([await scene.drain('more'), await scene.drain('work')], [['0'], ['0']])
})

test('with the history cleared they are as new', async () => {
  const scene = await rejected(1, { mine: 'kept' })
  await redriving(scene, { history: 'cleared' })
  const { headers } = await only(scene, 'work')
  assert.deepEqual(Object.keys(headers!), ['mine'])
})

test('with changed headers, body and routing key', async () => {
  const scene = await rejected(1, { keep: 1, drop: 2, change: 3 })
  const edit = {
    setHeaders: { change: 'new', add: true },
    removeHeaders: ['drop'],
    body: Buffer.from('repaired'),
    routingKey: 'repaired-key',
  }
  await redriving(scene, { edit })
  const message = await only(scene, 'work')
  const rest = Object.entries(message.headers!).filter(([name]) => !(DEATH_HEADERS as readonly string[]).includes(name))
  assert.deepEqual(Object.fromEntries(rest), { keep: 1, change: 'new', add: true })
  assert.deepEqual([message.routingKey, message.exchange, message.bodyBytes], ['repaired-key', 'orders', 8])
  assert.deepEqual(bodies([message]), ['repaired'])

  await reject(scene, 'work')
  await scene.peer.ask(1, 'queue.bind', { queue: 'audit', exchange: 'orders', routingKey: 'elsewhere' })
  await redriving(scene, { to: 'exchange', edit: { routingKey: 'elsewhere' } })
  assert.deepEqual([await scene.drain('audit'), await scene.drain('work')], [['repaired'], []])
})

test('to the first of several deaths, or the last', async () => {
  for (const [death, queue] of [
    ['first', 'work'],
    ['last', 'dead'],
  ] as const) {
    const scene = await rejected(1)
    await scene.declare('grave')
    await scene.peer.ask(1, 'queue.delete', { queue: 'dead' })
    await scene.declare('dead', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'grave' })
    await scene.peer.ask(1, 'exchange.declare', { exchange: 'orders', type: 'direct', durable: true })
    scene.peer.publish('new', 'm', { exchange: 'orders', properties: { deliveryMode: 2 } })
    await scene.world.settle()
    await reject(scene, 'work')
    await reject(scene, 'dead')
    assert.equal(scene.queue('grave').ready, 1)
    assert.deepEqual(await redriving(scene, { death }, 'grave'), { moved: 1, stayed: 0 })
    assert.deepEqual(await scene.drain(queue), ['m'])
  }
})

test('the first death is the one that the message names, wherever it stands', async () => {
  const scene = await rejected(0)
  const death = (queue: string, reason: string) => ({ queue, reason, exchange: '', 'routing-keys': [queue], count: 2 })
  const headers = {
    'x-death': [
      death('audit', 'expired'),
      death('work', 'rejected'),
      death('work', 'expired'),
      death('dead', 'maxlen'),
    ],
    'x-first-death-queue': 'work',
    'x-first-death-reason': 'expired',
  }
  await scene.publish('dead', ['m'], { headers })
  await redriving(scene, { death: 'first' })
  assert.deepEqual(await scene.drain('work'), ['m'])
  await scene.publish('dead', ['n'], { headers: { 'x-death': headers['x-death'] } })
  await scene.run(pause(scene.broker, scene.queue('dead')))
  await redriving(scene, { death: 'first', history: 'cleared' })
  assert.equal((await only(scene, 'dead')).headers!['x-death'], undefined)
})

test('only some of them', async () => {
  const scene = await rejected(5)
  assert.equal((await redriving(scene, { limit: 1 })).moved, 1)
  assert.equal((await redriving(scene, { filter: { bodyContains: '3' } })).moved, 1)
  const { messages } = await scene.run(browse(scene.broker, scene.queue('dead')))
  assert.equal((await redriving(scene, { places: [messages[2].place] })).moved, 1)
  assert.deepEqual(
    [await scene.drain('work'), await scene.drain('dead')],
    [
      ['0', '3', '4'],
      ['1', '2'],
    ],
  )
})

test('what has no past, an odd one, or nowhere to return to stays', async () => {
  const scene = await rejected(1)
  await scene.publish('dead', ['plain'])
  for (const death of [
    'text',
    [],
    ['text'],
    [{ queue: 'work' }],
    [{ queue: 'work', exchange: 'orders', 'routing-keys': [] }],
    [{ queue: 'work', exchange: 'orders', 'routing-keys': ['k'.repeat(256)] }],
    [{ queue: 'work', exchange: 'x'.repeat(256), 'routing-keys': ['new'] }],
    [{ queue: 'none', exchange: 'orders', 'routing-keys': ['new'] }],
  ]) {
    await scene.publish('dead', ['odd'], { headers: { 'x-death': death } })
  }
  assert.deepEqual(await redriving(scene), { moved: 1, stayed: 9 })
  assert.deepEqual(await redriving(scene, { to: 'exchange', filter: { bodyContains: 'plain' } }), {
    moved: 0,
    stayed: 1,
  })
  assert.equal(scene.queue('dead').ready, 9)
})

test('an edit that no message can take is refused before any is touched', async () => {
  const scene = await rejected(1)
  const long = 'k'.repeat(256)
  for (const edit of [{ routingKey: long }, { setHeaders: { [long]: 1 } }, { setHeaders: { n: 2n ** 63n } }]) {
    await assert.rejects(redriving(scene, { edit }), { name: 'Refusal', code: 'precondition-failed' })
  }
  assert.equal(scene.queue('dead').ready, 1)
})

test('kept over a restart', async () => {
  const scene = await rejected(3)
  await redriving(scene, { limit: 2 })
  await scene.world.pass(100)
  const after = await scene.restart()
  const { messages } = await after.run(browse(after.broker, after.queue('work')))
  assert.deepEqual([bodies(messages), after.queue('dead').ready], [['0', '1'], 1])
  assert.equal((messages[0].headers!['x-death'] as Headers[])[0].queue, 'work')
})
