/** Results of jobs that the broker gives up by itself, because no worker did. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect as connectAmqp } from 'amqplib'
import { connect, JobGivenUp, type JobQueue, RemoteError } from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const retry = { attempts: 2, minMs: 1, maxMs: 5 }

const givenUp = (reason: string) => (error: unknown) => error instanceof JobGivenUp && error.reason === reason

test('who awaits a job that takes its workers with it hears of its end, as does who awaits one that nobody takes', async (t) => {
  const { client, url } = await startBench(t)
  const queue = client.queue<{ work: number }>('q', { retry })
  const fatal = await queue.add('work', 1, { awaitResult: true })
  for (let died = 0; died < retry.attempts; died++) {
    const other = await connectAmqp(url)
    const channel = await other.createChannel()
    await new Promise<void>((resolve) => void channel.consume('q:work', () => resolve()))
    await other.close()
  }
  await assert.rejects(fatal.result(), givenUp('delivery_limit'))
  const late = await queue.add('work', 2, { awaitResult: true, ttlMs: 1 })
  await assert.rejects(late.result(), givenUp('expired'))
  await assert.rejects(late.result(), { message: 'work: no worker took it in time', code: 'JOB_GIVEN_UP' })
  const letters = await queue.dead('work').list()
  assert.deepEqual(
    letters.map(({ data, reason }) => [data, reason]),
    [
      [1, 'delivery_limit'],
      [2, 'expired'],
    ],
  )
})

test('each adder hears of its own jobs, and the dead letters have each once', async (t) => {
  const { client, url } = await startBench(t)
  const other = await connect({ url, drainOn: [] })
  t.after(() => other.close())
  const queues = [client, other].map((box): JobQueue<{ work: number }> => box.queue('q', { retry }))
  const added = await Promise.all(
    [0, 1, 2, 3].map((n) => queues[n % 2]!.add('work', n, { awaitResult: true, ...(n < 2 && { ttlMs: 1 }) })),
  )
  await assert.rejects(added[0]!.result(), givenUp('expired'))
  await assert.rejects(added[1]!.result(), givenUp('expired'))
  await queues[0]!.process('work', ({ data }) => {
    if (data === 2) throw new Error('no')
    return data
  })
  await assert.rejects(added[2]!.result(), (error: unknown) => error instanceof RemoteError && error.message === 'no')
  assert.equal(await added[3]!.result(), 3)
  await until(async () => (await queues[0]!.dead('work').count()) === 3)
})

test('what was sent back after its end can be handled, and what it ended with stays', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: number }>('q', { retry })
  const job = await queue.add('work', 1, { awaitResult: true, ttlMs: 1 })
  await assert.rejects(job.result(), JobGivenUp)
  await queue.dead('work').redrive()
  const handled = Promise.withResolvers<number>()
  await queue.process('work', ({ data }) => handled.resolve(data))
  assert.equal(await handled.promise, 1)
  await assert.rejects(job.result(), JobGivenUp)
})

test('who asks for a queue again and again listens to its dead letters once', async (t) => {
  const { client } = await startBench(t)
  for (let n = 0; n < 3; n++) await client.queue<{ work: number }>('q', { retry }).add('work', n, { awaitResult: true })
  const { mailbox } = client as unknown as { mailbox: { listeners: Map<string, Set<unknown>> } }
  assert.deepEqual(
    [...mailbox.listeners.values()].map(({ size }) => size),
    [1],
  )
})
