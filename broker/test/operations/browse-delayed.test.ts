import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowsePage } from '../../src/broker/operations/browse.ts'
import { browseDelayed } from '../../src/broker/operations/browse-delayed.ts'
import { bodies, Scene, upTo } from './scene.ts'

const HOUR_MS = 3_600_000

async function delaying(options = {}): Promise<Scene> {
  const scene = await Scene.open(options)
  const args = { 'x-delayed-type': 'fanout' }
  await scene.peer.ask(1, 'exchange.declare', {
    exchange: 'd',
    type: 'x-delayed-message',
    durable: true,
    arguments: args,
  })
  await scene.declare('q')
  await scene.peer.ask(1, 'queue.bind', { queue: 'q', exchange: 'd', routingKey: '' })
  return scene
}

async function delay(scene: Scene, body: string | Uint8Array, ms: number): Promise<void> {
  const properties = { deliveryMode: 2, headers: { 'x-delay': ms, size: body.length } }
  scene.peer.publish('key', body, { exchange: 'd', properties })
  await scene.world.settle()
}

const looking = (scene: Scene, options = {}): Promise<BrowsePage> =>
  scene.run(browseDelayed(scene.broker, scene.vhost, scene.vhost.exchange('d'), options))

test('what an exchange keeps back is seen with its time, and comes on time all the same', async () => {
  const scene = await delaying()
  const { clock } = scene.world
  assert.deepEqual(await looking(scene), { messages: [], next: null, scanned: { messages: 0, bytes: 0 } })
  const times: number[] = []
  for (const [i, ms] of [HOUR_MS, 60_000, 24 * HOUR_MS, 1000].entries()) {
    times[i] = clock.now() + ms
    await delay(scene, `${i}`, ms)
  }
  const { messages, next } = await looking(scene)
  assert.equal(next, null)
  assert.deepEqual(bodies(messages), ['3', '1', '0', '2'])
  assert.deepEqual(
    messages.map(({ dueMs, state, expiresMs }) => [dueMs, state, expiresMs]),
    [3, 1, 0, 2].map((i) => [times[i], 'delayed', null]),
  )
  assert.deepEqual([messages[0].exchange, messages[0].routingKey, messages[0].headers!.size], ['d', 'key', 1])
  await scene.world.pass(1500, 100)
  assert.deepEqual(await scene.drain('q'), ['3'])
  assert.deepEqual(bodies((await looking(scene)).messages), ['1', '0', '2'])
})

test('page by page, by filter, and from files', async () => {
  const scene = await delaying({ tailBytesMax: 1 << 20 })
  const count = 60
  for (let i = 0; i < count; i++) await delay(scene, Buffer.alloc(40_000, i), HOUR_MS + i)
  assert.ok(scene.broker.engine.metrics.spilledBytes > 40_000, 'something lies in files')
  const seen: number[] = []
  let place: number | null | undefined
  while (place !== null) {
    const page: BrowsePage = await looking(scene, { limit: 7, bodyBytesMax: 1, ...(place !== undefined && { place }) })
    seen.push(...page.messages.map(({ body }) => body[0]))
    place = page.next
  }
  assert.deepEqual(
    seen,
    Array.from({ length: count }, (_, i) => i),
  )
  const { messages } = await looking(scene, { filter: { bodyContains: Uint8Array.of(33, 33) } })
  assert.deepEqual(
    messages.map(({ body }) => body[0]),
    [33],
  )
})

test('what was routed is seen no more, though it is settled only behind its copies', async () => {
  const scene = await delaying()
  await delay(scene, '0', 1000)
  await scene.world.pass(500, 100)
  scene.world.disk.writes.shut()
  await scene.world.pass(1000, 100)
  assert.equal(scene.queue('q').ready, 1)
  assert.deepEqual(await looking(scene), { messages: [], next: null, scanned: { messages: 0, bytes: 0 } })
  scene.world.disk.writes.open()
})

test('also after a restart', async () => {
  const scene = await delaying()
  for (const body of upTo(3)) await delay(scene, body, HOUR_MS)
  await scene.world.pass(100)
  const after = await scene.restart()
  assert.deepEqual(bodies((await looking(after)).messages), upTo(3))
})
