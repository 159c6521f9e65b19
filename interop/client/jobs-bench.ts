/** The processes of a test around a broker, and what they noted. A queue of its own, for tests share the broker. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectAmqp } from 'amqplib'
import { type Client, connect, type JobQueue, type QueueOptions } from '../../client/src/index.ts'
import type { JobBroker } from './jobs-brokers.ts'
import type { Note, Settings, Work } from './jobs-program.ts'
import { KeptProgram } from './kept-program.ts'

const SECONDS_TO_SETTLE = 90
const NOT_FOUND = 404

export type Role = 'produce' | 'work' | 'schedule' | 'reschedule'
export type Jobs = { work: Work }

export class JobsBench {
  readonly broker: JobBroker
  /** A client of the test's own. */
  readonly box: Client
  readonly programs: KeptProgram[] = []
  private readonly name = `jobs-${randomUUID()}`
  private readonly file: string

  private constructor(broker: JobBroker, box: Client, file: string) {
    this.broker = broker
    this.box = box
    this.file = file
  }

  static async start(t: TestContext, broker: JobBroker): Promise<JobsBench> {
    const directory = await mkdtemp(join(tmpdir(), 'jobs-'))
    const file = join(directory, 'notes')
    await writeFile(file, '')
    const box = await connect({ url: broker.url, reconnect: { minMs: 20, maxMs: 300 }, drainOn: [] })
    box.on('error', (error) => t.diagnostic(error.message))
    const bench = new JobsBench(broker, box, file)
    t.after(async () => {
      await Promise.all(bench.programs.map((program) => program.stop()))
      await box.close()
      await rm(directory, { recursive: true })
    })
    return bench
  }

  queue(options: QueueOptions): JobQueue<Jobs> {
    return this.box.queue<Jobs>(this.name, options)
  }

  /** Started again whenever it ends. */
  async keep(role: Role, settings: Omit<Settings, 'name'>): Promise<KeptProgram> {
    const said: Settings = { name: this.name, ...settings }
    const path = join(import.meta.dirname, 'jobs-program.ts')
    const program = new KeptProgram([path, role, this.broker.url, this.file, JSON.stringify(said)])
    this.programs.push(program)
    await this.until(() => program.isReady)
    return program
  }

  /** By what the broker has. */
  async isScheduled(schedule: string): Promise<boolean> {
    const connection = await connectAmqp(this.broker.url)
    try {
      const channel = await connection.createChannel()
      channel.on('error', () => {})
      await channel.checkExchange(`${this.name}:${schedule}:schedule`)
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === NOT_FOUND) return false
      throw error
    } finally {
      await connection.close()
    }
  }

  async notes(what?: Note['what']): Promise<Note[]> {
    const lines = (await readFile(this.file, 'utf8')).split('\n').filter((line) => line !== '')
    const notes = lines.map((line) => JSON.parse(line) as Note)
    return what === undefined ? notes : notes.filter((one) => one.what === what)
  }

  /** The numbers that were noted so, in the order of time. */
  async numbers(what: Note['what']): Promise<number[]> {
    return (await this.notes(what)).map(({ n }) => n)
  }

  /** @throws after a while, with the last words of all */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + SECONDS_TO_SETTLE * 1000; !(await holds()); await sleep(30)) {
      if (Date.now() < end) continue
      const notes = (await this.notes()).slice(-10).map((one) => JSON.stringify(one))
      throw new Error([`never: ${holds}`, ...this.programs.map(({ lastWords }) => lastWords), ...notes].join('\n'))
    }
  }
}
