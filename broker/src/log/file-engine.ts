/**
 * The file engine: logs on local files. A round at a time: all that was staged is sealed at the end of a turn, written
 * with one synced write per shard, and only then does `durableRound` move. While a write is under way the next round
 * collects, so that a burst costs the same as a message.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { crc32 } from '../base/crc32c.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { type Turn, TurnPhase, type TurnTask } from '../base/turn.ts'
import type { MessageDraft } from '../record/message.ts'
import { appendToMany, appendToOne } from './append.ts'
import type { Sealed } from './arena.ts'
import { Background } from './background.ts'
import { BlockPool } from './block.ts'
import { CheckpointFolder, type CheckpointSource } from './checkpoint.ts'
import type { FileCursor } from './cursor.ts'
import type { Cursor, Durability, EngineMetrics, Log, LogEngine, SourceLedger } from './engine.ts'
import type { Faults } from './faults.ts'
import { FileLog } from './file-log.ts'
import { Journal } from './journal.ts'
import { MemoryBudget } from './memory-budget.ts'
import { FilePartition } from './partition/file-partition.ts'
import type { PartitionLog, PartitionLogOptions } from './partition/partition-log.ts'
import { PartitionStore } from './partition/partition-store.ts'
import { ReadCache } from './read-cache.ts'
import { recoverShard } from './recover-shard.ts'
import type { Retirement } from './retire.ts'
import { Retirements } from './retirements.ts'
import { Rounds } from './rounds.ts'
import { SegmentStore } from './segment-store.ts'
import { Shard } from './shard.ts'
import type { FileSourceLedger } from './source-ledger.ts'
import { Sources } from './sources.ts'
import { FORMAT, readStoreVersion, STORE_FOLDER, type StoreVersion, writeStoreVersion } from './store-version.ts'

const TAIL_BYTES_MAX = 128 << 20
/** Of which so much is for what readers fetched from segments. */
const CACHE_SHARE = 1 / 8
export const JOURNAL_FILE_BYTES = 64 << 20
const JOURNAL_FILES = 8
const SPACE_RETRY_MS = 1000
/** Settles alone wait this long for company. */
const SETTLE_DELAY_MS = 20
/** Bytes of segments are estimates for about so long. */
const MEASURE_DELAY_MS = 1000
/** More destinations than this are appended in several sections. */
const DESTINATIONS_MAX = 16384

export interface FileEngineOptions {
  disk: Disk
  clock: Clock
  turn: Turn
  logger: Logger
  random?: Random
  /** Of a new store; an existing one keeps its number. */
  shards?: number
  /** Bytes of messages held in memory; what is above goes to files. */
  tailBytesMax?: number
  journalFileBytes?: number
  /** How much journal is kept, about, before what is still needed of its oldest files is moved. */
  journalBytesMax?: number
  /** Of a queue's segment. */
  segmentBytesMax?: number
  /** For tests of the tests. */
  faults?: Faults
}

/** Somebody inside waits for a round. */
interface Waiter {
  round: number
  resolve: () => void
  reject: (error: Error) => void
}

/** Opens the store on the disk, or makes one. */
export async function openFileEngine(options: FileEngineOptions): Promise<LogEngine> {
  const engine = new FileEngine(options)
  await engine.open()
  return engine
}

class FileEngine implements LogEngine, TurnTask {
  scheduled = false
  onDurable: () => void = () => {}
  onFatal: (error: Error) => void = () => {}
  onLagging: (lagging: boolean) => void = () => {}
  onSeal: () => void = () => {}
  readonly logs = new Map<number, FileLog>()
  readonly definitions = new Map<string, Uint8Array>()
  private readonly rounds = new Rounds()
  private readonly pool: BlockPool
  private readonly cache: ReadCache
  private readonly budget: MemoryBudget
  private readonly shards: Shard[] = []
  private readonly sources: Sources = new Sources(this.shards, this.rounds)
  readonly cursors: ReadonlyMap<string, Cursor> = this.sources.cursors
  readonly ledgers: ReadonlyMap<string, SourceLedger> = this.sources.ledgers
  private readonly retirements: Retirements
  private waiters: Waiter[] = []
  lagging = false
  private readonly background = new Background((error) => this.fail(error))
  private readonly options: FileEngineOptions
  nextLogId = 1
  /** Something is staged that is to be sealed with the turn. */
  private urgent = false
  private writing = false
  /** Somebody was told to wait for this round. */
  private promised = 0
  private failed: Error | null = null
  private closed = false
  private settleTimer: Timer | null = null
  private roundsWritten = 0

  constructor(options: FileEngineOptions) {
    this.options = options
    const { tailBytesMax = TAIL_BYTES_MAX } = options
    this.cache = new ReadCache(tailBytesMax * CACHE_SHARE)
    this.pool = new BlockPool(tailBytesMax * (1 - CACHE_SHARE), () => this.budget.check())
    this.budget = new MemoryBudget({
      pool: this.pool,
      background: this.background,
      clock: options.clock,
      logger: options.logger,
      logs: this.logs,
      onLagging: () => this.checkLagging(),
      onFatal: (error) => this.fail(error),
    })
    const { journalFileBytes = JOURNAL_FILE_BYTES } = options
    this.retirements = new Retirements({
      clock: options.clock,
      logger: options.logger,
      journalFileBytes,
      journalBytesMax: options.journalBytesMax ?? JOURNAL_FILES * journalFileBytes,
      onChange: () => this.checkLagging(),
      onFatal: (error) => this.fail(error),
    })
  }

  /** @throws Damage, DiskError */
  async open(): Promise<void> {
    const { disk, journalFileBytes: fileBytes = JOURNAL_FILE_BYTES, random = systemRandom, faults = {} } = this.options
    const found = await readStoreVersion(disk)
    const version = found ?? { id: random.bytes(16), shards: this.options.shards ?? 1 }
    const writer = Buffer.from(random.bytes(6)).readUIntBE(0, 6)
    for (let number = 0; number < version.shards; number++) {
      const folder = `${STORE_FOLDER}/${number}/journal`
      const { background } = this
      const journal = new Journal({ disk, background, folder, shard: number, fileBytes, storeId: version.id, writer })
      const segments = new SegmentStore(
        disk,
        `${STORE_FOLDER}/${number}`,
        this.rounds,
        this.cache,
        this.options.segmentBytesMax,
      )
      const shard = new Shard(number, this.pool, this.rounds, journal, segments, faults, (urgent) => this.wake(urgent))
      shard.partitions = new PartitionStore({
        disk,
        clock: this.options.clock,
        turn: this.options.turn,
        folder: `${STORE_FOLDER}/${number}/partitions`,
        journal: shard,
        background,
        onChange: () => {
          this.checkLagging()
          this.retirements.check()
        },
        onFatal: (error) => this.fail(error),
      })
      shard.onSparse = (log) => this.budget.relieveIndex(log)
      segments.onInexact = () => this.measureLater(segments)
      journal.onSpace = () => this.checkLagging()
      journal.onNoSpace = () => this.waitForSpace()
      journal.onRoll = (seq) => this.noteFile(shard, seq)
      this.shards.push(shard)
      this.retirements.all.push(this.retirementOf(shard, version.id, fileBytes))
    }
    if (found === null) await this.create(version)
    else for (const retirement of this.retirements.all) await this.recover(retirement)
    if (found !== null && found.format !== FORMAT) await writeStoreVersion(disk, found)
    for (const shard of this.shards) shard.stageOpen(false)
    this.nextLogId = this.sources.recovered(this.partitions, this.nextLogId)
    this.sealNow()
    await this.finished
    if (this.failed !== null) throw this.failed
  }

  private async recover(retirement: Retirement): Promise<void> {
    const { source, folder: checkpoints, journalFileBytes: fileBytes } = retirement
    const { shard, storeId } = source
    await shard.segments.wipeScratch()
    const settleDown = (): Promise<void> => this.budget.settleDown()
    const { logger } = this.options
    retirement.journalFrom = await recoverShard({
      shard,
      state: this,
      fileBytes,
      storeId,
      logger,
      settleDown,
      checkpoints,
    })
  }

  private async create(version: Omit<StoreVersion, 'format'>): Promise<void> {
    const { disk } = this.options
    await disk.removeFolder(STORE_FOLDER)
    for (const { source, folder } of this.retirements.all) {
      await source.shard.journal.create()
      await source.shard.segments.create()
      await source.shard.partitions.create()
      await folder.create()
    }
    for (const shard of this.shards) await disk.syncFolder(`${STORE_FOLDER}/${shard.number}`)
    await writeStoreVersion(disk, version)
  }

  get openRound(): number {
    return this.rounds.open
  }

  get durableRound(): number {
    return this.rounds.durable
  }

  get metrics(): EngineMetrics {
    return {
      rounds: this.roundsWritten,
      entries: this.shards.reduce((sum, shard) => sum + shard.journal.entryNumber, 0),
      journalBytes: this.shards.reduce((sum, shard) => sum + shard.journal.bytesWritten, 0),
      tailBytes: this.pool.bytes + this.cache.bytes,
      tailBytesMax: this.options.tailBytesMax ?? TAIL_BYTES_MAX,
      spilledBytes: this.shards.reduce((sum, shard) => sum + shard.segments.bytesWritten, 0),
    }
  }

  createLog(owner: string, durability: Durability): Log {
    const id = this.idOf(owner)
    const shard = this.shardOf(id)
    const log = new FileLog(id, owner, durability, shard)
    this.logs.set(id, log)
    if (durability !== 'scratch') shard.stageCreate(log)
    return log
  }

  /** Free, and of a shard that follows from the owner: a log made anew after a crash lies where its cursors have been. */
  private idOf(owner: string): number {
    const count = this.shards.length
    const from = this.nextLogId
    const id = count === 1 ? from : from + ((((crc32(owner) - from) % count) + count) % count)
    this.nextLogId = id + 1
    return id
  }

  deleteLog(log: Log): void {
    const own = log as FileLog
    if (own.deleted) return
    own.settleRange(0, own.endOffset)
    own.deleted = true
    if (!own.spilling) own.cold?.dropAll()
    this.logs.delete(own.id)
    if (own.durability !== 'scratch') this.shardOf(own.id).stageDelete(own)
  }

  get partitions(): ReadonlyMap<number, PartitionLog> {
    if (this.shards.length === 1) return this.shards[0].partitions.partitions
    return new Map(this.shards.flatMap((shard) => [...shard.partitions.partitions]))
  }

  createPartition(owner: string, label: string, options: PartitionLogOptions): PartitionLog {
    const id = this.nextLogId++
    const shard = this.shardOf(id)
    const partition = new FilePartition(id, owner, label, options, shard.partitions)
    shard.partitions.partitions.set(id, partition)
    shard.stageCreatePartition(partition)
    return partition
  }

  deletePartition(log: PartitionLog): void {
    const own = log as FilePartition
    if (own.deleted) return
    own.end()
    this.shardOf(own.id).stageDelete(own)
  }

  append(draft: MessageDraft, logs: readonly Log[], count: number): number {
    let staged: boolean
    if (count === 1) {
      const log = logs[0] as FileLog
      staged = appendToOne(draft, log, log.shard as Shard)
    } else staged = this.appendToShards(draft, logs.slice(0, count) as FileLog[])
    if (!staged) return 0
    if (!this.urgent) this.wake(true)
    return this.rounds.open
  }

  createCursor(owner: string, source: PartitionLog | null, next: number): Cursor {
    const count = this.shards.length
    const id = Math.ceil(this.nextLogId / count) * count
    this.nextLogId = id + count
    return this.sources.createCursor(id, owner, source, next)
  }

  deleteCursor(cursor: Cursor): void {
    this.sources.deleteCursor(cursor as FileCursor)
  }

  appendFrom(cursor: Cursor, offset: number, draft: MessageDraft, logs: readonly Log[], count: number): number {
    const some = count === logs.length ? logs : logs.slice(0, count)
    if (!this.sources.append(cursor as FileCursor, offset, draft, some as readonly FileLog[])) return 0
    if (!this.urgent) this.wake(true)
    return this.rounds.open
  }

  moveCursor(cursor: Cursor, next: number): void {
    this.sources.move(cursor as FileCursor, next)
  }

  createLedger(owner: string, source: PartitionLog, startOffset: number): SourceLedger {
    return this.sources.createLedger(this.nextLogId++, owner, source, startOffset)
  }

  deleteLedger(ledger: SourceLedger): void {
    this.sources.deleteLedger(ledger as FileSourceLedger)
  }

  define(id: string, value: Uint8Array | null): void {
    if (value === null) this.definitions.delete(id)
    else this.definitions.set(id, value)
    this.shards[0].stageDefinition(id, value)
  }

  seal(): number {
    if (this.urgent || this.settleTimer !== null) {
      this.wake(true)
      this.promised = this.rounds.open
      return this.promised
    }
    return this.writing ? this.rounds.open - 1 : 0
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.retirements.stop()
    if (this.failed === null) this.onSeal()
    if (this.failed === null) this.stageCleanStop()
    while (this.failed === null && (this.writing || this.urgent)) {
      this.sealNow()
      await this.finished
    }
    if (this.failed === null) for (const { partitions } of this.shards) await partitions.settleForGood().catch(() => {})
    await this.budget.stop()
    await this.background.idle()
    for (const shard of this.shards) {
      await shard.journal.close()
      await shard.segments.close()
      await shard.partitions.close()
    }
  }

  private stageCleanStop(): void {
    for (const log of this.logs.values()) log.stageExactMark()
    for (const ledger of this.sources.ledgers.values()) ledger.stageExactMark()
    for (const shard of this.shards) shard.stageOpen(true)
  }

  runTurn(): void {
    this.sealNow()
  }

  private shardOf(logId: number): Shard {
    return this.shards[logId % this.shards.length]
  }

  private appendToShards(draft: MessageDraft, logs: FileLog[]): boolean {
    let staged = false
    for (const shard of this.shards) {
      const own = this.shards.length === 1 ? logs : logs.filter((log) => log.shard === shard)
      for (let from = 0; from < own.length; from += DESTINATIONS_MAX) {
        const some = own.length <= DESTINATIONS_MAX ? own : own.slice(from, from + DESTINATIONS_MAX)
        if (appendToMany(draft, some, shard, null)) staged = true
      }
    }
    return staged
  }

  private wake(urgent: boolean): void {
    if (urgent) {
      if (this.urgent) return
      this.urgent = true
      if (!this.writing) this.options.turn.schedule(TurnPhase.seal, this)
    } else if (this.settleTimer === null && !this.urgent) {
      this.settleTimer = this.options.clock.setTimer(SETTLE_DELAY_MS, () => {
        this.settleTimer = null
        this.wake(true)
      })
    }
  }

  /** Seals the open round, if nothing is being written, and starts its write. */
  private sealNow(): void {
    if (this.writing || this.failed !== null) return
    this.urgent = true
    this.onSeal()
    this.urgent = false
    if (this.settleTimer !== null) this.options.clock.clearTimer(this.settleTimer)
    this.settleTimer = null
    const sealed: Sealed[] = this.shards.map((shard) => shard.seal())
    if (sealed.every((one) => one.entries.length === 0)) {
      if (this.promised === this.rounds.open) this.advance(this.rounds.open++)
      return
    }
    this.writing = true
    const round = this.rounds.open++
    if (this.options.faults?.confirmBeforeSync) this.rounds.durable = round
    this.finished = this.write(sealed, round)
  }

  private finished: Promise<void> = Promise.resolve()

  private async write(sealed: readonly Sealed[], round: number): Promise<void> {
    try {
      await Promise.all(sealed.map((one, i) => this.shards[i].journal.write(one.entries, one.mustSync)))
    } catch (error) {
      this.fail(error as Error)
      return
    }
    for (const one of sealed) for (const block of one.blocks) this.pool.release(block)
    this.writing = false
    this.roundsWritten++
    this.advance(round)
    if (this.urgent) this.sealNow()
    this.budget.check()
    for (const shard of this.shards) this.removeSettled(shard)
    this.checkLagging()
    this.retirements.check()
  }

  /** Resolves when everything staged so far is durable. */
  private whenDurable(): Promise<void> {
    const round = this.seal()
    if (this.failed !== null) return Promise.reject(this.failed)
    if (round <= this.rounds.durable) return Promise.resolve()
    return new Promise((resolve, reject) => this.waiters.push({ round, resolve, reject }))
  }

  /** The round is durable, or there was nothing in it. */
  private advance(round: number): void {
    this.rounds.durable = round
    for (const shard of this.shards) shard.partitions.durable()
    this.sources.durable()
    this.onDurable()
    this.tellWaiters()
  }

  private tellWaiters(): void {
    if (this.waiters.length === 0) return
    const due = this.waiters.filter((one) => one.round <= this.rounds.durable)
    this.waiters = this.waiters.filter((one) => one.round > this.rounds.durable)
    for (const { resolve } of due) resolve()
  }

  private retirementOf(shard: Shard, storeId: Uint8Array, journalFileBytes: number): Retirement {
    const engine = this
    const { disk } = this.options
    const source: CheckpointSource = {
      storeId,
      shard,
      logs: this.logs,
      definitions: shard.number === 0 ? this.definitions : null,
      get nextLogId() {
        return engine.nextLogId
      },
      durable: () => this.whenDurable(),
    }
    const folder = new CheckpointFolder(disk, `${STORE_FOLDER}/${shard.number}`)
    return {
      source,
      folder,
      background: this.background,
      journalFileBytes,
      journalFrom: 1,
      faults: this.options.faults ?? {},
    }
  }

  private noteFile(shard: Shard, seq: number): void {
    for (const log of this.logs.values()) if (log.shard === shard && log.journaled) log.noteFile(seq)
  }

  private checkLagging(): void {
    const noSpace = this.shards.some((shard) => shard.journal.noSpace)
    const lagging =
      this.shards.some((shard) => shard.partitions.lagging) ||
      this.budget.lagging ||
      this.retirements.lagging ||
      noSpace
    if (lagging === this.lagging) return
    this.lagging = lagging
    this.onLagging(lagging)
  }

  /** Publishers wait; the journal tries again to make files ready. */
  private waitForSpace(): void {
    this.checkLagging()
    this.options.clock.setTimer(SPACE_RETRY_MS, () => {
      if (this.closed || this.failed !== null) return
      for (const shard of this.shards) shard.journal.prepare()
    })
  }

  /** Bytes of segments become exact again soon, but not with every settle. */
  private measureLater(segments: SegmentStore): void {
    this.options.clock.setTimer(MEASURE_DELAY_MS, () => {
      if (!this.closed && this.failed === null) this.background.start(() => segments.measure())
    })
  }

  /** Removes the segments whose settles are durable. */
  private removeSettled(shard: Shard): void {
    if (shard.segments.hasRemovable)
      this.background.start(() => shard.segments.removeDoomed(() => shard.journal.sync()))
    if (shard.partitions.hasRemovable)
      this.background.start(() => shard.partitions.removeDoomed(() => shard.journal.sync()))
  }

  private fail(error: Error): void {
    if (this.failed !== null) return
    this.failed = error
    this.retirements.abandon()
    for (const { reject } of this.waiters) reject(error)
    this.waiters = []
    this.options.logger.fatal({ err: error }, 'the journal cannot be written: stopping')
    this.onFatal(error)
  }
}
