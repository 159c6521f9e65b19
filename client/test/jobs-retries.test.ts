/** Jobs that fail: run again, given up, sent back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import * as v from 'valibot'
import { NoRetry } from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const jobs = { mail: v.object({ to: v.string() }) }

const quick = { attempts: 3, minMs: 10, maxMs: 40 } as const

test('a run that fails is repeated, then the job is a dead letter with its error, and can be sent back', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: string }>('q', { retry: quick })
  const runs: number[] = []
  let broken = true
  const worker = await queue.process('work', ({ attempt, data }) => {
    runs.push(attempt)
    if (broken) throw Object.assign(new RangeError(`no ${data}`), { code: 'E_NO' })
  })
  const failures: [unknown, boolean][] = []
  worker.on('failed', (_, error, final) => failures.push([String(error), final]))
  const { id } = await queue.add('work', 'luck', { headers: { keep: 'me' } })
  const dead = queue.dead('work')
  await until(async () => (await dead.count()) === 1)
  assert.deepEqual(runs, [1, 2, 3])
  const said = 'RangeError: no luck'
  assert.deepEqual(failures, [
    [said, false],
    [said, false],
    [said, true],
  ])
  const [letter] = await dead.list()
  assert.deepEqual([letter!.id, letter!.data, letter!.reason, letter!.failures], [id, 'luck', 'failed', 3])
  assert.deepEqual(letter!.headers, { keep: 'me' })
  assert.deepEqual(
    [letter!.error!.name, letter!.error!.message, letter!.error!.code],
    ['RangeError', 'no luck', 'E_NO'],
  )
  assert.match(letter!.error!.stack!, /jobs-retries\.test\.ts/)
  assert.ok(Math.abs(letter!.failedAt.getTime() - Date.now()) < 60_000)
  broken = false
  assert.equal(await dead.redrive(), 1)
  await until(() => runs.length === 4)
  assert.deepEqual([runs[3], await dead.count()], [1, 0])
})

test('each pause between runs is twice as long, up to the longest', async (t) => {
  const retry = { attempts: 5, minMs: 40, maxMs: 100 }
  const queue = (await inMemory(t)).queue<{ work: null }>('q', { retry })
  const at: number[] = []
  await queue.process('work', () => {
    at.push(performance.now())
    throw new Error('never')
  })
  await queue.add('work', null)
  await until(async () => (await queue.dead('work').count()) === 1)
  const pauses = at.slice(1).map((time, i) => time - at[i]!)
  for (const [i, least] of [40, 80, 100, 100].entries()) assert.ok(pauses[i]! >= least - 2, `${pauses}`)
})

test('errors that say so end a job at once', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q', { retry: quick })
  let runs = 0
  await queue.process('work', ({ data }) => {
    runs++
    throw data === 1 ? new NoRetry('for ever wrong') : Object.assign(new Error('wrong too'), { retry: false })
  })
  await queue.addMany([1, 2].map((data) => ({ name: 'work', data })))
  await until(async () => (await queue.dead('work').count()) === 2)
  assert.equal(runs, 2)
  const letters = await queue.dead('work').list()
  assert.deepEqual(letters.map(({ error, failures }) => [error!.message, failures]).toSorted(), [
    ['for ever wrong', 1],
    ['wrong too', 1],
  ])
})

test('data that does not fit at the worker is a dead letter, and no handler sees it', async (t) => {
  const { client } = await startBench(t)
  const checked = client.queue('q', { jobs })
  let runs = 0
  await checked.process('mail', () => void runs++)
  const unchecked = client.queue('q')
  const job = await unchecked.add('mail', { to: 7 }, { awaitResult: true })
  await assert.rejects(job.result(), { name: 'Invalid', remoteCode: 'INVALID' })
  await client.publish({ exchange: 'q', routingKey: 'mail', body: Buffer.from('{'), properties: { messageId: 'cut' } })
  await until(async () => (await checked.dead('mail').count()) === 2)
  const letters = await checked.dead('mail').list()
  assert.deepEqual(
    letters.map(({ reason, error, data, body }) => [reason, error!.name, data, `${body}`]),
    [
      ['invalid', 'Invalid', { to: 7 }, '{"to":7}'],
      ['invalid', 'SyntaxError', undefined, '{'],
    ],
  )
  assert.equal(runs, 0)
})

test('a job that nobody takes in time is a dead letter', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q')
  await queue.add('work', 1, { ttlMs: 10 })
  await until(async () => (await queue.dead('work').count()) === 1)
  const [letter] = await queue.dead('work').list()
  assert.deepEqual(
    [letter!.reason, letter!.data, letter!.error, letter!.failures],
    ['expired', 1, undefined, undefined],
  )
  assert.ok(Math.abs(letter!.failedAt.getTime() - Date.now()) < 60_000)
})

test('a failure that could not be told is a run all the same, and no more than one', async (t) => {
  const { client, cable } = await startBench(t)
  const queue = client.queue<{ work: number }>('q', { retry: quick })
  const attempts: number[] = []
  await queue.process('work', async ({ attempt }) => {
    attempts.push(attempt)
    if (attempt > 1) return
    cable.pull()
    await sleep(20)
    setTimeout(() => cable.plug(), 50)
    throw new Error('at first')
  })
  await queue.add('work', 1)
  await until(() => attempts.length === 2)
  assert.deepEqual(attempts, [1, 2])
})

test('a job that takes its workers with it is given up by the broker', async (t) => {
  const { client, url } = await startBench(t)
  const queue = client.queue<{ work: number }>('q', { retry: quick })
  await queue.add('work', 1)
  for (let died = 0; died < 3; died++) {
    const other = await connect(url)
    const channel = await other.createChannel()
    await new Promise<void>((resolve) => void channel.consume('q:work', () => resolve()))
    await other.close()
  }
  await until(async () => (await queue.dead('work').count()) === 1)
  const [letter] = await queue.dead('work').list()
  assert.deepEqual([letter!.reason, letter!.data, letter!.error], ['delivery_limit', 1, undefined])
})

test('dead letters are looked at without taking them, chosen, and thrown away', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q', { retry: { attempts: 1 } })
  const runs: number[] = []
  const worker = await queue.process('work', ({ data }) => {
    runs.push(data)
    throw new Error('never')
  })
  await queue.addMany(Array.from({ length: 250 }, (_, data) => ({ name: 'work', data })))
  const dead = queue.dead('work')
  await until(async () => (await dead.count()) === 250)
  await worker.stop()
  const listed = async (limit?: number) =>
    (await dead.list(limit === undefined ? {} : { limit })).map(({ data }) => data)
  const first = Array.from({ length: 100 }, (_, i) => i)
  assert.deepEqual(await listed(), first)
  assert.deepEqual(await listed(2), [0, 1])
  assert.deepEqual(await listed(), first)
  assert.equal(await dead.redrive({ filter: ({ data }) => data % 2 === 0 }), 125)
  assert.deepEqual(await listed(3), [1, 3, 5])
  assert.equal(await dead.redrive({ limit: 5 }), 5)
  assert.equal(await dead.count(), 120)
  assert.equal(await dead.purge(), 120)
  assert.deepEqual(await dead.list(), [])
  runs.length = 0
  await queue.process('work', ({ data }) => void runs.push(data))
  await until(() => runs.length === 130)
  assert.deepEqual(runs.toSorted((a, b) => a - b).slice(0, 6), [0, 1, 2, 3, 4, 5])
})
