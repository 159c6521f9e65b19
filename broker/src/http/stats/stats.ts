/**
 * Samples the broker's counters every five seconds, in slices between other work, so that answers can give rates and
 * charts have something to show. Objects count by themselves; this only reads.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { exchangeSeries, queueSeries, totalSeries } from './object-series.ts'
import type { Series } from './series.ts'

export const SAMPLE_INTERVAL_MS = 5000
/** Objects sampled before others have their turn. */
const SLICE = 500

interface Followed {
  readonly series: Series<object, string>
  readonly all: () => Iterable<object>
}

export class Stats {
  readonly queues = queueSeries()
  readonly exchanges = exchangeSeries()
  /** Of the broker, and of each vhost. */
  readonly totals = totalSeries()
  private readonly broker: Broker
  private readonly clock: Clock
  private readonly followed: Followed[] = []
  private timer: Timer | null = null
  private stopped = false

  constructor(broker: Broker, clock: Clock) {
    this.broker = broker
    this.clock = clock
    this.follow(this.queues, () => inAll(broker, ({ queues }) => queues.values()))
    this.follow(this.exchanges, () => inAll(broker, ({ exchanges }) => exchanges.values()))
    this.follow(this.totals, () => [broker, ...broker.vhosts.values()])
  }

  /** Samples all of them from now on. */
  follow<T extends object, F extends string>(series: Series<T, F>, all: () => Iterable<T>): void {
    this.followed.push({ series: series as unknown as Series<object, string>, all })
  }

  start(): void {
    this.timer = this.clock.setTimer(SAMPLE_INTERVAL_MS, () => void this.again())
  }

  stop(): void {
    this.stopped = true
    if (this.timer !== null) this.clock.clearTimer(this.timer)
  }

  private async again(): Promise<void> {
    try {
      await this.sample()
    } catch (error) {
      this.broker.logger.error({ error: (error as Error).stack }, 'a bug in the broker: nothing was sampled')
    }
    if (!this.stopped) this.start()
  }

  /** Takes one sample of everything. */
  async sample(): Promise<void> {
    const { clock } = this
    for (const { series, all } of this.followed) {
      const there = new Set(all())
      let left = SLICE
      for (const object of there) {
        series.sample(object, clock.now())
        if (left-- > 0) continue
        left = SLICE
        await new Promise((resolve) => setImmediate(resolve))
        if (this.stopped) return
      }
      series.retain((object) => there.has(object))
    }
  }
}

function* inAll<T extends Queue | Exchange>(broker: Broker, of: (vhost: Vhost) => Iterable<T>): Iterable<T> {
  for (const vhost of broker.vhosts.values()) yield* of(vhost)
}
