/**
 * The file engine: logs on local files, in one shard or several. It makes and deletes logs and hands messages to their
 * shards; `round-writer.ts` makes what they stage durable, `upkeep.ts` does what goes on behind it.
 */
import type { Clock } from '../base/clock.ts'
import { crc32 } from '../base/crc32c.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { type Random, systemRandom } from '../base/random.ts'
import type { Turn } from '../base/turn.ts'
import type { MessageDraft } from '../record/message.ts'
import { appendToMany, appendToOne } from './append.ts'
import { BlockPool } from './block.ts'
import { CheckpointFolder } from './checkpoint.ts'
import type { FileCursor } from './cursor.ts'
import type { Cursor, Durability, EngineMetrics, Log, LogEngine, SourceLedger } from './engine.ts'
import type { Faults } from './faults.ts'
import { FileLog } from './file-log.ts'
import { Journal } from './journal.ts'
import { FilePartition } from './partition/file-partition.ts'
import type { PartitionLog, PartitionLogOptions } from './partition/partition-log.ts'
import { PartitionStore } from './partition/partition-store.ts'
import { ReadCache } from './read-cache.ts'
import { recoverShard } from './recover-shard.ts'
import type { Retirement } from './retire.ts'
import { RoundWriter } from './round-writer.ts'
import { Rounds } from './rounds.ts'
import { SegmentStore } from './segment-store.ts'
import { Shard } from './shard.ts'
import type { FileSourceLedger } from './source-ledger.ts'
import { Sources } from './sources.ts'
import { FORMAT, readStoreVersion, STORE_FOLDER, type StoreVersion, writeStoreVersion } from './store-version.ts'
import { Upkeep } from './upkeep.ts'

const TAIL_BYTES_MAX = 128 << 20
/** Of which so much is for what readers fetched from segments. */
const CACHE_SHARE = 1 / 8
export const JOURNAL_FILE_BYTES = 64 << 20
const JOURNAL_FILES = 8
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

/** Opens the store on the disk, or makes one. */
export async function openFileEngine(options: FileEngineOptions): Promise<LogEngine> {
  const engine = new FileEngine(options)
  await engine.open()
  return engine
}

class FileEngine implements LogEngine {
  onDurable: () => void = () => {}
  onFatal: (error: Error) => void = () => {}
  onLagging: (lagging: boolean) => void = () => {}
  onSeal: () => void = () => {}
  readonly logs = new Map<number, FileLog>()
  readonly definitions = new Map<string, Uint8Array>()
  private readonly rounds = new Rounds()
  private readonly shards: Shard[] = []
  private readonly sources: Sources = new Sources(this.shards, this.rounds)
  readonly cursors: ReadonlyMap<string, Cursor> = this.sources.cursors
  readonly ledgers: ReadonlyMap<string, SourceLedger> = this.sources.ledgers
  private readonly options: FileEngineOptions
  private readonly journalFileBytes: number
  private readonly cache: ReadCache
  private readonly pool: BlockPool
  private readonly writer: RoundWriter
  private readonly upkeep: Upkeep
  nextLogId = 1
  private closed = false

  constructor(options: FileEngineOptions) {
    const { clock, turn, logger, faults = {}, tailBytesMax = TAIL_BYTES_MAX } = options
    const { journalFileBytes = JOURNAL_FILE_BYTES } = options
    this.options = options
    this.journalFileBytes = journalFileBytes
    this.cache = new ReadCache(tailBytesMax * CACHE_SHARE)
    this.pool = new BlockPool(tailBytesMax * (1 - CACHE_SHARE), () => this.upkeep.blocksTaken())
    const { rounds, shards, pool, logs } = this
    const onFatal = (error: Error): void => this.fail(error)
    this.upkeep = new Upkeep({
      clock,
      logger,
      pool,
      logs,
      journalFileBytes,
      journalBytesMax: options.journalBytesMax ?? JOURNAL_FILES * journalFileBytes,
      onLagging: (lagging) => this.onLagging(lagging),
      onFatal,
    })
    this.writer = new RoundWriter({
      clock,
      turn,
      rounds,
      shards,
      pool,
      faults,
      onSeal: () => this.onSeal(),
      onDurable: () => this.durable(),
      onWritten: () => this.upkeep.roundWritten(),
      onFatal,
    })
  }

  /** @throws Damage, DiskError */
  async open(): Promise<void> {
    const { disk, random = systemRandom } = this.options
    const found = await readStoreVersion(disk)
    const version = found ?? { id: random.bytes(16), shards: this.options.shards ?? 1 }
    const writer = Buffer.from(random.bytes(6)).readUIntBE(0, 6)
    for (let number = 0; number < version.shards; number++) this.shards.push(this.newShard(number, version.id, writer))
    const retirements = this.shards.map((shard) => this.retirementOf(shard, version.id))
    if (found === null) await this.create(version, retirements)
    else for (const retirement of retirements) await this.recover(retirement)
    if (found !== null && found.format !== FORMAT) await writeStoreVersion(disk, found)
    // What is half recovered is in no checkpoint.
    this.upkeep.retire(retirements)
    for (const shard of this.shards) shard.stageOpen(false)
    this.nextLogId = this.sources.recovered(this.partitions, this.nextLogId)
    await this.writer.drain()
    if (this.writer.failure !== null) throw this.writer.failure
  }

  private newShard(number: number, storeId: Uint8Array, writer: number): Shard {
    const { pool, rounds, upkeep, journalFileBytes: fileBytes } = this
    const { disk, clock, turn, segmentBytesMax, faults = {} } = this.options
    const { background } = upkeep
    const folder = `${STORE_FOLDER}/${number}`
    const journal = new Journal({
      disk,
      background,
      folder: `${folder}/journal`,
      shard: number,
      fileBytes,
      storeId,
      writer,
    })
    const segments = new SegmentStore(disk, folder, rounds, this.cache, segmentBytesMax)
    const shard = new Shard(number, pool, rounds, journal, segments, faults, (urgent) => this.writer.wake(urgent))
    shard.partitions = new PartitionStore({
      disk,
      clock,
      turn,
      folder: `${folder}/partitions`,
      journal: shard,
      background,
      onChange: () => upkeep.partitionsChanged(),
      onFatal: (error) => this.fail(error),
    })
    upkeep.watch(shard)
    return shard
  }

  private retirementOf(shard: Shard, storeId: Uint8Array): Retirement {
    const engine = this
    const { logs, definitions, journalFileBytes } = this
    return {
      source: {
        storeId,
        shard,
        logs,
        definitions: shard.number === 0 ? definitions : null,
        get nextLogId() {
          return engine.nextLogId
        },
        durable: () => this.writer.whenDurable(),
      },
      folder: new CheckpointFolder(this.options.disk, `${STORE_FOLDER}/${shard.number}`),
      background: this.upkeep.background,
      journalFileBytes,
      journalFrom: 1,
      faults: this.options.faults ?? {},
    }
  }

  private async recover(retirement: Retirement): Promise<void> {
    const { source, folder: checkpoints, journalFileBytes: fileBytes } = retirement
    const { shard, storeId } = source
    const { logger } = this.options
    await shard.segments.wipeScratch()
    const settleDown = (): Promise<void> => this.upkeep.settleDown()
    const recovery = { shard, state: this, fileBytes, storeId, logger, settleDown, checkpoints }
    retirement.journalFrom = await recoverShard(recovery)
  }

  private async create(version: Omit<StoreVersion, 'format'>, retirements: readonly Retirement[]): Promise<void> {
    const { disk } = this.options
    await disk.removeFolder(STORE_FOLDER)
    for (const { source, folder } of retirements) {
      await source.shard.journal.create()
      await source.shard.segments.create()
      await source.shard.partitions.create()
      await folder.create()
    }
    for (const shard of this.shards) await disk.syncFolder(`${STORE_FOLDER}/${shard.number}`)
    await writeStoreVersion(disk, version)
  }

  get lagging(): boolean {
    return this.upkeep.lagging
  }

  get openRound(): number {
    return this.rounds.open
  }

  get durableRound(): number {
    return this.rounds.durable
  }

  get metrics(): EngineMetrics {
    return {
      rounds: this.writer.roundsWritten,
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
    this.writer.wake(true)
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
    this.writer.wake(true)
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
    return this.writer.seal()
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    const { writer, upkeep } = this
    await upkeep.finishRetiring()
    if (writer.failure === null) this.onSeal()
    if (writer.failure === null) this.stageCleanStop()
    await writer.drain()
    if (writer.failure === null) {
      for (const { partitions } of this.shards) await partitions.settleForGood().catch(() => {})
    }
    await upkeep.stop()
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

  private durable(): void {
    for (const shard of this.shards) shard.partitions.durable()
    this.sources.durable()
    this.onDurable()
  }

  private fail(error: Error): void {
    if (!this.writer.fail(error)) return
    this.upkeep.abandon()
    this.options.logger.fatal({ err: error }, 'the journal cannot be written: stopping')
    this.onFatal(error)
  }
}
