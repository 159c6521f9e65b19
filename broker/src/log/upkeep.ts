/**
 * What goes on behind the rounds: messages move to segments before memory is full, journal files are retired, files go
 * that nobody needs, space is looked for again; and whether publishers are to wait for any of it.
 */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { Background } from './background.ts'
import type { BlockPool } from './block.ts'
import type { FileLog } from './file-log.ts'
import { MemoryBudget } from './memory-budget.ts'
import type { Retirement } from './retire.ts'
import { Retirements } from './retirements.ts'
import type { SegmentStore } from './segment-store.ts'
import type { Shard } from './shard.ts'

const SPACE_RETRY_MS = 1000
/** Bytes of segments are estimates for about so long. */
const MEASURE_DELAY_MS = 1000

export interface UpkeepOptions {
  clock: Clock
  logger: Logger
  pool: BlockPool
  logs: ReadonlyMap<number, FileLog>
  journalFileBytes: number
  journalBytesMax: number
  onLagging: (lagging: boolean) => void
  onFatal: (error: Error) => void
}

export class Upkeep {
  /** Publishers are to wait. */
  lagging = false
  readonly background: Background
  private readonly options: UpkeepOptions
  private readonly shards: Shard[] = []
  private readonly budget: MemoryBudget
  private readonly retirements: Retirements
  private stopped = false

  constructor(options: UpkeepOptions) {
    const { clock, logger, pool, logs, journalFileBytes, journalBytesMax, onFatal } = options
    this.options = options
    this.background = new Background(onFatal)
    this.budget = new MemoryBudget({
      pool,
      background: this.background,
      clock,
      logger,
      logs,
      onLagging: () => this.checkLagging(),
      onFatal,
    })
    this.retirements = new Retirements({
      clock,
      logger,
      journalFileBytes,
      journalBytesMax,
      onChange: () => this.checkLagging(),
      onFatal,
    })
  }

  watch(shard: Shard): void {
    const { segments, journal } = shard
    shard.onSparse = (log) => this.budget.relieveIndex(log)
    segments.onInexact = () => this.measureLater(segments)
    journal.onSpace = () => this.checkLagging()
    journal.onNoSpace = () => this.waitForSpace()
    journal.onRoll = (seq) => this.noteFile(shard, seq)
    this.shards.push(shard)
  }

  /** From now on: all shards are recovered. */
  retire(retirements: readonly Retirement[]): void {
    this.retirements.all.push(...retirements)
  }

  /** Blocks were taken. */
  blocksTaken(): void {
    this.budget.check()
  }

  /** Partitions wrote, or fell behind. */
  partitionsChanged(): void {
    this.checkLagging()
    this.retirements.check()
  }

  /** A round is durable. */
  roundWritten(): void {
    this.budget.check()
    for (const shard of this.shards) this.removeSettled(shard)
    this.checkLagging()
    this.retirements.check()
  }

  /** Keeps memory within its budget while a recovery fills it. */
  settleDown(): Promise<void> {
    return this.budget.settleDown()
  }

  /** What needs rounds is over when it resolves. */
  async finishRetiring(): Promise<void> {
    this.stopped = true
    await this.retirements.stop()
  }

  /** After a failure: what is under way may never end, because there are no more rounds. */
  abandon(): void {
    this.stopped = true
    this.retirements.abandon()
  }

  /** Nothing goes on any more when it resolves. */
  async stop(): Promise<void> {
    await this.budget.stop()
    await this.background.idle()
  }

  private checkLagging(): void {
    const lagging =
      this.shards.some(({ partitions, journal }) => partitions.lagging || journal.noSpace) ||
      this.budget.lagging ||
      this.retirements.lagging
    if (lagging === this.lagging) return
    this.lagging = lagging
    this.options.onLagging(lagging)
  }

  /** Publishers wait; the journal tries again to make files ready. */
  private waitForSpace(): void {
    this.checkLagging()
    this.options.clock.setTimer(SPACE_RETRY_MS, () => {
      if (this.stopped) return
      for (const { journal } of this.shards) journal.prepare()
    })
  }

  /** Bytes of segments become exact again soon, but not with every settle. */
  private measureLater(segments: SegmentStore): void {
    this.options.clock.setTimer(MEASURE_DELAY_MS, () => {
      if (!this.stopped) this.background.start(() => segments.measure())
    })
  }

  /** Logs remember in which files their records are, for the retirement of these. */
  private noteFile(shard: Shard, seq: number): void {
    for (const log of this.options.logs.values()) if (log.shard === shard && log.journaled) log.noteFile(seq)
  }

  /** Removes the segments whose settles are durable. */
  private removeSettled({ segments, partitions, journal }: Shard): void {
    for (const files of [segments, partitions]) {
      if (files.hasRemovable) this.background.start(() => files.removeDoomed(() => journal.sync()))
    }
  }
}
