/**
 * The same job through two libraries: added one at a time by `concurrency` adders, added in hundreds, processed
 * `concurrency` at a time, and both at once. Each part counts from its first call to its last answer, or last job done.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { connect } from '../../client/src/index.ts'
import type { Job, Metrics } from './job.ts'
import { openWindow } from './process-counters.ts'

export interface JobsJob extends Job {
  library: 'signalbox' | 'bullmq'
  /** The folder that BullMQ is installed in. */
  bullmq: string | undefined
  jobs: number
  concurrency: number
  bodyBytes: number
}

interface Library {
  add(data: object): Promise<unknown>
  addMany(data: object[]): Promise<unknown>
  process(handler: () => Promise<void>): Promise<{ stop(): Promise<unknown> }>
  close(): Promise<unknown>
}

const libraries = { signalbox: openSignalbox, bullmq: openBullmq }
const QUEUE = 'bench'
const NAME = 'encode'
const BULK = 100

export async function jobs(job: JobsJob): Promise<Metrics> {
  const library = await libraries[job.library](job)
  const data = { file: 'a'.repeat(job.bodyBytes - '{"file":""}'.length) }
  const addAll = async (count: number): Promise<void> => {
    let left = count
    const adder = async (): Promise<void> => {
      while (left-- > 0) await library.add(data)
    }
    await Promise.all(Array.from({ length: job.concurrency }, adder))
  }
  const addInBulk = async (count: number): Promise<void> => {
    const many = Array.from({ length: BULK }, () => data)
    for (let left = count; left > 0; left -= BULK) await library.addMany(many)
  }
  /** Until `count` jobs are done. */
  const processAll = async (count: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let done = 0
    const worker = await library.process(async () => {
      if (++done === count) resolve()
    })
    await promise
    await worker.stop()
  }
  const rate = async (count: number, work: Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await work
    return count / ((performance.now() - began) / 1000)
  }
  const { jobs: count } = job
  // Compiled and connected first.
  await Promise.all([addAll(count / 5), processAll(count / 5)])
  const close = openWindow(job.pid)
  const addedPerSecond = await rate(count, addAll(count))
  const addedManyPerSecond = await rate(count, addInBulk(count))
  const processedPerSecond = await rate(2 * count, processAll(2 * count))
  const bothPerSecond = await rate(count, Promise.all([addAll(count), processAll(count)]))
  const window = close()
  await library.close()
  return { addedPerSecond, addedManyPerSecond, processedPerSecond, bothPerSecond, ...window }
}

async function openSignalbox({ address, concurrency }: JobsJob): Promise<Library> {
  const client = await connect(`amqp://guest:guest@${address.host}:${address.port}`)
  const queue = client.queue(QUEUE)
  return {
    add: (data) => queue.add(NAME, data),
    addMany: (many) => queue.addMany(many.map((data) => ({ name: NAME, data }))),
    process: (handler) => queue.process(NAME, handler, { concurrency }),
    close: () => client.close(),
  }
}

/** What of BullMQ is used here. */
interface Bullmq {
  Queue: new (
    name: string,
    options: object,
  ) => {
    add(name: string, data: object): Promise<unknown>
    addBulk(jobs: object[]): Promise<unknown>
    close(): Promise<void>
  }
  Worker: new (
    name: string,
    handler: () => Promise<void>,
    options: object,
  ) => { close(): Promise<void>; waitUntilReady(): Promise<unknown> }
}

async function openBullmq({ address: connection, concurrency, bullmq }: JobsJob): Promise<Library> {
  const { Queue, Worker } = createRequire(join(bullmq!, 'package.json'))('bullmq') as Bullmq
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } })
  return {
    add: (data) => queue.add(NAME, data),
    addMany: (many) => queue.addBulk(many.map((data) => ({ name: NAME, data }))),
    async process(handler) {
      const worker = new Worker(QUEUE, handler, { connection, concurrency })
      await worker.waitUntilReady()
      return { stop: () => worker.close() }
    },
    close: () => queue.close(),
  }
}
