/** Looks at memory and disk now and then and sets the alarms. */
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

const INTERVAL_MS = 1000

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
    const free = await this.probes.diskFreeBytes()
    if (this.stopped) return
    this.change('disk', free < this.limits.diskFreeBytesMin, free, this.limits.diskFreeBytesMin)
    this.timer = this.clock.setTimer(INTERVAL_MS, () => {
      this.look().catch((error: Error) => this.logger.error({ error: error.message }, 'alarms cannot be checked'))
    })
  }

  private change(source: AlarmSource, on: boolean, bytes: number, limit: number): void {
    if (!this.alarms.change(source, on)) return
    const fields = { alarm: source, bytes, limit }
    if (on) this.logger.warn(fields, `${source} alarm set: publishers are blocked`)
    else this.logger.warn(fields, `${source} alarm cleared`)
  }
}
