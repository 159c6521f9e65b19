/**
 * Watches the bytes that blocks hold. Above the mark the biggest logs are moved to segments, a step at a time; above the
 * budget publishers are paused until that has caught up. What is too small to be worth a file is copied together.
 */
import type { Clock } from '../base/clock.ts'
import { isDiskFull } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Background } from './background.ts'
import type { BlockPool } from './block.ts'
import { compact } from './compact.ts'
import type { FileLog } from './file-log.ts'
import type { Shard } from './shard.ts'
import { heldBytes } from './spill.ts'

/** Shares of the budget: spilling begins, and ends; publishers go on. */
const SPILL_FROM = 0.75
const SPILL_TO = 0.65
const RELIEVED = 0.9
/** Less than this is copied rather than spilled. */
const SMALL_BYTES = 32 << 10
const RETRY_MS = 1000

export interface MemoryBudgetOptions {
  pool: BlockPool
  background: Background
  clock: Clock
  logger: Logger
  logs: ReadonlyMap<number, FileLog>
  onLagging: (lagging: boolean) => void
  onFatal: (error: Error) => void
}

export class MemoryBudget {
  lagging = false
  private isRunning = false
  /** To look again, after what is running. */
  private isAsked = false
  private running: Promise<void> = Promise.resolve()
  private stopped = false
  private diskFull = false
  private readonly options: MemoryBudgetOptions

  constructor(options: MemoryBudgetOptions) {
    this.options = options
  }

  /** To be called whenever blocks were taken, or a round became durable. */
  check(): void {
    const { pool } = this.options
    this.relieve()
    if (pool.bytes < pool.bytesMax * SPILL_FROM) return
    if (pool.bytes > pool.bytesMax) this.setLagging(true)
    // What cannot be moved before its round is durable perhaps can by now.
    this.isAsked = this.isRunning
    if (this.isRunning || this.stopped || this.diskFull) return
    this.isRunning = true
    // Not within this call: whoever takes a block is in the middle of placing something.
    this.running = Promise.resolve().then(() => this.run())
  }

  /** Spills as long as the mark is passed; for recovery, which fills memory without pause. */
  async settleDown(): Promise<void> {
    this.check()
    await this.running
  }

  /** Moves the oldest records of a log that keeps few among many settled ones. */
  relieveIndex(log: FileLog): void {
    if (this.stopped || this.diskFull) return
    this.options.background.run(() => this.step(log)).catch((error) => this.failed(error))
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  private async run(): Promise<void> {
    const { pool, background } = this.options
    const target = pool.bytesMax * SPILL_TO
    const stuck = new Set<FileLog>()
    let compacted = false
    try {
      while (pool.bytes > target && !this.stopped) {
        const log = this.biggest(stuck)
        if (log === null) break
        if (heldBytes(log) < SMALL_BYTES && !compacted) {
          compacted = true
          for (const one of this.options.logs.values()) compact(one)
          continue
        }
        const from = log.hotBase
        const to = await background.run(() => this.step(log))
        if (to === from) stuck.add(log)
        this.relieve()
      }
    } catch (error) {
      this.failed(error as Error)
    } finally {
      this.isRunning = false
      this.relieve()
      if (this.isAsked) this.check()
    }
  }

  private async step(log: FileLog): Promise<number> {
    const shard = log.shard as Shard
    return shard.spiller.step(log, Number.MAX_SAFE_INTEGER, shard.journal.epoch)
  }

  private biggest(stuck: ReadonlySet<FileLog>): FileLog | null {
    let found: FileLog | null = null
    let most = 0
    for (const log of this.options.logs.values()) {
      const held = heldBytes(log)
      if (held <= most || stuck.has(log)) continue
      found = log
      most = held
    }
    return found
  }

  private relieve(): void {
    const { pool } = this.options
    if (this.lagging && !this.diskFull && pool.bytes < pool.bytesMax * RELIEVED) this.setLagging(false)
  }

  private failed(error: Error): void {
    if (isDiskFull(error)) this.waitForSpace(error)
    else this.options.onFatal(error)
  }

  private waitForSpace(error: Error): void {
    this.options.logger.error(
      { err: error },
      'memory cannot be moved to the disk: publishers wait until there is space',
    )
    this.diskFull = true
    this.setLagging(true)
    this.options.clock.setTimer(RETRY_MS, () => {
      this.diskFull = false
      this.relieve()
      this.check()
    })
  }

  private setLagging(lagging: boolean): void {
    if (this.lagging === lagging) return
    this.lagging = lagging
    this.options.onLagging(lagging)
  }
}
