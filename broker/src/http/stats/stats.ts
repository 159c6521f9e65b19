/**
 * Samples the broker's counters every five seconds, in slices between other work, so that answers can give rates and
 * charts have something to show. Objects count by themselves; this only reads.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Group } from '../../broker/group/group.ts'
import { lagOf, partitionLag } from '../../broker/group/lag.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { LagHistories } from './lag-histories.ts'
import { exchangeSeries, queueSeries, totalSeries } from './object-series.ts'
import { Series } from './series.ts'

export const SAMPLE_INTERVAL_MS = 5000
/** Objects sampled before others have their turn. */
const SLICE = 500

/** What keeps samples of objects of one kind. */
interface Sampler<T extends object> {
  sample(object: T, nowMs: number): void
  /** All there are were sampled. */
  retain(isThere: (object: T) => boolean): void
}

interface Followed {
  readonly sampler: Sampler<object>
  readonly all: () => Iterable<object>
}

export class Stats {
  readonly queues = queueSeries()
  readonly exchanges = exchangeSeries()
  /** Of the broker, and of each vhost. */
  readonly totals = totalSeries()
  /** Of groups, over all that they read. */
  readonly groups: Series<Group, 'lag'>
  /** Of groups, by partition. */
  readonly lags: LagHistories
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
    const topicsOf = ({ vhost }: Group) => broker.vhosts.get(vhost)?.streams.topics
    this.groups = new Series(['lag'], (group, into) => {
      into[0] = lagOf(group, topicsOf(group))
    })
    this.lags = new LagHistories((group, topic, partition) => partitionLag(topicsOf(group), group, topic, partition))
    this.follow(this.groups, () => inAll(broker, ({ streams }) => streams.groups.all()))
    this.follow(this.lags, () => inAll(broker, ({ streams }) => streams.groups.all()))
  }

  /** Samples all of them from now on. */
  follow<T extends object>(sampler: Sampler<T>, all: () => Iterable<T>): void {
    this.followed.push({ sampler: sampler as Sampler<object>, all })
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
    for (const { sampler, all } of this.followed) {
      const there = new Set(all())
      let left = SLICE
      for (const object of there) {
        sampler.sample(object, clock.now())
        if (left-- > 0) continue
        left = SLICE
        await new Promise((resolve) => setImmediate(resolve))
        if (this.stopped) return
      }
      sampler.retain((object) => there.has(object))
    }
  }
}

function* inAll<T extends Queue | Exchange | Group>(broker: Broker, of: (vhost: Vhost) => Iterable<T>): Iterable<T> {
  for (const vhost of broker.vhosts.values()) yield* of(vhost)
}
