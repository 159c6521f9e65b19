/** Queues of jobs, over real sockets to a broker in this process. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import * as v from 'valibot'
import {
  DeclareRefused,
  Invalid,
  type Job,
  type JobQueue,
  NoResult,
  RemoteError,
  ResultTimeout,
  Unroutable,
} from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const jobs = {
  encode: v.object({
    file: v.string(),
    at: v.pipe(
      v.string(),
      v.transform((text) => new Date(text)),
    ),
  }),
  mail: v.object({ to: v.string() }),
}

const quick = { attempts: 3, minMs: 10, maxMs: 40 } as const

test('a job is handled where a worker runs, typed and checked at both ends', async (t) => {
  const video = (await inMemory(t)).queue('video', { jobs })
  const handled = Promise.withResolvers<Job<{ file: string; at: Date }>>()
  await video.process('encode', (job) => handled.resolve(job))
  const added = await video.add('encode', { file: 'a.mov', at: '2026-01-02T03:04:05Z' }, { headers: { by: 'me' } })
  const job = await handled.promise
  assert.deepEqual(job.data, { file: 'a.mov', at: new Date('2026-01-02T03:04:05Z') })
  assert.deepEqual([job.id, job.name, job.attempt, job.attemptsMax, job.headers.by], [added.id, 'encode', 1, 5, 'me'])
  assert.ok(Math.abs(job.time!.getTime() - Date.now()) < 60_000)
  // @ts-expect-error the schema says text
  await assert.rejects(video.add('mail', { to: 7 }), Invalid)
  // @ts-expect-error there is no such job
  await assert.rejects(video.add('male', { to: 'me' }), { message: "queue 'video' has no job 'male'" })
})

test('types may be given without schemas', async (t) => {
  const sums = (await inMemory(t)).queue<{ add: [number, number] }>('sums')
  await sums.process('add', ({ data: [a, b] }) => a + b)
  const job = await sums.add('add', [1, 2], { awaitResult: true })
  const sum: number = await job.result<number>()
  assert.equal(sum, 3)
  // @ts-expect-error two numbers
  await sums.add('add', [1])
  // @ts-expect-error no such job
  await sums.add('subtract', [1, 2])
})

test('jobs are added in one go, each to its own queue', async (t) => {
  const queue = (await inMemory(t)).queue<{ a: number; b: string }>('many')
  const seen: unknown[] = []
  await queue.process('a', ({ data }) => void seen.push(data))
  await queue.process('b', ({ data }) => void seen.push(data))
  const added = await queue.addMany([
    { name: 'a', data: 1 },
    { name: 'b', data: 'two', options: { messageId: 'second' } },
    { name: 'a', data: 3 },
  ])
  assert.equal(added[1]!.id, 'second')
  await until(() => seen.length === 3)
  assert.deepEqual(seen.toSorted(), [1, 3, 'two'])
})

test('whoever waits for a result gets it, or the error of the last run with the stacks of both', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: string }>('q', { retry: quick })
  await queue.process('work', function handler({ data, attempt }) {
    if (data === 'second' && attempt === 1) throw new Error('not yet')
    if (data === 'bad') throw Object.assign(new TypeError('bad'), { code: 'E_BAD' })
    if (data === 'circular') {
      const circle: Record<string, unknown> = {}
      return (circle.self = circle)
    }
    return data === 'nothing' ? undefined : { got: data }
  })
  const add = (data: string) => queue.add('work', data, { awaitResult: true })
  assert.deepEqual(await (await add('first')).result(), { got: 'first' })
  assert.deepEqual(await (await add('second')).result(), { got: 'second' })
  assert.equal(await (await add('nothing')).result(), undefined)
  await assert.rejects((await add('circular')).result(), { name: 'TypeError' })
  const bad = await add('bad')
  async function waitForIt(): Promise<unknown> {
    return await bad.result()
  }
  await assert.rejects(waitForIt(), (error: RemoteError) => {
    assert.ok(error instanceof RemoteError)
    assert.deepEqual([error.name, error.message, error.remoteCode], ['TypeError', 'bad', 'E_BAD'])
    assert.match(error.stack!, /^TypeError: bad\n\s+at waitForIt/)
    assert.match(error.stack!, /at .*handler/)
    return true
  })
})

test('nobody waits for a result longer than they said', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: null }>('q')
  const job = await queue.add('work', null, { awaitResult: true })
  await assert.rejects(job.result({ signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' })
  await assert.rejects(job.result({ timeoutMs: 10 }), ResultTimeout)
  await queue.process('work', () => 'at last')
  assert.equal(await job.result(), 'at last')
  await assert.rejects((await queue.add('work', null)).result(), NoResult)
})

test('higher priorities go first', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q', { priorities: true })
  for (const priority of [0, 5, 9, 5]) await queue.add('work', priority, { priority })
  await queue.add('work', -1)
  const order: number[] = []
  await queue.process('work', ({ data }) => void order.push(data))
  await until(() => order.length === 5)
  assert.deepEqual(order, [9, 5, 5, 0, -1])
})

test('what a queue was not declared for is refused before anything is sent', async (t) => {
  const client = await inMemory(t)
  const queue = client.queue<{ work: null }>('q', { perJob: { other: { priorities: 3 } } })
  await assert.rejects(queue.add('work', null, { priority: 1 }), /priorities: true/)
  await assert.rejects(queue.add('work', null, { key: 'k' }), /ordered: true/)
  await assert.rejects(queue.add('work', null, { delayMs: -1 }), RangeError)
  await assert.rejects(queue.add('work', null, { ttlMs: 0.5 }), RangeError)
  await assert.rejects(queue.add('work', null, { dedupe: { key: 'k', windowMs: 0 } }), RangeError)
  await assert.rejects(queue.schedule('s', { everyMs: 1000 }, 'work', null, { key: 'k' }), /ordered: true/)
  await assert.rejects(
    (queue as unknown as JobQueue<{ other: null }>).add('other', null, { priority: 3 }),
    /from 0 to 2/,
  )
  for (const retry of [{ attempts: 0 }, { minMs: -1 }, { maxMs: 0.5 }, { backoff: 'log' as never }]) {
    await assert.rejects(client.queue('q', { retry }).add('work', null), RangeError)
  }
  for (const name of ['', 'work:dead']) await assert.rejects(client.queue('q').add(name, null), TypeError)
})

test('settings of one job alone do not touch the others', async (t) => {
  const perJob = { urgent: { priorities: 3, retry: { attempts: 1 } } }
  const queue = (await inMemory(t)).queue<{ urgent: null; plain: null }>('q', { retry: quick, perJob })
  const runs = { urgent: 0, plain: 0 }
  for (const name of ['urgent', 'plain'] as const) {
    await queue.process(name, () => {
      runs[name]++
      throw new Error('never')
    })
  }
  await queue.add('urgent', null, { priority: 2 })
  await queue.add('plain', null)
  await until(async () => (await queue.dead('urgent').count()) + (await queue.dead('plain').count()) === 2)
  assert.deepEqual(runs, { urgent: 1, plain: 3 })
})

test('who names other settings than those before is refused, whatever setting it is', async (t) => {
  const client = await inMemory(t)
  await client.queue('q', { dispatch: 'least-loaded' }).add('work', null)
  for (const other of [{}, { dispatch: 'random' }, { dispatch: 'least-loaded', ordered: true }] as const) {
    await assert.rejects(client.queue('q', other).add('work', null), DeclareRefused)
  }
  await client.queue('q', { dispatch: 'least-loaded' }).process('work', () => {})
})

test('a queue that somebody deleted is there again for the next job', async (t) => {
  const { client, url } = await startBench(t)
  const queue = client.queue<{ work: number }>('q')
  await queue.add('work', 1)
  const other = await connect(url)
  await (await other.createChannel()).deleteQueue('q:work')
  await other.close()
  await assert.rejects(queue.add('work', 2), Unroutable)
  const seen: number[] = []
  await queue.add('work', 3)
  await queue.process('work', ({ data }) => void seen.push(data))
  await until(() => seen.length > 0)
  assert.deepEqual(seen, [3])
})

test('a delayed job waits for its time, one without goes before', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: string }>('q')
  const order: [string, number][] = []
  await queue.process('work', ({ data }) => void order.push([data, performance.now()]))
  const start = performance.now()
  await queue.add('work', 'late', { delayMs: 120 })
  await queue.add('work', 'soon', { delayMs: 60 })
  await queue.add('work', 'now', { delayMs: 0 })
  await until(() => order.length === 3)
  assert.deepEqual(
    order.map(([data]) => data),
    ['now', 'soon', 'late'],
  )
  assert.ok(order[1]![1] - start >= 60 && order[2]![1] - start >= 120, `${order}`)
})

test('duplicates are dropped within the window, and told of', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number; other: number }>('q')
  const seen: number[] = []
  await queue.process('work', ({ data }) => void seen.push(data))
  await queue.process('other', ({ data }) => void seen.push(data))
  const dedupe = { key: 'k', windowMs: 60_000 }
  assert.equal((await queue.add('work', 1, { dedupe })).duplicate, false)
  const second = await queue.add('work', 2, { dedupe, awaitResult: true })
  assert.equal(second.duplicate, true)
  await assert.rejects(second.result(), NoResult)
  assert.equal((await queue.add('work', 3, { dedupe: { ...dedupe, key: 'l' } })).duplicate, false)
  assert.equal((await queue.add('other', 4, { dedupe })).duplicate, false)
  await queue.add('work', 5)
  await until(() => seen.length === 4)
  assert.deepEqual(seen.toSorted(), [1, 3, 4, 5])
})

test('a window ends', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q')
  const dedupe = { key: 'k', windowMs: 30 }
  await queue.add('work', 1, { dedupe })
  await sleep(40)
  assert.equal((await queue.add('work', 2, { dedupe })).duplicate, false)
})

test('of delayed duplicates the one that is due first is added', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q')
  const seen: number[] = []
  await queue.process('work', ({ data }) => void seen.push(data))
  const dedupe = { key: 'k', windowMs: 60_000 }
  await queue.add('work', 1, { dedupe, delayMs: 80 })
  await queue.add('work', 2, { dedupe, delayMs: 40 })
  await queue.add('work', 3, { delayMs: 120 })
  await until(() => seen.includes(3))
  assert.deepEqual(seen, [2, 3])
  await assert.rejects(queue.add('work', 4, { dedupe, delayMs: 10, awaitResult: true }), TypeError)
})

test('jobs of one key run one after the other, also those that fail on the way', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q', { ordered: true, retry: quick })
  const done = new Map<unknown, number[]>()
  let atOnce = 0
  let most = 0
  const handler = async ({ data, headers, attempt }: Job<number>): Promise<void> => {
    most = Math.max(most, ++atOnce)
    await sleep(1)
    atOnce--
    if (data % 3 === 0 && attempt === 1) throw new Error('at first')
    const key = headers['x-ordering-key']
    done.set(key, [...(done.get(key) ?? []), data])
  }
  for (let i = 0; i < 2; i++) await queue.process('work', handler, { concurrency: 5 })
  const all = Array.from({ length: 60 }, (_, data) => ({
    name: 'work' as const,
    data,
    options: { key: `k${data % 4}` },
  }))
  await queue.addMany(all)
  await until(() => [...done.values()].flat().length === 60)
  for (const order of done.values())
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    )
  assert.ok(most > 1 && most <= 4, `${most} at once of 4 keys`)
})

test('no more at once than asked for, whatever was taken', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q')
  let atOnce = 0
  let most = 0
  const order: number[] = []
  const handler = async ({ data }: Job<number>): Promise<void> => {
    most = Math.max(most, ++atOnce)
    order.push(data)
    await sleep(1)
    atOnce--
  }
  await queue.addMany(Array.from({ length: 40 }, (_, data) => ({ name: 'work', data })))
  await queue.process('work', handler, { concurrency: 3, prefetch: 20 })
  await until(() => order.length === 40)
  assert.equal(most, 3)
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  )
  await assert.rejects(
    queue.process('work', () => {}, { concurrency: 0 }),
    RangeError,
  )
})

test('a worker that stops ends what it began', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q')
  const begun: number[] = []
  const done: number[] = []
  const gate = Promise.withResolvers<void>()
  const worker = await queue.process('work', async ({ data }) => {
    begun.push(data)
    await gate.promise
    done.push(data)
  })
  await queue.addMany([1, 2].map((data) => ({ name: 'work', data })))
  await until(() => begun.length === 1)
  const stopped = worker.stop()
  gate.resolve()
  await stopped
  assert.deepEqual([begun, done], [[1], [1]])
  await queue.process('work', ({ data }) => void done.push(data))
  await until(() => done.length === 2)
  assert.deepEqual(done, [1, 2])
})

test('a job whose worker waits no longer is told so, and comes again', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q', { retry: quick })
  const attempts: number[] = []
  let reason: unknown
  const worker = await queue.process(
    'work',
    async ({ attempt, signal }) => {
      attempts.push(attempt)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      reason = signal.reason
      throw reason
    },
    { prefetch: 2 },
  )
  await queue.addMany([1, 2].map((data) => ({ name: 'work', data })))
  await until(() => attempts.length === 1)
  await worker.stop(10)
  await until(() => reason !== undefined)
  assert.match(String(reason), /waits no longer/)
  const again: number[] = []
  await queue.process('work', ({ attempt }) => void again.push(attempt))
  await until(() => again.length === 2)
  // What only waited its turn began no run of its own, but was taken: it counts all the same.
  assert.deepEqual(again, [2, 2])
})

test('a job survives the loss of the connection, and runs once', async (t) => {
  const { client, cable, errors } = await startBench(t)
  const queue = client.queue<{ work: number }>('q', { retry: quick })
  const gate = Promise.withResolvers<void>()
  let runs = 0
  await queue.process('work', async ({ data }) => {
    runs++
    await gate.promise
    return data + 1
  })
  const job = await queue.add('work', 1, { awaitResult: true })
  await until(() => runs === 1)
  cable.cut()
  const second = queue.add('work', 5, { awaitResult: true })
  await until(async () => client.broker.isSignalbox)
  gate.resolve()
  assert.equal(await job.result(), 2)
  assert.equal(await (await second).result(), 6)
  assert.equal(runs, 2)
  assert.deepEqual(errors, [])
})
