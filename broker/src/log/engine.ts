/**
 * The seam between the broker and its logs. A broker sees logs, rounds and definitions; which files (or,
 * later, which replicated engine) hold them stays behind this interface. The file engine is the embedded default.
 *
 * A *round* is what becomes durable together: everything staged since the last seal goes into one entry per
 * shard and one synced write each. Whoever promised something waits until `durableRound >= the round it saw`.
 */
import type { MessageDraft, MessageView } from '../record/message.ts'
import type { PartitionLog, PartitionLogOptions } from './partition/partition-log.ts'

/** `synced`: durable means on disk. `written`: in the page cache, as Kafka does. `scratch`: memory, spilled to files that a start wipes. */
export type Durability = 'synced' | 'written' | 'scratch'

/** What `Log.seek` found. */
export const Seek = { found: 0, cold: 1, end: 2 } as const
export type SeekResult = (typeof Seek)[keyof typeof Seek]

export interface LogEngine {
  /** The round that anything staged now belongs to. */
  readonly openRound: number
  /** All rounds up to this one are durable. */
  readonly durableRound: number
  /** Called after `durableRound` moved, once per round; the broker sends confirms and answers from here. */
  onDurable: () => void
  /** A write or sync failed: the engine has stopped, nothing more becomes durable. Called once. */
  onFatal: (error: Error) => void
  /** True while flushing or spilling lags behind memory: publishers are to be paused. */
  readonly lagging: boolean
  onLagging: (lagging: boolean) => void

  /** All logs, the recovered ones included, by id. */
  readonly logs: ReadonlyMap<number, Log>
  /** `owner` names whose log it is (for instance `queue:/:jobs`) and comes back at recovery. Synced logs exist from their round on. */
  createLog(owner: string, durability: Durability): Log
  /** Takes effect at once in memory; files go once the tombstone is durable. */
  deleteLog(log: Log): void

  /** The logs of partitions, the recovered ones included, by id. */
  readonly partitions: ReadonlyMap<number, PartitionLog>
  /** Exists from the open round on. `label` names its folder for people. */
  createPartition(owner: string, label: string, options: PartitionLogOptions): PartitionLog
  /** Takes effect at once in memory; files go once that is durable. */
  deletePartition(log: PartitionLog): void

  /** How far partitions were copied into queues, the recovered ones included, by owner. A start drops those of partitions that are gone. */
  readonly cursors: ReadonlyMap<string, Cursor>
  /**
   * All below `next` of the source counts as copied. Exists from the open round on; one per owner. Of two that a crash
   * left undecided, made and deleted, the cursor may come back: whoever finds one that nobody needs deletes it.
   * Without a source it counts what its owner numbers itself, and no start drops it.
   */
  createCursor(owner: string, source: PartitionLog | null, next: number): Cursor
  /** To be called behind the change of definitions that makes it needless. */
  deleteCursor(cursor: Cursor): void
  /**
   * As `append`, for the record at `offset` of the cursor's source; the message has to be persistent. The copy and the
   * cursor, moved behind `offset`, stand in one section of the journal: a crash leaves both or neither. Logs of a shard
   * that has the copy already, after a crash, are left out. `count` may be 0.
   */
  appendFrom(cursor: Cursor, offset: number, draft: MessageDraft, logs: readonly Log[], count: number): number
  /** Passes over records that go nowhere. Durable with a later round, as a settle is. */
  moveCursor(cursor: Cursor, next: number): void

  /** What queues over partitions have settled, the recovered ones included, by owner. A start drops those of partitions that are gone. */
  readonly ledgers: ReadonlyMap<string, SourceLedger>
  /** All below `startOffset` counts as settled. Exists from the open round on; one per owner. */
  createLedger(owner: string, source: PartitionLog, startOffset: number): SourceLedger
  deleteLedger(ledger: SourceLedger): void

  /** Called before the open round is sealed: the last moment to stage something for it. */
  onSeal: () => void

  /**
   * Appends one message to `logs[0, count)`: assigns each log's next offset and copies the bytes once. Synchronous.
   * Persistent messages of synced logs are staged for the open round; others touch no journal.
   * @returns the round that makes it durable, or 0 when nothing of it is to be made durable.
   */
  append(draft: MessageDraft, logs: readonly Log[], count: number): number

  /**
   * Asks for a seal at the end of this turn even if only settles are staged.
   * @returns the round that holds everything staged so far, 0 when nothing is staged that a journal keeps.
   */
  seal(): number

  /** Definitions are small values under string ids (JSON in bytes); absolute, the last one wins; null removes. Durable with the open round. */
  define(id: string, value: Uint8Array | null): void
  readonly definitions: ReadonlyMap<string, Uint8Array>

  readonly metrics: EngineMetrics
  /** Everything staged made durable, a clean mark written, files closed. */
  close(): Promise<void>
}

export interface EngineMetrics {
  rounds: number
  entries: number
  journalBytes: number
  /** Bytes of messages held in memory now, and their bound. */
  tailBytes: number
  tailBytesMax: number
  spilledBytes: number
}

/** What is kept of the records of a log for the queue that they are handed out by. */
interface RecordLedger {
  readonly id: number
  readonly owner: string
  /** No unsettled record below this offset. */
  readonly settledBelow: number

  /** The record needs no keeping any more. Idempotent. Durable with a later round (within 20 ms also without publishes). */
  settle(offset: number): void
  settleRange(from: number, to: number): void
  isSettled(offset: number): boolean

  /** How often the record came back to its queue, and until when it rests there (absolute ms, 0 = it does not). */
  returns(offset: number): number
  notBefore(offset: number): number
  /** Absolute; journaled like a settle. */
  setReturns(offset: number, count: number, notBefore?: number): void
  /** Calls back for every unsettled record that came back, in no order: for those who keep an order over them, at a start. */
  forEachReturn(visit: (offset: number, count: number, notBefore: number) => void): void

  /**
   * Asks to hand out `offset` for the first time. False: the mark that keeps `redelivered` honest is not durable
   * yet, or a copy from a partition is not; try again at the next `onDurable`. Reserves ahead in steps, so that steady
   * delivery of what is durable never waits.
   */
  mayDeliver(offset: number): boolean
  /** True when the record may have been delivered before the last, unclean stop. */
  maybeDelivered(offset: number): boolean
}

export interface Log extends RecordLedger {
  readonly durability: Durability
  /** The next append gets this offset. */
  readonly endOffset: number
  /** Records from here on lie in memory; those below may have to be fetched from files. */
  readonly coldEnd: number
  /** Records not settled, and the sum of their body bytes. */
  readonly unsettled: number
  readonly unsettledBytes: number

  /**
   * Finds the first unsettled record at or after `offset` and describes it in `view`.
   * `cold`: it lies in a file; call `load` and try again. `end`: there is none.
   */
  seek(offset: number, view: MessageView): SeekResult
  /** Brings records from `offset` on into memory (with read-ahead) and calls `ready` once, later. An error is damage: it names file and offsets. */
  load(offset: number, ready: (error: Error | null) => void): void
  /** Of the body of an unsettled record. Always known in memory; of one in a file while a reader was near it lately, else 0. */
  bodyLength(offset: number): number
}

/** How far a source was copied into queues. Durable together with the copies; never beyond the end of the partition that is its source. */
export interface Cursor {
  readonly id: number
  readonly owner: string
  /** Of the source: all below was copied or passed over. */
  readonly next: number
  /** Where the shard stands that is ahead of the others; beyond `next` only after a crash that came between shards. */
  readonly furthest: number
  /** Whether the log, after a crash, has its copy of the record at `offset` already, as far as it was to have one. */
  has(offset: number, log: Log): boolean
}

/**
 * The ledger of a queue over a partition's log: the records lie elsewhere, and only those that are durable there are to
 * be spoken of here.
 */
export interface SourceLedger extends RecordLedger {
  readonly deleted: boolean
  /** Where it began. */
  readonly startOffset: number
  /** How many offsets of [from, to) are not settled. */
  countUnsettled(from: number, to: number): number
  /** The first offset at or after `offset` that is not settled. */
  nextUnsettled(offset: number): number
}
