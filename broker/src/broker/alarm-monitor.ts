/**
 * Looks at memory and disk now and then and sets the alarms: the nearer the disk is to its limit, the more often, so
 * that even a fast writer is stopped before the disk is full.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { AlarmSource, Alarms } from './alarms.ts'

export interface AlarmLimits {
  /** Bytes of resident memory above which publishers are blocked. */
  readonly memoryBytesMax: number
  /** Bytes free on the data directory's disk below which they are. */
  readonly diskFreeBytesMin: number
}

export interface AlarmProbes {
  residentBytes(): number
  diskFreeBytes(): Promise<number>
}

const INTERVAL_MS_MAX = 1000
const INTERVAL_MS_MIN = 20
/** Faster than that no disk is taken to fill. */
const FILLING_BYTES_PER_MS = 1_000_000

export class AlarmMonitor {
  private timer: Timer | null = null
  private stopped = false
  private readonly alarms: Alarms
  private readonly limits: AlarmLimits
  private readonly probes: AlarmProbes
  private readonly clock: Clock
  private readonly logger: Logger

  constructor(alarms: Alarms, limits: AlarmLimits, probes: AlarmProbes, clock: Clock, logger: Logger) {
    this.alarms = alarms
    this.limits = limits
    this.probes = probes
    this.clock = clock
    this.logger = logger
  }

  /** The first look; later ones follow by themselves until `stop`. */
  async start(): Promise<void> {
    await this.look()
  }

  stop(): void {
    this.stopped = true
    if (this.timer !== null) this.clock.clearTimer(this.timer)
  }

  private async look(): Promise<void> {
    const resident = this.probes.residentBytes()
    this.change('memory', resident > this.limits.memoryBytesMax, resident, this.limits.memoryBytesMax)
    const delayMs = await this.lookAtDisk()
    if (!this.stopped) this.timer = this.clock.setTimer(delayMs, () => void this.look())
  }

  /** @returns when to look again, ms */
  private async lookAtDisk(): Promise<number> {
    const { diskFreeBytesMin } = this.limits
    try {
      const free = await this.probes.diskFreeBytes()
      if (!this.stopped) this.change('disk', free < diskFreeBytesMin, free, diskFreeBytesMin)
      const near = Math.abs(free - diskFreeBytesMin) / FILLING_BYTES_PER_MS
      return Math.max(INTERVAL_MS_MIN, Math.min(INTERVAL_MS_MAX, near))
    } catch (error) {
      this.logger.error({ error: (error as Error).message }, 'the free space of the disk cannot be read')
      return INTERVAL_MS_MAX
    }
  }

  private change(source: AlarmSource, on: boolean, bytes: number, limit: number): void {
    if (!this.alarms.change(source, on)) return
    const fields = { alarm: source, bytes, limit }
    if (on) this.logger.warn(fields, `${source} alarm set: publishers are blocked`)
    else this.logger.warn(fields, `${source} alarm cleared`)
  }
}
