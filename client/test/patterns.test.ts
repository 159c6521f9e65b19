/** The four patterns, over real sockets to a broker in this process. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import * as v from 'valibot'
import { connect, Invalid, Unroutable } from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const schema = v.object({ page: v.number() })
const quick = { attempts: 2, minMs: 1, maxMs: 5 }

test('unicast: to one receiver, also while it is away, and to nobody it is refused', async (t) => {
  const box = await inMemory(t)
  const printers = box.unicast('printers', { schema })
  await assert.rejects(printers.send('p1', { page: 0 }), Unroutable)
  const seen: string[] = []
  const receive = (name: string) => printers.receive(name, ({ data }) => void seen.push(`${name} ${data.page}`))
  const [p1, p2] = [await receive('p1'), await receive('p2')]
  await printers.send('p1', { page: 1 })
  await printers.send('p2', { page: 2 })
  await until(() => seen.length === 2)
  await p1.stop()
  await printers.send('p1', { page: 3 })
  await receive('p1')
  await until(() => seen.length === 3)
  assert.deepEqual(seen.sort(), ['p1 1', 'p1 3', 'p2 2'])
  // @ts-expect-error the schema says a number
  await assert.rejects(printers.send('p1', { page: 'one' }), Invalid)
  await p2.stop()
  await printers.remove('p2')
  await assert.rejects(printers.send('p2', { page: 4 }), Unroutable)
})

test('unicast: of several who are one receiver one gets all, and another takes over', async (t) => {
  const box = await inMemory(t)
  const boss = box.unicast<number>('boss')
  const [first, second]: number[][] = [[], []]
  const active = await boss.receive('it', ({ data }) => void first!.push(data))
  await boss.receive('it', ({ data }) => void second!.push(data))
  for (const n of [1, 2, 3, 4]) await boss.send('it', n)
  await until(() => first!.length === 4)
  await active.stop()
  await boss.send('it', 5)
  await until(() => second!.length === 1)
  assert.deepEqual([first, second], [[1, 2, 3, 4], [5]])
})

test('multicast: a copy to every member from its joining on, also while it is away', async (t) => {
  const box = await inMemory(t)
  const caches = box.multicast<string>('caches')
  await caches.send('before')
  const seen: Record<string, string[]> = { a: [], b: [] }
  const join = (name: string) => caches.join(name, ({ data }) => void seen[name]!.push(data))
  const a = await join('a')
  await caches.send('one')
  const b = await join('b')
  await caches.send('two')
  await until(() => seen.a!.length === 2 && seen.b!.length === 1)
  await a.stop()
  await caches.send('three')
  await join('a')
  await until(() => seen.a!.length === 3)
  assert.deepEqual(seen, { a: ['one', 'two', 'three'], b: ['two', 'three'] })
  await b.stop()
  await caches.leave('b')
  await caches.send('four')
  await until(() => seen.a!.length === 4)
  await join('b')
  await caches.send('five')
  await until(() => seen.b!.length === 3)
  assert.deepEqual(seen.b, ['two', 'three', 'five'])
})

test('multicast: one member fails, retries and gives up, and the others go on', async (t) => {
  const box = await inMemory(t)
  const caches = box.multicast('caches', { retry: quick })
  const seen: number[] = []
  let fails = true
  await caches.join('good', () => void seen.push(0))
  await caches.join('bad', ({ attempt }) => {
    seen.push(attempt)
    if (fails) throw new Error('full')
  })
  await caches.send('drop')
  const dead = caches.dead('bad')
  await until(async () => (await dead.count()) === 1)
  assert.deepEqual(seen.sort(), [0, 1, 2])
  fails = false
  await dead.redrive()
  await until(() => seen.length === 4)
  assert.deepEqual(seen.sort(), [0, 1, 1, 2])
})

test('broadcast: to everyone who listens now', async (t) => {
  const box = await inMemory(t)
  const news = box.broadcast('news', { schema })
  await news.send({ page: 0 })
  const seen: string[] = []
  const listen = (name: string) => news.listen(({ data }) => void seen.push(`${name} ${data.page}`))
  const [a] = [await listen('a'), await listen('b')]
  await news.send({ page: 1 })
  await until(() => seen.length === 2)
  await a.stop()
  await news.send({ page: 2 })
  await until(() => seen.length === 3)
  await listen('a')
  await news.send({ page: 3 })
  await until(() => seen.length === 5)
  assert.deepEqual(seen.sort(), ['a 1', 'a 3', 'b 1', 'b 2', 'b 3'])
})

test('broadcast: who reconnects misses nothing, and what ends leaves no queue', async (t) => {
  const { client, core, cable, url } = await startBench(t)
  const queues: string[] = []
  const { deleteQueue } = core
  core.deleteQueue = (queue) => {
    queues.push(queue)
    return deleteQueue.call(core, queue)
  }
  const seen: number[] = []
  const listener = await client.broadcast<number>('news').listen(({ data }) => void seen.push(data))
  const other = await connect({ url, drainOn: [] })
  cable.pull()
  await once(client, 'disconnected')
  await other.broadcast<number>('news').send(1)
  cable.plug()
  await until(() => seen.length === 1)
  await other.close()
  await listener.stop()
  assert.equal(queues.length, 1)
  await assert.rejects(
    core.withChannel((channel) => channel.checkQueue(queues[0]!)),
    { code: 404 },
  )
})

test('broadcast: who listens by a name misses nothing until it leaves', async (t) => {
  const box = await inMemory(t)
  const news = box.broadcast<string>('news', { retry: quick })
  await news.send('before')
  const seen: string[] = []
  const listen = (as?: string) =>
    news.listen(({ data }) => void seen.push(`${as} ${data}`), as === undefined ? {} : { as })
  const ann = await listen('ann')
  const passing = await listen()
  await news.send('one')
  await until(() => seen.length === 2)
  await Promise.all([ann.stop(), passing.stop()])
  await news.send('two')
  const again = [await listen('ann'), await listen('ann'), await listen()]
  await news.send('three')
  await until(() => seen.length === 5)
  assert.deepEqual(seen.sort(), ['ann one', 'ann three', 'ann two', 'undefined one', 'undefined three'])
  await Promise.all(again.map((one) => one.stop()))
  await news.leave('ann')
  await news.send('four')
  await listen('ann')
  await news.send('five')
  await until(() => seen.length === 6)
  assert.equal(seen.at(-1), 'ann five')
})

test('broadcast: who listens by a name tries again and gives up, as members do', async (t) => {
  const box = await inMemory(t)
  const news = box.broadcast<string>('news', { retry: quick })
  const attempts: number[] = []
  let fails = true
  await news.listen(
    ({ attempt }) => {
      attempts.push(attempt)
      if (fails) throw new Error('asleep')
    },
    { as: 'ann' },
  )
  await news.send('wake up')
  const dead = news.dead('ann')
  await until(async () => (await dead.count()) === 1)
  assert.equal((await dead.list())[0]!.error!.message, 'asleep')
  fails = false
  await dead.redrive()
  await until(() => attempts.length === 3)
  assert.deepEqual(attempts, [1, 2, 1])
})

test('anycast: to one of the group, in turn, and what waits goes to who comes', async (t) => {
  const box = await inMemory(t)
  const press = box.anycast<number>('press', { retry: quick })
  await press.send(0)
  const seen: Record<string, number[]> = { a: [], b: [] }
  await press.receive(({ data }) => void seen.a!.push(data))
  await until(() => seen.a!.length === 1)
  await press.receive(({ data }) => void seen.b!.push(data))
  for (let n = 1; n <= 10; n++) {
    await press.send(n)
    await until(() => seen.a!.length + seen.b!.length === n + 1)
  }
  assert.deepEqual([seen.a!.length, seen.b!.length], [6, 5])
})

test('anycast: the least loaded member gets more', async (t) => {
  const box = await inMemory(t)
  const press = box.anycast('press', { dispatch: 'least-loaded' })
  const inHand: Record<string, number> = { small: 0, large: 0 }
  const end = Promise.withResolvers<void>()
  const hold = (name: string) => () => {
    inHand[name]!++
    return end.promise
  }
  await press.receive(hold('small'), { concurrency: 2 })
  await press.receive(hold('large'), { concurrency: 6 })
  for (let n = 0; n < 4; n++) await press.send(n)
  await until(() => inHand.small! + inHand.large! === 4)
  assert.deepEqual(inHand, { small: 0, large: 4 })
  for (let n = 0; n < 4; n++) await press.send(n)
  await until(() => inHand.small! + inHand.large! === 8)
  assert.deepEqual(inHand, { small: 2, large: 6 })
  end.resolve()
})

test('anycast: by chance, both members get some', async (t) => {
  const box = await inMemory(t)
  const press = box.anycast<number>('press', { dispatch: 'random' })
  const seen: Record<string, number> = { a: 0, b: 0 }
  for (const name of ['a', 'b']) await press.receive(() => void seen[name]!++, { concurrency: 100 })
  await Promise.all(Array.from({ length: 60 }, (_, n) => press.send(n)))
  await until(() => seen.a! + seen.b! === 60)
  // All to one happens once in 2^59 runs.
  assert.ok(seen.a! > 0 && seen.b! > 0)
})

test('what is not taken in its time is a dead letter', async (t) => {
  const box = await inMemory(t)
  const press = box.anycast<number>('press')
  await press.send(1, { ttlMs: 1 })
  await until(async () => (await press.dead().count()) === 1)
  const [letter] = await press.dead().list()
  assert.equal(letter!.reason, 'expired')
})
