/**
 * A partition copied into queues, record by record: where a record goes, and how large it is, follows from its offset, so
 * that after every crash it can be said what each queue has to hold.
 */
import assert from 'node:assert/strict'
import { type Cursor, type Log, Seek } from '../../src/log/engine.ts'
import type { Faults } from '../../src/log/faults.ts'
import { MessageView } from '../../src/record/message.ts'
import { draftOf } from '../simulation/numbered-message.ts'
import { Run } from '../simulation/run.ts'
import { batchOf } from './partition/compacted-log.ts'
import { loaded } from './store.ts'

const QUEUES = 5
const RECORDS = 120
const SOURCE = 'topic:/:orders:0'
const OWNER = 'cursor:/:orders:0'
const OPTIONS = { durability: 'synced', segmentBytes: 64 << 20, segmentMs: 1e12, indexIntervalBytes: 4096 } as const

/** One in six goes nowhere. */
function goesTo(offset: number, queue: number): boolean {
  return offset % 6 !== 5 && ((offset * 37 + 11) >> (queue + (offset % 3))) % 2 === 1
}

function bodyLength(offset: number): number {
  if (offset === 23) return 2_000_000
  return [10, 700, 40_000, 300_000, 2000][offset % 5]
}

/** The offsets that go to a queue, in order. */
const expected: readonly number[][] = Array.from({ length: QUEUES }, (_, queue) =>
  Array.from({ length: RECORDS }, (_, offset) => offset).filter((offset) => goesTo(offset, queue)),
)

export class Copying {
  private readonly run: Run
  private readonly shards: number
  private queues: Log[] = []
  /** Per queue, offsets of its log that were settled at some time. */
  private readonly settled = expected.map(() => new Set<number>())
  /** What was copied in this life of the engine: behind it, and the round that makes it durable. */
  private promises: [number, number][] = []
  /** The copies of all records below are there whatever comes. */
  private floor = 0

  constructor(shards: number, faults: Faults = {}) {
    this.run = new Run({ seed: 2, shards, tailBytesMax: 256 << 10, journalFileBytes: 1 << 20, faults })
    this.shards = shards
  }

  get trace(): readonly string[] {
    return this.run.disk.trace
  }

  get isOff(): boolean {
    return this.run.isOff
  }

  /** From a start to the end of the source, or until the power goes off. */
  async live(cutAfter = Number.POSITIVE_INFINITY): Promise<void> {
    this.run.disk.powerOffAfter(cutAfter)
    if (await this.open()) await this.copyAll()
    if (!this.isOff) await this.judgeEnd()
  }

  /** What the next start finds, in so many of the ways in which the disk may come out of the present moment. */
  async judgeOutcomes(count: number): Promise<void> {
    const { run, floor } = this
    const { disk, engine } = run
    for (let i = 0; i < count; i++) {
      this.crash()
      await this.open()
      run.disk = disk
      run.engine = engine
      run.isOff = true
      this.floor = floor
    }
  }

  /** The disk that the next start finds. */
  crash(): void {
    const durable = this.run.engine?.durableRound ?? 0
    for (const [next, round] of this.promises) if (round <= durable) this.floor = Math.max(this.floor, next)
    this.promises = []
    this.run.disk = this.run.disk.powerLoss()
  }

  private async open(): Promise<boolean> {
    const { run } = this
    run.engine = undefined
    if (!(await run.open())) return false
    await run.alive(this.judge())
    return !this.isOff
  }

  private async copyAll(): Promise<void> {
    const { run } = this
    if (this.cursor === undefined) await this.begin()
    while (!this.isOff && this.cursor.next < RECORDS) {
      const offset = this.cursor.next
      this.copy(offset)
      // Several in one turn make a round of several entries.
      if (offset % 9 > 4) await run.turns(offset % 4)
      if (offset % 12 === 11) this.settleSome()
      if (offset % 16 === 15) await run.durable()
      if (offset === 15) await this.restart()
    }
    if (!this.isOff) await run.durable()
  }

  private async begin(): Promise<void> {
    const engine = this.run.engine!
    const source = [...engine.partitions.values()][0] ?? engine.createPartition(SOURCE, 'orders-0', OPTIONS)
    if (source.endOffset === 0)
      source.append(batchOf(Array.from({ length: RECORDS }, (_, i) => ({ key: `${i}`, value: '' }))), 1)
    const owners = [...engine.logs.values()].map(({ owner }) => owner)
    for (let i = 0; i < QUEUES; i++) if (!owners.includes(`queue:/:${i}`)) engine.createLog(`queue:/:${i}`, 'synced')
    await this.run.durable()
    if (this.isOff) return
    engine.createCursor(OWNER, source, 0)
    this.find()
    for (let offset = 0; offset < 3; offset++) this.copy(offset)
    await this.run.durable()
  }

  private copy(offset: number): void {
    const { clock } = this.run
    const engine = this.run.engine!
    const message = { number: offset, bodyLength: bodyLength(offset), persistent: true }
    const logs = this.queues.filter((_, i) => goesTo(offset, i))
    const round = engine.appendFrom(this.cursor, offset, draftOf(message, clock.now()), logs, logs.length)
    if (round > 0) this.promises.push([offset + 1, round])
  }

  private settleSome(): void {
    for (const [i, log] of this.queues.entries()) {
      for (let offset = log.settledBelow; offset < log.endOffset - 2; offset++) {
        if (offset % 4 === i % 4) continue
        log.settle(offset)
        this.settled[i].add(offset)
      }
    }
    this.run.clock.advance(25)
  }

  /** A clean stop and a start. */
  private async restart(): Promise<void> {
    const { run } = this
    const { next } = this.cursor
    await run.alive(run.engine!.close())
    if (this.isOff) return
    this.floor = next
    this.promises = []
    const { operationsLeft } = run.disk
    run.disk = run.disk.powerLoss()
    run.disk.powerOffAfter(operationsLeft)
    await this.open()
  }

  private get cursor(): Cursor {
    return this.run.engine!.cursors.get(OWNER)!
  }

  private find(): void {
    const logs = [...this.run.engine!.logs.values()]
    this.queues = expected.map((_, i) => logs.find(({ owner }) => owner === `queue:/:${i}`)!)
  }

  private async judge(): Promise<void> {
    const { cursor } = this
    if (cursor === undefined || this.run.engine!.logs.size < QUEUES) {
      assert.equal(this.floor, 0, 'what was copied is lost')
      return
    }
    this.find()
    const { next } = cursor
    const floor = Math.max(this.floor, next)
    for (const [i, log] of this.queues.entries()) {
      const below = expected[i].filter((offset) => offset < floor).length
      const where = `queue ${i}, cursor ${next}, copied below ${this.floor}`
      // The cursor is the least of its parts: with several shards a queue may be ahead of it.
      if (this.shards === 1) assert.equal(log.endOffset, below, where)
      else assert.ok(log.endOffset >= below, `${where}: ${log.endOffset} of ${below}`)
      await this.judgeQueue(log, i)
    }
    this.floor = floor
  }

  private async judgeEnd(): Promise<void> {
    await this.run.alive(this.judge())
    assert.equal(this.cursor.next, RECORDS)
    for (const [i, log] of this.queues.entries()) assert.equal(log.endOffset, expected[i].length, `queue ${i}`)
    await this.run.alive(this.run.engine!.close())
  }

  private async judgeQueue(log: Log, queue: number): Promise<void> {
    const view = new MessageView()
    const found = new Set<number>()
    for (let at = 0; ; ) {
      const result = log.seek(at, view)
      if (result === Seek.end) break
      if (result === Seek.cold) {
        await loaded(log, at)
        continue
      }
      found.add(view.offset)
      assert.equal(numberOf(view), expected[queue][view.offset], `queue ${queue}, its offset ${view.offset}`)
      at = view.offset + 1
    }
    for (let offset = 0; offset < log.endOffset; offset++) {
      const isThere = found.has(offset) || this.settled[queue].has(offset)
      assert.ok(isThere, `queue ${queue}: its offset ${offset} is missing`)
    }
  }
}

function numberOf(view: MessageView): number {
  const key = Buffer.from(view.buffer.buffer, view.buffer.byteOffset + view.keyPos, view.keyLen).toString()
  assert.equal(view.bodyLen, bodyLength(Number(key.slice(4))))
  return Number(key.slice(4))
}
