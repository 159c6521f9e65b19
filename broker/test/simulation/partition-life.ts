/**
 * Random histories of partitions' logs on the simulated disk: batches of producers, transactions, raised starts, crashes
 * of every kind. After each start the log is compared, byte by byte, with what was appended before it.
 */
import assert from 'node:assert/strict'
import type { Faults } from '../../src/log/faults.ts'
import type {
  EpochStart,
  PartitionDurability,
  PartitionLog,
  PartitionLogOptions,
} from '../../src/log/partition/partition-log.ts'
import { Producers } from '../../src/log/partition/producers.ts'
import { baseOffset, batchLength, nextOffset, recordsCount } from '../../src/record/batch.ts'
import { BatchHead } from '../../src/record/batch-head.ts'
import { encodeMarker, markerOf } from '../../src/record/control-batch.ts'
import { batchOf } from '../log/partition/compacted-log.ts'
import { Run, type Tamper } from './run.ts'

const PARTITIONS = 4
const GENERATIONS = 4
const PRODUCERS = 3

interface Kept {
  readonly bytes: Uint8Array
  readonly base: number
  readonly end: number
}

/** What the test knows of one log. */
class Book {
  readonly owner: string
  durability: PartitionDurability
  /** Something of it was only written: a power cut may take it, and leave what came behind. */
  mayLose: boolean
  /** Of what was written something may be gone that stood before what was synced. */
  wasChanged = false
  /** Appended in this order; cut back to what a crash left. */
  batches: Kept[] = []
  start = 0
  /** Seen by readers. */
  highWatermark = 0
  epoch = 0
  /** The round that made the log. */
  createdRound = 0
  readonly sequences = new Map<number, number>()
  readonly open = new Set<number>()

  constructor(owner: string, durability: PartitionDurability) {
    this.owner = owner
    this.durability = durability
    this.mayLose = durability === 'written'
  }
}

function optionsOf({ durability }: Book): PartitionLogOptions {
  return { durability, segmentBytes: 3000, segmentMs: 1e12, indexIntervalBytes: 200 }
}

export interface PartitionFaults {
  tamper?: Tamper
  faults?: Faults
}

class Life {
  readonly run: Run
  readonly books: Book[] = []
  readonly ends: string[] = []
  private made = PARTITIONS

  constructor(seed: number, planted: PartitionFaults) {
    this.run = new Run({
      seed,
      shards: seed % 2 === 0 ? 1 : 3,
      journalFileBytes: seed % 5 === 0 ? 3 << 20 : 1 << 20,
      ...planted,
    })
  }

  async live(): Promise<void> {
    const { run } = this
    await run.open()
    for (let i = 0; i < PARTITIONS; i++) {
      this.create(new Book(`["partition","/","t",${i}]`, i % 2 === 0 ? 'synced' : 'written'))
    }
    for (let generation = 0; generation < GENERATIONS; generation++) await this.generation()
    await this.end('restart')
  }

  private create(book: Book): void {
    const { engine } = this.run
    book.createdRound = engine!.openRound
    book.epoch = engine!.createPartition(book.owner, `t-${this.books.length}`, optionsOf(book)).leaderEpoch
    this.books.push(book)
  }

  private async generation(): Promise<void> {
    const { random } = this.run
    const end = random.pick(['cut', 'cut', 'power', 'kill', 'restart'] as const)
    if (end === 'cut') this.run.disk.powerOffAfter(random.below(150))
    if (random.chance(1, 4)) this.run.disk.failNext('write', 'ENOSPC', 'partitions')
    const steps = 20 + random.below(150)
    for (let step = 0; step < steps && !this.run.isOff && this.run.fatal === undefined; step++) await this.step()
    await this.end(end)
  }

  private async step(): Promise<void> {
    const { random } = this.run
    const book = random.pick(this.books)
    const log = this.logOf(book)!
    switch (random.below(13)) {
      case 0:
        await this.run.turns(random.below(30))
        break
      case 1:
        await this.run.durable()
        break
      case 2:
        this.raiseStart(book, log)
        break
      case 3:
        this.endTransaction(book, log)
        break
      case 4:
        await this.readSomewhere(book, log)
        break
      case 5:
        // Journal files come to their end, and with them retirements and checkpoints.
        this.run.define('filling', 'x'.repeat(random.below(400_000)))
        break
      case 6:
        log.roll()
        break
      case 7:
        if (random.chance(1, 3)) this.change(book, log)
        break
      default:
        this.append(book, log)
    }
    for (const one of this.books) one.highWatermark = Math.max(one.highWatermark, this.logOf(one)!.highWatermark)
  }

  /** Another durability, or another log in the place of this one. */
  private change(book: Book, log: PartitionLog): void {
    const { random, engine } = this.run
    if (random.chance(2, 3)) {
      book.durability = book.durability === 'synced' ? 'written' : 'synced'
      book.mayLose = book.wasChanged = true
      log.configure(optionsOf(book))
      return
    }
    engine!.deletePartition(log)
    this.books.splice(this.books.indexOf(book), 1)
    this.create(new Book(`["partition","/","t",${this.made++}]`, book.durability))
  }

  private append(book: Book, log: PartitionLog): void {
    const { random } = this.run
    const producerId = random.chance(1, 3) ? -1 : random.below(PRODUCERS)
    const transactional = producerId === 0
    const rows = Array.from({ length: 1 + random.below(4) }, (_, i) => ({
      key: `k${i}`,
      value: 'v'.repeat(this.valueLength()),
      timestamp: this.run.clock.now() + random.below(50),
    }))
    const baseSequence = producerId < 0 ? -1 : (book.sequences.get(producerId) ?? 0)
    const batch = batchOf(rows, { producerId, baseSequence, transactional })
    if (producerId >= 0) book.sequences.set(producerId, baseSequence + rows.length)
    if (transactional) book.open.add(producerId)
    this.add(book, log, batch, rows.length)
  }

  private valueLength(): number {
    const { random } = this.run
    if (random.chance(1, 1000)) return 1_000_000
    return random.chance(1, 40) ? 20_000 : random.below(300)
  }

  private endTransaction(book: Book, log: PartitionLog): void {
    const [producerId] = book.open
    if (producerId === undefined) return
    book.open.delete(producerId)
    const commit = this.run.random.chance(1, 2)
    const now = this.run.clock.now()
    this.add(book, log, encodeMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, commit, now }), 1)
  }

  private add(book: Book, log: PartitionLog, batch: Uint8Array, records: number): void {
    const base = log.append(batch, this.run.clock.now())
    assert.equal(base, Math.max(book.batches.at(-1)?.end ?? 0, log.startOffset), 'offsets follow each other')
    book.batches.push({ bytes: batch.slice(), base, end: base + records })
  }

  private raiseStart(book: Book, log: PartitionLog): void {
    if (!this.run.random.chance(1, 4) || log.highWatermark <= log.startOffset) return
    const start = log.startOffset + this.run.random.below(log.highWatermark - log.startOffset + 1)
    log.startAt(start)
    book.start = Math.max(book.start, start)
  }

  private async readSomewhere(book: Book, log: PartitionLog): Promise<void> {
    if (log.highWatermark <= log.startOffset) return
    const offset = log.startOffset + this.run.random.below(log.highWatermark - log.startOffset)
    const limit = log.highWatermark
    const bytes = await this.run.alive(read(log, offset, limit, 1 + this.run.random.below(4000)))
    if (bytes === undefined || this.run.isOff) return
    const first = book.batches.findIndex((one) => one.end > offset)
    assert.ok(bytes.length > 0, 'something is to be read below the high watermark')
    this.compare(book, bytes, first)
  }

  private async end(end: string): Promise<void> {
    const { run } = this
    this.ends.push(end)
    const before = this.books.map((one) => ({ epoch: one.epoch, highWatermark: one.highWatermark }))
    const rounds = run.engine?.durableRound ?? 0
    if (end === 'restart' && run.fatal === undefined && !run.isOff) await run.restart()
    const isClean = end === 'restart' && !run.isOff && run.fatal === undefined
    const cutStart = end !== 'restart' && run.random.chance(1, 3) ? run.random.below(12) : undefined
    const isKill = end === 'kill' && cutStart === undefined && !run.isOff && run.fatal === undefined
    if (!isClean) await run.crash(end === 'kill' ? 'kill' : 'power', cutStart)
    for (const [i, book] of [...this.books].entries()) {
      const log = this.logOf(book)
      if (log === undefined) {
        assert.ok(!isClean && book.createdRound > rounds, `a log that was made is gone: ${book.owner}`)
        this.books.splice(this.books.indexOf(book), 1)
        this.create(new Book(book.owner, book.durability))
        continue
      }
      await this.judge(book, log, before[i].epoch, isKill || isClean || !book.mayLose ? before[i].highWatermark : 0)
    }
  }

  private async judge(book: Book, log: PartitionLog, epoch: number, promised: number): Promise<void> {
    const name = `${book.owner} ${book.durability}`
    assert.ok(log.leaderEpoch > epoch, 'every start has an epoch of its own')
    assert.ok(log.endOffset >= promised, `${name} ends at ${log.endOffset}, but ${promised} was promised`)
    assert.equal(log.highWatermark, log.endOffset)
    assert.ok(log.startOffset <= book.start, 'nobody asked for this start')
    book.start = log.startOffset
    book.epoch = log.leaderEpoch
    let left = book.batches.filter((one) => one.end <= log.endOffset)
    if (book.wasChanged) {
      const found = await this.basesIn(log)
      if (found === undefined) return
      const isThere = (one: Kept) => one.end <= log.startOffset || found.has(one.base)
      for (const one of left)
        assert.ok(isThere(one) || one.end > promised, `${name} lost ${one.base}, ${promised} promised`)
      left = left.filter(isThere)
    }
    assert.ok(
      left.length === 0 || left.at(-1)!.end === log.endOffset || log.endOffset === log.startOffset,
      `${name} ends within a batch, at ${log.endOffset}`,
    )
    book.batches = left
    book.highWatermark = log.endOffset
    for (let offset = log.startOffset; offset < log.endOffset; ) {
      const bytes = await this.run.alive(read(log, offset, log.endOffset, 4000))
      if (bytes === undefined) return
      assert.ok(bytes.length > 0, `${name} has nothing at ${offset} of ${log.endOffset}`)
      offset = this.compare(
        book,
        bytes,
        left.findIndex((one) => one.end > offset),
      )
    }
    this.judgeProducers(book, log)
  }

  private async basesIn(log: PartitionLog): Promise<Set<number> | undefined> {
    const bases = new Set<number>()
    for (let offset = log.startOffset; offset < log.endOffset; ) {
      const bytes = await this.run.alive(read(log, offset, log.endOffset, 4000))
      if (bytes === undefined) return undefined
      assert.ok(bytes.length > 0, `nothing at ${offset} of ${log.endOffset}`)
      for (let at = 0; at < bytes.length; at += batchLength(bytes, at)) {
        if (recordsCount(bytes, at) > 0) bases.add(baseOffset(bytes, at))
        offset = nextOffset(bytes, at)
      }
    }
    return bases
  }

  /** Compares what was read with the batches from `first` on. @returns the end of the last */
  private compare(book: Book, bytes: Uint8Array, first: number): number {
    let next = first
    let end = 0
    for (let at = 0; at < bytes.length; ) {
      const length = batchLength(bytes, at)
      end = nextOffset(bytes, at)
      if (recordsCount(bytes, at) === 0) {
        // Stands for what was lost.
        assert.ok(book.wasChanged, 'batches without records')
        at += length
        continue
      }
      assert.ok(book.batches[next] !== undefined, 'a batch that nobody appended')
      assert.deepEqual(Buffer.from(bytes.subarray(at, at + length)), Buffer.from(book.batches[next].bytes), book.owner)
      at += length
      next++
    }
    return end
  }

  private judgeProducers(book: Book, log: PartitionLog): void {
    const expected = new Producers()
    const head = new BatchHead()
    const epochs: { epoch: number; startOffset: number }[] = []
    book.open.clear()
    book.sequences.clear()
    for (const { bytes } of book.batches) {
      head.read(bytes, 0)
      if (epochs.at(-1)?.epoch !== head.leaderEpoch) {
        epochs.push({ epoch: head.leaderEpoch, startOffset: head.baseOffset })
      }
      const marker = head.isControl ? markerOf(bytes, 0) : null
      if (marker !== null) expected.noteMarker(head, marker.commit, marker.coordinatorEpoch)
      else expected.noteBatch(head)
    }
    expected.startAt(log.startOffset)
    for (const state of expected.all()) {
      // What removed records said may be forgotten with them.
      const isKept = (one: { lastOffset: number }) => one.lastOffset >= log.startOffset
      const found = log.producers.get(state.producerId)
      const kept = state.batches.filter(isKept)
      assert.deepEqual(found?.batches.filter(isKept) ?? [], kept, `producer ${state.producerId} of ${book.owner}`)
      // The marker below the start may be among what was lost.
      const isUnsure = book.wasChanged && (found?.transactionStart ?? -1) < log.startOffset
      if (state.transactionStart >= log.startOffset && !isUnsure) {
        assert.equal(found?.transactionStart, state.transactionStart)
      }
      if (found === undefined) continue
      book.sequences.set(state.producerId, (found.batches.at(-1)?.lastSequence ?? -1) + 1)
      if (found.transactionStart >= 0) book.open.add(state.producerId)
    }
    const ranges = (all: Producers) => all.aborted.map((one) => `${one.firstOffset} to ${one.lastOffset}`)
    for (const { firstOffset, lastOffset } of expected.aborted) {
      if (firstOffset >= log.startOffset) assert.ok(ranges(log.producers).includes(`${firstOffset} to ${lastOffset}`))
    }
    for (const { lastOffset } of log.producers.aborted) {
      assert.ok(expected.aborted.some((one) => one.lastOffset === lastOffset))
    }
    const from = epochs.findLastIndex((one) => one.startOffset <= log.startOffset)
    const fromStart = (one: EpochStart) => [one.epoch, Math.max(one.startOffset, log.startOffset)]
    const expectedEpochs = epochs.slice(Math.max(0, from)).map(fromStart)
    // Batches that stand for lost ones have epochs too.
    if (book.wasChanged) return
    if (log.endOffset > log.startOffset) assert.deepEqual(log.epochs.map(fromStart), expectedEpochs, book.owner)
  }

  private logOf(book: Book): PartitionLog | undefined {
    for (const log of this.run.engine!.partitions.values()) if (log.owner === book.owner) return log
    return undefined
  }
}

/** @throws with the seed in its message */
export async function livePartitions(seed: number, planted: PartitionFaults = {}): Promise<void> {
  const life = new Life(seed, planted)
  try {
    await life.live()
  } catch (error) {
    const trace = life.run.disk.trace.slice(-8).join('\n    ')
    const command = `FIRST_SEED=${seed} SEEDS=1`
    throw new Error(`seed ${seed} (run it alone: ${command}) after ${life.ends.join(', ')}\n    ${trace}`, {
      cause: error,
    })
  }
}

function read(log: PartitionLog, offset: number, limit: number, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    log.read(offset, limit, bytesMax, (error, parts) => {
      if (error === null) resolve(Buffer.concat(parts))
      else reject(error)
    })
  })
}
