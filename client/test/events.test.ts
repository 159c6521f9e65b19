/** Events, over real sockets to a broker in this process. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import * as v from 'valibot'
import { fits } from '../src/events/pattern.ts'
import { type Event, Invalid, NoRetry } from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const events = {
  'order.created': v.object({ cups: v.number() }),
  'order.paid': v.object({ cents: v.pipe(v.string(), v.transform(Number)) }),
  'user.left': v.object({ why: v.string() }),
}
const quick = { attempts: 3, minMs: 1, maxMs: 5 }

test('events are handed to whoever subscribed to their pattern, typed and checked at both ends', async (t) => {
  const box = await inMemory(t)
  const orders = box.topic('orders', { events })
  const seen: string[] = []
  await orders.subscribe('order.*', (event) => {
    if (event.name === 'order.created') {
      const cups: number = event.data.cups
      seen.push(`${cups} cups for ${event.key}`)
    } else {
      const cents: number = event.data.cents
      seen.push(`${cents} cents`)
    }
  })
  await orders.subscribe('user.left', ({ name, data, headers, time, attempt }) => {
    const why: string = data.why
    assert.ok(time!.getTime() > Date.now() - 5000)
    seen.push(`${name satisfies 'user.left'} ${why} ${headers.from} ${attempt}`)
  })
  await orders.publish('order.created', { cups: 4 }, { key: 'ann' })
  await orders.publish('order.paid', { cents: '450' })
  await orders.publish('user.left', { why: 'tea' }, { headers: { from: 'shop' } })
  await until(() => seen.length === 3)
  assert.deepEqual(seen.sort(), ['4 cups for ann', '450 cents', 'user.left tea shop 1'])
  // @ts-expect-error the schema says a number
  await assert.rejects(orders.publish('order.created', { cups: 'four' }), Invalid)
  // @ts-expect-error there is no such event
  await assert.rejects(orders.publish('order.lost', {}), /topic 'orders' has no event 'order.lost'/)
  // @ts-expect-error nothing fits
  await orders.subscribe('nobody.*', (event) => event.name)
})

test('a group gets each event once, and what happened while none of its members was there', async (t) => {
  const box = await inMemory(t)
  const topic = box.topic<{ tick: number }>('clock')
  const by: Record<string, number[]> = { a: [], b: [], c: [] }
  const member = (name: string, group: string) =>
    topic.subscribe('tick', ({ data }) => void by[name]!.push(data), { group })
  const members = await Promise.all([member('a', 'one'), member('b', 'one'), member('c', 'two')])
  for (let n = 0; n < 10; n++) await topic.publish('tick', n)
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  await until(() => by.a!.length + by.b!.length === 10 && by.c!.length === 10)
  assert.deepEqual([...by.a!, ...by.b!].sort(), all)
  assert.ok(by.a!.length > 0 && by.b!.length > 0)
  assert.deepEqual(by.c, all)
  await Promise.all(members.map((one) => one.stop()))
  await topic.publish('tick', 10)
  await member('a', 'one')
  await until(() => by.a!.includes(10))
})

test('a group tries again what failed, with its name and key, and gives it up at last', async (t) => {
  const box = await inMemory(t)
  const orders = box.topic('orders', { events })
  const tries: [number, string, string | null][] = []
  let fails = true
  await orders.subscribe(
    'order.*',
    ({ attempt, name, key }) => {
      tries.push([attempt, name, key])
      if (fails) throw new Error('no tea')
    },
    { group: 'billing', retry: quick },
  )
  await orders.publish('order.created', { cups: 1 }, { key: 'ann' })
  const dead = orders.dead('billing')
  await until(async () => (await dead.count()) === 1)
  const [letter] = await dead.list()
  assert.deepEqual([letter!.name, letter!.reason, letter!.error?.message], ['order.created', 'failed', 'no tea'])
  fails = false
  assert.equal(await dead.redrive(), 1)
  await until(() => tries.length === 4)
  assert.deepEqual(tries, [
    [1, 'order.created', 'ann'],
    [2, 'order.created', 'ann'],
    [3, 'order.created', 'ann'],
    [1, 'order.created', 'ann'],
  ])
})

test('what does not fit its schema, or is not wanted again, is a dead letter at once', async (t) => {
  const box = await inMemory(t)
  const orders = box.topic('orders', { events })
  const tries: string[] = []
  await orders.subscribe(
    'order.#',
    ({ name }) => {
      tries.push(name)
      throw new NoRetry('never')
    },
    { group: 'billing' },
  )
  const foreign = box.topic('orders')
  await foreign.publish('order.created', { cups: 'four' })
  await foreign.publish('order.lost', {})
  await foreign.publish('order.paid', { cents: '1' })
  const dead = orders.dead('billing')
  await until(async () => (await dead.count()) === 3)
  const letters = await dead.list()
  assert.deepEqual(letters.map(({ name, reason, error }) => [name, reason, error?.name]).sort(), [
    ['order.created', 'invalid', 'Invalid'],
    ['order.lost', 'invalid', 'TypeError'],
    ['order.paid', 'failed', 'NoRetry'],
  ])
  assert.deepEqual(tries, ['order.paid'])
})

test('without a group what a handler throws is told, and the next event comes', async (t) => {
  const box = await inMemory(t)
  const errors: Error[] = []
  box.on('error', (error) => errors.push(error))
  const topic = box.topic('news')
  const seen: unknown[] = []
  const subscription = await topic.subscribe('#', ({ data }) => {
    if (data === 'bad') throw new Error('bad news')
    seen.push(data)
  })
  for (const news of ['bad', 'good']) await topic.publish('today', news)
  await until(() => seen.length === 1)
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['bad news'],
  )
  await subscription.stop()
  await topic.publish('today', 'late')
  await assert.rejects(
    topic.subscribe('#', () => {}, { retry: quick }),
    TypeError,
  )
  assert.deepEqual(seen, ['good'])
})

test('a subscription may begin with what was there before', async (t) => {
  const box = await inMemory(t)
  const topic = box.topic('history')
  for (let n = 0; n < 5; n++) await topic.publish(n % 2 ? 'odd' : 'even', n, { key: `k${n}` })
  const read = async (pattern: string, from: 'first' | 'last' | Date | number, count: number, group?: string) => {
    const seen: Event[] = []
    const options = { from, ...(group !== undefined && { group }) }
    const subscription = await topic.subscribe(pattern, (event: Event) => void seen.push(event), options)
    await until(() => seen.length >= count)
    await subscription.stop()
    return seen.map(({ data, name, key }) => `${data} ${name} ${key}`)
  }
  assert.deepEqual(await read('#', 'first', 5), ['0 even k0', '1 odd k1', '2 even k2', '3 odd k3', '4 even k4'])
  assert.deepEqual(await read('odd', 'first', 2), ['1 odd k1', '3 odd k3'])
  assert.deepEqual(await read('#', 'last', 1), ['4 even k4'])
  assert.deepEqual(await read('#', 3, 2), ['3 odd k3', '4 even k4'])
  assert.equal((await read('#', new Date(Date.now() - 60_000), 5)).length, 5)
  // A group goes on where it was.
  assert.equal((await read('#', 'first', 5, 'readers')).length, 5)
  await topic.publish('even', 6)
  assert.deepEqual(await read('#', 'first', 1, 'readers'), ['6 even null'])
})

test('a group that began in the past retries, gives up and takes back too', async (t) => {
  const box = await inMemory(t)
  const topic = box.topic('history')
  await topic.publish('old', 'x', { key: 'k' })
  const tries: [number, string, string | null][] = []
  let fails = true
  const handler = ({ attempt, name, key }: Event) => {
    tries.push([attempt, name, key])
    if (fails) throw new Error('not yet')
  }
  await topic.subscribe('old', handler, { group: 'late', from: 'first', retry: quick })
  const dead = topic.dead('late')
  await until(async () => (await dead.count()) === 1)
  fails = false
  assert.equal(await dead.redrive(), 1)
  await until(() => tries.length === 4)
  assert.deepEqual(tries.at(-1), [1, 'old', 'k'])
  assert.equal(await dead.count(), 0)
})

test('what comes while the connection is away arrives over the next one, without a group too', async (t) => {
  const { client, cable, url } = await startBench(t)
  const seen: unknown[] = []
  await client.topic('news').subscribe('#', ({ data }) => void seen.push(data))
  const { connect } = await import('../src/index.ts')
  const other = await connect({ url, drainOn: [] })
  cable.pull()
  await once(client, 'disconnected')
  await other.topic('news').publish('today', 'meanwhile')
  cable.plug()
  await until(() => seen.length === 1)
  assert.deepEqual(seen, ['meanwhile'])
  await other.close()
})

test('a pattern fits what a topic exchange finds by it', async (t) => {
  const { core } = await startBench(t)
  const words = ['a', 'b', '*', '#']
  const pairs = words.flatMap((one) => words.map((two) => `${one}.${two}`))
  const patterns = [...words, ...pairs, ...pairs.flatMap((pair) => words.map((three) => `${pair}.${three}`)), '']
  const names = ['', 'a', 'b', 'a.b', 'a.a', 'b.a', 'a.b.a', 'b.b.b', 'a.a.a.a', 'a.b.b.a', '.', 'a.', '.a', 'c']
  await core.withChannel(async (channel) => {
    const found = new Map<string, string[]>(names.map((name) => [name, []]))
    for (const pattern of patterns) {
      const { queue } = await channel.assertQueue('', { exclusive: true })
      await channel.bindQueue(queue, 'amq.topic', pattern)
      for (const name of names) channel.publish('amq.topic', name, Buffer.from(name))
      for (let got = await channel.get(queue, { noAck: true }); got; got = await channel.get(queue, { noAck: true })) {
        found.get(got.fields.routingKey)!.push(pattern)
      }
      await channel.deleteQueue(queue)
    }
    for (const name of names) {
      const fitting = patterns.filter((pattern) => fits([pattern], name))
      assert.deepEqual(fitting, found.get(name), `name '${name}'`)
    }
  })
})

test('ordered, a group handles the events of one key one after the other', async (t) => {
  const box = await inMemory(t)
  const topic = box.topic<{ step: number }>('steps')
  const seen: Record<string, number[]> = { a: [], b: [] }
  const options = { group: 'g', ordered: true, concurrency: 4, retry: quick }
  const handler = async ({ key, data, attempt }: Event<string, number>) => {
    if (data === 1 && attempt === 1) throw new Error('again')
    await new Promise((resolve) => setTimeout(resolve, 3 - data))
    seen[key!]!.push(data)
  }
  for (let n = 0; n < 2; n++) await topic.subscribe('step', handler, options)
  for (const step of [0, 1, 2, 3]) for (const key of ['a', 'b']) await topic.publish('step', step, { key })
  await until(() => seen.a!.length === 4 && seen.b!.length === 4)
  assert.deepEqual(seen, { a: [0, 1, 2, 3], b: [0, 1, 2, 3] })
})

test('an event that a group did not ask for is a dead letter, until its pattern is unbound', async (t) => {
  const box = await inMemory(t)
  const topic = box.topic('orders')
  const old = await topic.subscribe(['created', 'paid'], () => {}, { group: 'billing' })
  await assert.rejects(
    box.topic('orders').subscribe('paid', () => {}, { group: 'billing' }),
    /subscribed to 'created paid', not 'paid'/,
  )
  await old.stop()
  const seen: string[] = []
  await topic.subscribe('paid', ({ name }) => void seen.push(name), { group: 'billing' })
  await topic.publish('created', 1)
  const dead = topic.dead('billing')
  await until(async () => (await dead.count()) === 1)
  await topic.unbind('billing', 'created')
  await topic.publish('created', 2)
  await topic.publish('paid', 3)
  await until(() => seen.length === 1)
  assert.equal(await dead.count(), 1)
})
