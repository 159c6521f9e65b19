/** One broker for the tests of a file, the members that a test has around it as processes, and what they noted. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect } from '../../client/src/index.ts'
import type { JobBroker, JobBrokerKind } from './jobs-brokers.ts'
import { KeptProgram } from './kept-program.ts'
import type { Member, Note } from './member-program.ts'

const SECONDS_TO_SETTLE = 60
const PROGRAM = join(import.meta.dirname, 'member-program.ts')

export class MemberBench {
  readonly broker: JobBroker
  /** A client of the test's own. */
  readonly box: Client
  private readonly file: string
  private readonly programs: KeptProgram[] = []

  private constructor(broker: JobBroker, box: Client, file: string) {
    this.broker = broker
    this.box = box
    this.file = file
  }

  static async start(t: TestContext, broker: JobBroker): Promise<MemberBench> {
    const directory = await mkdtemp(join(tmpdir(), 'members-'))
    const file = join(directory, 'notes')
    await writeFile(file, '')
    const box = await connect({ url: broker.url, reconnect: { minMs: 20, maxMs: 300 }, drainOn: [] })
    box.on('error', (error) => t.diagnostic(error.message))
    const bench = new MemberBench(broker, box, file)
    t.after(async () => {
      await Promise.all(bench.programs.map((program) => program.stop()))
      await box.close()
      await rm(directory, { recursive: true })
    })
    return bench
  }

  /** Started again whenever it ends. Resolves when it receives. */
  async keep(member: Member): Promise<KeptProgram> {
    const program = new KeptProgram([PROGRAM, this.broker.url, this.file, JSON.stringify(member)])
    this.programs.push(program)
    await this.until(() => program.isReady)
    return program
  }

  async notes(what: Note['what'] = 'got'): Promise<Note[]> {
    const lines = (await readFile(this.file, 'utf8')).split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as Note).filter((note) => note.what === what)
  }

  /** What that member got, in the order of time. */
  async gotBy(by: string): Promise<number[]> {
    return (await this.notes()).filter((note) => note.by === by).map(({ n }) => n)
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

/** Runs with each kind of broker that was asked for: BROKER=Signalbox or RabbitMQ is one alone. */
export const isAskedFor = ({ name }: JobBrokerKind): boolean => [undefined, name].includes(process.env.BROKER)

/** `n` from 0 on. */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

export const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)
