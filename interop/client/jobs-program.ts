/**
 * A process that adds, handles or schedules jobs, and notes what it does in a file that all such processes append to:
 * `node jobs-program.ts ROLE BROKER FILE SETTINGS`. Killed at any moment, what it noted is there, in the order of time.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Job, NoRetry, type QueueOptions } from '../../client/src/index.ts'

export interface Work {
  readonly n: number
  /** What its handler is to do before it is done. */
  readonly act?: 'die' | 'die at last' | 'throw' | 'throw at first' | 'refuse' | 'take a while'
}

export interface Note {
  readonly pid: number
  readonly what: 'adding' | 'added' | 'began' | 'done' | 'ticked' | 'result' | 'replaced'
  readonly n: number
  readonly attempt?: number
  readonly id?: string
  readonly duplicate?: boolean
  readonly atMs?: number
}

export interface Settings {
  readonly name: string
  readonly queue?: QueueOptions
  readonly concurrency?: number
  /** Of a producer: one job for each of so many numbers, as fast as they are confirmed. */
  readonly count?: number
  /** So many keys in turn. */
  readonly keys?: number
  /** Nobody dies or throws any more. */
  readonly calm?: boolean
}

const [role, url, file, text] = process.argv.slice(2) as [string, string, string, string]
const settings: Settings = JSON.parse(text)
const note = (what: Note['what'], n: number, more: Partial<Note> = {}): void =>
  appendFileSync(file, `${JSON.stringify({ pid: process.pid, what, n, ...more, atMs: Date.now() })}\n`)

const box = await connect({ url, reconnect: { minMs: 20, maxMs: 300 } })
box.on('error', (error) => console.log(`error: ${error.message}`))
const queue = box.queue<{ work: Work }>(settings.name, settings.queue)
const roles: Record<string, () => Promise<void>> = { produce, work, schedule, reschedule }
await roles[role]!()
console.log('ready')

/** Goes on where one before it ended. */
async function produce(): Promise<void> {
  console.log('ready')
  const { count = 0, keys } = settings
  const begun = notes().filter(({ what }) => what === 'adding')
  for (let n = Math.max(-1, ...begun.map((one) => one.n)) + 1; n < count; n++) {
    note('adding', n)
    const act = n % 7 === 3 ? 'throw at first' : n % 11 === 5 ? 'take a while' : undefined
    const options = keys === undefined ? {} : { key: `key ${n % keys}` }
    const { id } = await queue.add('work', { n, ...(act && { act }) }, options)
    note('added', n, { id })
  }
}

async function work(): Promise<void> {
  await queue.process('work', handle, { concurrency: settings.concurrency ?? 1 })
}

async function handle({ id, data: { n, act }, attempt, headers }: Job<Work>): Promise<number> {
  const scheduledAt = headers['x-scheduled-at']
  if (typeof scheduledAt === 'number') note('ticked', scheduledAt, { id })
  note('began', n, { attempt, id })
  if (!settings.calm) {
    if (act === 'die' || (act === 'die at last' && attempt === 3)) process.kill(process.pid, 'SIGKILL')
    if (act === 'throw' || act === 'die at last' || (act === 'throw at first' && attempt === 1))
      throw new RangeError(`no ${n}`)
    if (act === 'refuse') throw new NoRetry(`never ${n}`)
  }
  if (act === 'take a while') await sleep(300)
  note('done', n, { attempt, id })
  return n * 2
}

async function schedule(): Promise<void> {
  await queue.schedule('each second', { cron: '* * * * * *' }, 'work', { n: -1 })
}

/** One plan after the other, without end. */
async function reschedule(): Promise<void> {
  console.log('ready')
  for (let turn = 0; ; turn++) {
    await queue.schedule('each second', { everyMs: 1000 }, 'work', { n: turn })
    note('replaced', turn)
  }
}

function notes(): Note[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Note)
}
