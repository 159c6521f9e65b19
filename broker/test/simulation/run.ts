/** One life of an engine on a simulated disk after the other, with the oracle watching. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../src/base/clock.ts'
import type { Disk } from '../../src/base/disk.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import type { Durability, Log, LogEngine } from '../../src/log/engine.ts'
import type { Faults } from '../../src/log/faults.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import type { CursorBook } from './cursor-book.ts'
import { draftOf } from './numbered-message.ts'
import { Oracle, type Promised, readNext, type StoredRecord } from './oracle.ts'

/** Puts something between the engine and its disk, to plant a bug. */
export type Tamper = (disk: Disk) => Disk

export interface RunOptions {
  seed: number
  shards?: number
  tailBytesMax?: number
  journalFileBytes?: number
  tamper?: Tamper
  faults?: Faults
}

const ALL_ROUNDS = Number.MAX_SAFE_INTEGER
const NEVER = Number.POSITIVE_INFINITY
const TURNS_MAX = 20_000

export class Run {
  readonly random: SeededRandom
  oracle = new Oracle()
  readonly clock = new ManualClock()
  disk: SimulatedDisk
  engine: LogEngine | undefined
  /** Set where a partition is copied into the logs. */
  book: CursorBook | null = null
  /** An error that stopped the engine. */
  fatal: Error | undefined
  isOff = false
  #isClosed = false
  #numbers = 0
  /** What happened on the disks before this one, as far as the runs were one behind the other. */
  readonly #earlier: string[] = []
  readonly #options: RunOptions

  constructor(options: RunOptions) {
    this.#options = options
    this.random = new SeededRandom(options.seed)
    this.disk = new SimulatedDisk(this.random)
  }

  /** Opens the engine; false if the power went off before it was open. */
  async open(): Promise<boolean> {
    const { shards = 1, tailBytesMax, journalFileBytes, tamper = (untouched) => untouched, faults = {} } = this.#options
    this.isOff = false
    this.fatal = undefined
    const { disk } = this
    void disk.poweredOff.then(() => {
      if (this.disk === disk) this.isOff = true
    })
    const opened = openFileEngine({
      disk: tamper(disk),
      clock: this.clock,
      turn: new Turn(),
      logger: silentLogger(),
      random: this.random,
      shards,
      faults,
      ...(tailBytesMax === undefined ? {} : { tailBytesMax }),
      ...(journalFileBytes === undefined ? {} : { journalFileBytes }),
    })
    const engine = await this.alive(opened)
    if (engine === undefined) return false
    this.engine = engine
    engine.onFatal = (error) => {
      this.fatal = error
    }
    return true
  }

  /** Every changing operation, in order, over clean stops. */
  get trace(): string[] {
    return [...this.#earlier, ...this.disk.trace]
  }

  /** Waits for something that may hang when the power goes; undefined then. Time passes as it is needed. */
  async alive<T>(wanted: Promise<T>): Promise<T | undefined> {
    let result: { value: T } | { error: unknown } | undefined
    wanted.then(
      (value) => {
        result = { value }
      },
      (error) => {
        result = { error }
      },
    )
    for (let turn = 0; result === undefined && !this.isOff; turn++) {
      assert.ok(turn < TURNS_MAX, 'the engine never comes to an end')
      await nextTurn()
      if (turn % 50 === 49) this.clock.advance(this.clock.nextTimer() ?? 0)
    }
    if (result !== undefined && 'error' in result) throw result.error
    return result?.value
  }

  /** Lets turns of the event loop pass. */
  async turns(count: number): Promise<void> {
    for (let i = 0; i < count && !this.isOff; i++) await nextTurn()
  }

  /** Lets everything staged so far become durable, unless the power goes off or the engine stops. */
  async durable(): Promise<void> {
    const round = this.engine!.seal()
    for (let turn = 0; this.engine!.durableRound < round && !this.isOff && this.fatal === undefined; turn++) {
      assert.ok(turn < TURNS_MAX, `round ${round} never becomes durable`)
      await nextTurn()
      if (turn % 50 === 49) this.clock.advance(this.clock.nextTimer() ?? 0)
    }
  }

  create(owner: string, durability: Durability): number {
    const round = this.engine!.openRound
    const log = this.engine!.createLog(owner, durability)
    this.oracle.created(log, round)
    return log.id
  }

  delete(id: number): void {
    const model = this.oracle.logs.get(id)!
    model.deletedRound = this.engine!.openRound
    this.engine!.deleteLog(this.log(id))
    if (model.durability === 'scratch') this.oracle.logs.delete(id)
  }

  append(ids: readonly number[], bodyLength: number, persistent = true): void {
    const message = { number: this.#numbers++, bodyLength, persistent }
    const logs = ids.map((id) => this.log(id))
    const offsets = logs.map((log) => log.endOffset)
    const round = this.engine!.append(draftOf(message, this.clock.now()), logs, logs.length)
    for (const [i, id] of ids.entries()) {
      const model = this.oracle.logs.get(id)!
      this.oracle.appended(model, offsets[i], message, this.clock.now(), round)
      assert.ok(round > 0 || !persistent || model.durability === 'scratch', 'no round was named for a durable message')
    }
  }

  /** Copies the next record of the book's partition into logs, or passes over it. */
  copy(ids: readonly number[], bodyLength: number): void {
    const engine = this.engine!
    const cursor = this.book!.cursorOf(engine)
    const message = { number: this.#numbers++, bodyLength, persistent: true }
    const logs = ids.map((id) => this.log(id))
    const offsets = logs.map((log) => log.endOffset)
    const { next } = cursor
    const round = engine.appendFrom(cursor, next, draftOf(message, this.clock.now()), logs, logs.length)
    assert.equal(cursor.next > next, true)
    for (const [i, id] of ids.entries()) {
      // Left out: after a crash its shard is ahead.
      if (logs[i].endOffset === offsets[i]) continue
      const model = this.oracle.logs.get(id)!
      this.oracle.appended(model, offsets[i], message, this.clock.now(), round)
      if (model.durability !== 'scratch') this.book!.copied(next + 1, id, model.records.get(offsets[i])!)
    }
  }

  settle(id: number, record: StoredRecord): void {
    if (record.settledRound === NEVER) record.settledRound = this.engine!.openRound
    this.log(id).settle(record.offset)
    assert.ok(this.log(id).isSettled(record.offset))
  }

  settleRange(id: number, from: number, to: number): void {
    for (const record of this.records(id)) {
      if (record.offset >= from && record.offset < to) record.settledRound = this.engine!.openRound
    }
    this.log(id).settleRange(from, to)
  }

  setReturns(id: number, record: StoredRecord, count: number, notBefore = 0): void {
    record.returns.push({ value: `${count}/${notBefore}`, round: this.engine!.openRound })
    this.log(id).setReturns(record.offset, count, notBefore)
  }

  /** Hands a record out, if the engine lets it. */
  deliver(id: number, record: StoredRecord): void {
    if (this.log(id).mayDeliver(record.offset)) record.delivered = true
  }

  define(id: string, value: string | null): void {
    this.oracle.defined(id, value, this.engine!.openRound)
    this.engine!.define(id, value === null ? null : Buffer.from(value))
  }

  /** Reads the next record at or after `offset` as a queue would, and compares. */
  async read(id: number, offset: number): Promise<void> {
    const model = this.oracle.logs.get(id)!
    const expected = this.records(id).find((record) => record.offset >= offset)
    const before = expected?.offset
    const record = await this.alive(readNext(this.log(id), model, offset))
    if (this.isOff) return
    assert.equal(record?.offset, before, `log ${id}: the next record at ${offset}`)
  }

  /** What is unsettled in a log, in order. */
  records(id: number): StoredRecord[] {
    return this.oracle.logs.get(id)!.unsettled()
  }

  log(id: number): Log {
    return this.engine!.logs.get(id)!
  }

  /** A power cut, or the death of the process alone; then starts, of which the first may be cut as well; then judgement. */
  async crash(kind: 'power' | 'kill', cutStartAfter = NEVER): Promise<void> {
    let promised = this.#promised(kind)
    const afterCut = this.#promised('power')
    this.disk = kind === 'power' ? this.disk.powerLoss() : this.disk.kill()
    this.disk.powerOffAfter(cutStartAfter)
    while (!(await this.open())) {
      this.disk = this.disk.powerLoss()
      promised = afterCut
    }
    this.disk.powerOffAfter(NEVER)
    await this.#judge(promised)
  }

  /** A clean stop, after which nothing may hang on what was never synced, and a start. Ends early when the power goes. */
  async restart(): Promise<void> {
    await this.alive(this.engine!.close())
    if (this.isOff) return
    this.#isClosed = true
    assert.equal(this.disk.openFiles, 0, 'files stay open after a close')
    const operationsLeft = this.disk.operationsLeft
    this.#earlier.push(...this.disk.trace)
    this.disk = this.disk.powerLoss()
    this.disk.powerOffAfter(operationsLeft)
    if (await this.open()) await this.#judge(this.#promised('power'))
  }

  /** Every one of `count` ways in which the disk may come out of the present moment is judged. */
  async judgeOutcomes(count: number, aftermath: (run: Run) => Promise<void>): Promise<void> {
    const { disk, oracle } = this
    const promised = this.#promised('power')
    for (let i = 0; i < count; i++) {
      this.oracle = oracle.copy()
      this.disk = disk.powerLoss()
      await this.open()
      await this.#judge(promised)
      await aftermath(this)
    }
  }

  /** What must be there after such an end at this moment; after a clean stop, all. */
  #promised(kind: 'power' | 'kill'): Promised {
    if (this.#isClosed) return { durable: ALL_ROUNDS, written: ALL_ROUNDS, clean: true }
    const durable = this.engine?.durableRound ?? 0
    return { durable, written: kind === 'kill' ? durable : 0, clean: false }
  }

  async #judge(promised: Promised): Promise<void> {
    await this.alive(this.oracle.judge(this.engine!, promised))
    if (!this.isOff) this.book?.judge(this.engine!, this.oracle, promised.durable)
    this.#isClosed = false
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
