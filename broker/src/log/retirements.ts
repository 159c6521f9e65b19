/**
 * Decides when journal files are retired: one retirement at a time, over all shards, when a shard keeps more than its
 * share. Half of the bound is for files not retired yet, the other half for those that wait for the next checkpoint.
 */
import type { Clock } from '../base/clock.ts'
import { isDiskFull } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import { type Retirement, retire } from './retire.ts'

/** Files that a retirement leaves behind the one being written. */
const KEPT_FILES = 1
/** A shard that is so many files over its bound makes publishers wait. */
const LAGGING_FILES = 4
/** So much written to partitions asks for a checkpoint too: a start reads what came after it. */
const CHECKPOINT_BYTES = 256 << 20
const SPACE_RETRY_MS = 1000

export interface RetirementsOptions {
  clock: Clock
  logger: Logger
  journalFileBytes: number
  journalBytesMax: number
  /** `lagging` may have changed. */
  onChange: () => void
  onFatal: (error: Error) => void
}

export class Retirements {
  readonly all: Retirement[] = []
  private readonly options: RetirementsOptions
  private readonly files: number
  private running: Promise<void> | null = null
  private stopped = false

  constructor(options: RetirementsOptions) {
    this.options = options
    this.files = Math.floor(options.journalBytesMax / options.journalFileBytes)
  }

  /** True while the journal grows faster than it is retired. */
  get lagging(): boolean {
    return this.all.some((one) => unretired(one) > this.files + LAGGING_FILES)
  }

  /** Starts to retire the oldest files of a shard that has too many. */
  check(): void {
    if (this.running !== null || this.stopped) return
    const due = this.all.find(
      (one) =>
        unretired(one) >= Math.max(KEPT_FILES + 1, this.files / 2 - 1) ||
        one.source.shard.partitions.sinceCheckpoint > CHECKPOINT_BYTES,
    )
    if (due === undefined) return
    const { journal } = due.source.shard
    this.running = retire(due, Math.max(due.journalFrom, journal.fileSeq - KEPT_FILES))
      .then((free) => due.background.run(() => journal.free(free)))
      .catch((error) => this.failed(error))
      .finally(() => {
        this.running = null
        this.options.onChange()
        this.check()
      })
  }

  /** No retirement is under way when it resolves, and none begins again. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  /** After a failure nothing begins any more, and what is under way may never end: there are no more seals. */
  abandon(): void {
    this.stopped = true
    this.running = null
  }

  /** Resolves when it may be tried again. */
  private async failed(error: Error): Promise<void> {
    if (this.stopped) return
    if (!isDiskFull(error)) {
      this.options.onFatal(error)
      return
    }
    this.options.logger.error({ err: error }, 'journal files cannot be retired until there is space')
    await new Promise<void>((resolve) => this.options.clock.setTimer(SPACE_RETRY_MS, resolve))
  }
}

function unretired(retirement: Retirement): number {
  return retirement.source.shard.journal.fileSeq - retirement.journalFrom
}
