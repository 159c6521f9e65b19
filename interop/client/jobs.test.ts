/**
 * Queues of jobs between processes, with each broker: producers, workers and schedulers are killed at any moment, and so
 * is Signalbox. What RabbitMQ lacks has to be refused there, naming it.
 *
 * `node --test interop/client/jobs.test.ts`; BROKER=Signalbox or RabbitMQ is one of them alone, SEED=N repeats
 * choices, KILLS=N is how many.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AddOptions, NoResult, RemoteError, UnsupportedByBroker } from '../../client/src/index.ts'
import { JobsBench } from './jobs-bench.ts'
import { brokers, type JobBroker } from './jobs-brokers.ts'
import type { KeptProgram } from './kept-program.ts'

const KILLS = Number(process.env.KILLS ?? 15)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
const retry = { attempts: 3, minMs: 50, maxMs: 200 } as const
/** For those who are killed all the time, which is not the job's fault. */
const patient = { attempts: 100, minMs: 20, maxMs: 50 } as const

for (const kind of brokers.filter(({ name }) => [undefined, name].includes(process.env.BROKER))) {
  describe(`jobs with ${kind.name}`, () => {
    let broker: JobBroker
    before(async () => {
      broker = await kind.start()
    })
    after(() => broker.stop())

    it('a job that kills its workers is given up, and done after it was sent back', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const queue = bench.queue({ retry })
      const workers = [await bench.keep('work', { queue: { retry } }), await bench.keep('work', { queue: { retry } })]
      await queue.add('work', { n: 1, act: 'die' })
      await queue.add('work', { n: 2 })
      const dead = queue.dead('work')
      await bench.until(async () => (await dead.count()) === 1 && (await bench.numbers('done')).includes(2))
      const runs = (await bench.notes('began')).filter(({ n }) => n === 1)
      assert.deepEqual(
        runs.map(({ attempt }) => attempt),
        [1, 2, 3],
      )
      const [letter] = await dead.list()
      assert.deepEqual([letter!.data.n, letter!.reason, letter!.id], [1, 'delivery_limit', runs[0]!.id])
      await Promise.all(workers.map((worker) => worker.stop()))
      await bench.keep('work', { queue: { retry }, calm: true })
      assert.equal(await dead.redrive(), 1)
      await bench.until(async () => (await bench.numbers('done')).includes(1))
      assert.equal(await dead.count(), 0)
    })

    it('a job that fails at first, and then kills its worker, has no more runs than it may have', async (t) => {
      const bench = await JobsBench.start(t, broker)
      await bench.keep('work', { queue: { retry } })
      const queue = bench.queue({ retry })
      await queue.add('work', { n: 1, act: 'die at last' })
      const dead = queue.dead('work')
      await bench.until(async () => (await dead.count()) === 1)
      assert.deepEqual(
        (await bench.notes('began')).map(({ attempt }) => attempt),
        [1, 2, 3],
      )
      assert.equal((await dead.list())[0]!.reason, 'delivery_limit')
    })

    it('a job that fails runs again after pauses, is given up with its error, and done after it was sent back', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const queue = bench.queue({ retry })
      const worker = await bench.keep('work', { queue: { retry } })
      await queue.add('work', { n: 1, act: 'throw' })
      await queue.add('work', { n: 2, act: 'refuse' })
      await queue.add('work', { n: 3, act: 'throw at first' })
      const dead = queue.dead('work')
      await bench.until(async () => (await dead.count()) === 2 && (await bench.numbers('done')).includes(3))
      const began = (await bench.notes('began')).filter(({ n }) => n === 1)
      assert.deepEqual(
        began.map(({ attempt }) => attempt),
        [1, 2, 3],
      )
      assert.ok(began[1]!.atMs! - began[0]!.atMs! >= 50 && began[2]!.atMs! - began[1]!.atMs! >= 100, 'pauses')
      const letters = (await dead.list()).toSorted((a, b) => a.data.n - b.data.n)
      assert.deepEqual(
        letters.map(({ data, reason, failures, error }) => [data.n, reason, failures, error!.message]),
        [
          [1, 'failed', 3, 'no 1'],
          [2, 'failed', 1, 'never 2'],
        ],
      )
      assert.match(letters[0]!.error!.stack!, /jobs-program/)
      await worker.stop()
      await bench.keep('work', { queue: { retry }, calm: true })
      assert.equal(await dead.redrive({ filter: ({ data }) => data.n === 1 }), 1)
      await bench.until(async () => (await bench.numbers('done')).includes(1))
      const again = (await bench.notes('began')).findLast(({ n }) => n === 1)
      assert.deepEqual([again!.attempt, await dead.count()], [1, 1])
    })

    it(`no job is lost, whoever is killed (SEED=${SEED})`, async (t) => {
      const bench = await JobsBench.start(t, broker)
      const random = randomFrom(SEED)
      const count = 400
      const keys = kind.isSignalbox ? 5 : undefined
      const queue = { retry: patient, ...(keys !== undefined && { ordered: true }) }
      const victims = [
        await bench.keep('work', { queue, concurrency: 4 }),
        await bench.keep('work', { queue, concurrency: 4 }),
        await bench.keep('produce', { queue, count, ...(keys !== undefined && { keys }) }),
      ]
      const kills = await killUntil(bench, victims, random, kind.isSignalbox, async () => {
        const added = await bench.numbers('added')
        const done = new Set(await bench.numbers('done'))
        return (await bench.numbers('adding')).includes(count - 1) && added.every((n) => done.has(n))
      })
      const done = await bench.numbers('done')
      const once = new Set(done)
      t.diagnostic(`${once.size} jobs, ${done.length - once.size} done again, ${kills} kills`)
      assert.deepEqual(await bench.queue(queue).dead('work').list(), [])
      assert.ok(once.size >= (await bench.numbers('added')).length)
      if (keys === undefined) return
      for (let key = 0; key < keys; key++) {
        const ofKey: number[] = [...once].filter((n) => n % keys === key)
        assert.deepEqual(
          ofKey,
          ofKey.toSorted((a, b) => a - b),
          `key ${key} in order`,
        )
      }
    })

    it('a worker that is asked to end ends its job first', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const worker = await bench.keep('work', { queue: { retry } })
      await bench.queue({ retry }).add('work', { n: 1, act: 'take a while' })
      await bench.until(async () => (await bench.numbers('began')).length === 1)
      await worker.stop()
      assert.deepEqual(await bench.numbers('done'), [1])
      await bench.keep('work', { queue: { retry } })
      await sleep(200)
      assert.deepEqual(await bench.numbers('began'), [1])
    })

    it('results and errors come back, however long it takes', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const queue = bench.queue({ retry })
      const good = await queue.add('work', { n: 21, act: 'throw at first' }, { awaitResult: true })
      const bad = await queue.add('work', { n: 1, act: 'throw' }, { awaitResult: true })
      if (kind.isSignalbox) await bench.broker.killAndStart()
      await bench.keep('work', { queue: { retry } })
      assert.equal(await good.result({ timeoutMs: 60_000 }), 42)
      await assert.rejects(bad.result({ timeoutMs: 60_000 }), (error: RemoteError) => {
        assert.ok(error instanceof RemoteError)
        assert.deepEqual([error.name, error.message], ['RangeError', 'no 1'])
        assert.match(error.stack!, /jobs\.test\.ts.*jobs-program\.ts/s)
        return true
      })
    })

    it('who awaits a job hears that the broker gave it up, whoever was killed', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const queue = bench.queue({ retry })
      const late = await queue.add('work', { n: 1 }, { awaitResult: true, ttlMs: 50 })
      await assert.rejects(late.result({ timeoutMs: 60_000 }), { reason: 'expired' })
      const fatal = await queue.add('work', { n: 2, act: 'die' }, { awaitResult: true })
      if (kind.isSignalbox) await bench.broker.killAndStart()
      await bench.keep('work', { queue: { retry } })
      await assert.rejects(fatal.result({ timeoutMs: 60_000 }), { reason: 'delivery_limit' })
      assert.equal(await queue.dead('work').count(), 2)
    })

    it('higher priorities go first', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const settings = { retry, priorities: true }
      const queue = bench.queue(settings)
      for (const n of [0, 5, 9, 3]) await queue.add('work', { n }, { priority: n })
      await bench.keep('work', { queue: settings })
      await bench.until(async () => (await bench.numbers('done')).length === 4)
      assert.deepEqual(await bench.numbers('done'), [9, 5, 3, 0])
    })

    it('a job that nobody takes in time is a dead letter', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const dead = bench.queue({ retry }).dead('work')
      await bench.queue({ retry }).add('work', { n: 1 }, { ttlMs: 50 })
      await bench.until(async () => (await dead.count()) === 1)
      assert.equal((await dead.list())[0]!.reason, 'expired')
      await bench.keep('work', { queue: { retry } })
      assert.equal(await dead.redrive(), 1)
      await bench.until(async () => (await bench.numbers('done')).includes(1))
    })

    if (kind.isSignalbox) {
      it('delays and windows of duplicates are the same after the broker was killed', async (t) => {
        const bench = await JobsBench.start(t, broker)
        const queue = bench.queue({ retry })
        const dedupe = { key: 'k', windowMs: 600_000 }
        const delayedAt = Date.now()
        assert.equal((await queue.add('work', { n: 1 }, { dedupe })).duplicate, false)
        await queue.add('work', { n: 2 }, { delayMs: 3000 })
        await bench.broker.killAndStart()
        const again = await queue.add('work', { n: 3 }, { dedupe, awaitResult: true })
        assert.equal(again.duplicate, true)
        await assert.rejects(again.result(), NoResult)
        await bench.keep('work', { queue: { retry } })
        await bench.until(async () => (await bench.numbers('done')).length === 2)
        const done = await bench.notes('done')
        assert.deepEqual(
          done.map(({ n }) => n),
          [1, 2],
        )
        assert.ok(done[1]!.atMs! - delayedAt >= 3000, 'not before its time')
      })

      it('a schedule fires once a tick with two schedulers, also when they and the broker are killed', async (t) => {
        const bench = await JobsBench.start(t, broker)
        const schedulers = [await bench.keep('schedule', {}), await bench.keep('schedule', {})]
        await bench.keep('work', {})
        const ticks = async (): Promise<number[]> => [...new Set(await bench.numbers('ticked'))]
        const more = async (so: number): Promise<void> => {
          const until = (await ticks()).length + so
          await bench.until(async () => (await ticks()).length >= until)
        }
        await more(2)
        schedulers[0]!.signal('SIGKILL')
        await more(2)
        for (const scheduler of schedulers) scheduler.signal('SIGKILL')
        await more(2)
        const before = await bench.numbers('ticked')
        assert.deepEqual(
          before,
          before.map((_, i) => before[0]! + i * 1000),
          'each second, once',
        )
        await bench.broker.killAndStart()
        await more(3)
        // A job that the worker had in hand when the broker died may be delivered again; it is the same job.
        const ids = new Map((await bench.notes('ticked')).map(({ n, id }) => [n, id]))
        assert.equal(new Set(ids.values()).size, ids.size)
        const all = await ticks()
        assert.ok(
          all.every((tick, i) => i === 0 || tick - all[i - 1]! >= 1000),
          `${all}`,
        )
        await bench.queue({}).unschedule('each second')
      })

      it('a schedule is there, old or new, wherever one who replaces it is killed', async (t) => {
        const bench = await JobsBench.start(t, broker)
        await bench.keep('work', {})
        for (let kills = 0; kills < 8; kills++) {
          const scheduler = await bench.keep('reschedule', {})
          const replaced = (await bench.numbers('replaced')).length
          await bench.until(async () => (await bench.numbers('replaced')).length > replaced + 3)
          await scheduler.kill()
          assert.ok(await bench.isScheduled('each second'), `after ${kills + 1} kills`)
        }
        const before = new Set(await bench.numbers('ticked')).size
        await bench.until(async () => new Set(await bench.numbers('ticked')).size >= before + 2)
        const ticks = await bench.numbers('ticked')
        assert.equal(new Set(ticks).size, ticks.length, 'each tick once')
        await bench.queue({}).unschedule('each second')
        assert.ok(!(await bench.isScheduled('each second')))
      })
      return
    }

    it('what the broker lacks is refused by name, and nothing is sent', async (t) => {
      const bench = await JobsBench.start(t, broker)
      const queue = bench.queue({ retry })
      const refused = (what: Promise<unknown>, option: string) =>
        assert.rejects(what, (error) => error instanceof UnsupportedByBroker && error.option === option)
      const add = (options: AddOptions) => queue.add('work', { n: 1 }, options)
      await refused(add({ delayMs: 10 }), 'add: delayMs')
      await refused(add({ dedupe: { key: 'k', windowMs: 10 } }), 'add: dedupe')
      await refused(queue.schedule('s', { everyMs: 1000 }, 'work', { n: 1 }), 'schedule')
      await refused(queue.unschedule('s'), 'schedule')
      await refused(bench.queue({ ordered: true }).add('work', { n: 1 }, { key: 'k' }), 'queue: ordered')
      await refused(bench.queue({ dispatch: 'random' }).add('work', { n: 1 }), 'queue: dispatch')
      await bench.keep('work', { queue: { retry } })
      await add({})
      await bench.until(async () => (await bench.numbers('done')).length === 1)
      await sleep(200)
      assert.deepEqual(await bench.numbers('began'), [1])
    })
  })
}

/** Kills one after the other, at random, until it holds; some kills are of the broker. @returns how many */
async function killUntil(
  bench: JobsBench,
  victims: readonly KeptProgram[],
  random: () => number,
  withBroker: boolean,
  holds: () => Promise<boolean>,
): Promise<number> {
  for (let kills = 0; ; kills++) {
    await sleep(50 + random() * 400)
    if (await holds()) return kills
    if (kills === KILLS) break
    const choice = Math.floor(random() * (victims.length + (withBroker ? 0.7 : 0)))
    if (choice === victims.length) await bench.broker.killAndStart()
    else victims[choice]!.signal('SIGKILL')
  }
  await bench.until(holds)
  return KILLS
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
