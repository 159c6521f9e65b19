/**
 * What is counted while a load runs: messages, and how long they took, for the last second and for all of the time
 * measured. Times go into histograms in microseconds, so that their memory does not grow with the number of messages.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

const COUNTS = ['published', 'confirmed', 'refused', 'delivered'] as const

export type Counts = Record<(typeof COUNTS)[number], number>

/** In ms; null if there was nothing to measure. */
export interface Latency {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly mean: number
}

/** One second, or all of them. */
export interface Sample {
  readonly seconds: number
  readonly counts: Counts
  /** From publishing to the handing out. */
  readonly latency: Latency | null
  /** From publishing to the confirm. */
  readonly confirmLatency: Latency | null
}

class Stretch {
  private readonly fromMs: number
  readonly counts: Counts = { published: 0, confirmed: 0, refused: 0, delivered: 0 }
  readonly deliveries = createHistogram()
  readonly confirms = createHistogram()

  constructor(fromMs: number) {
    this.fromMs = fromMs
  }

  sample(nowMs: number): Sample {
    return {
      seconds: (nowMs - this.fromMs) / 1000,
      counts: this.counts,
      latency: latencyOf(this.deliveries),
      confirmLatency: latencyOf(this.confirms),
    }
  }
}

export class Measurement {
  private second: Stretch
  private whole: Stretch

  constructor(nowMs: number) {
    this.second = new Stretch(nowMs)
    this.whole = new Stretch(nowMs)
  }

  /** What was counted so far was the warming up. */
  restart(nowMs: number): void {
    this.second = new Stretch(nowMs)
    this.whole = new Stretch(nowMs)
  }

  count(what: keyof Counts): void {
    this.second.counts[what]++
    this.whole.counts[what]++
  }

  delivered(ms: number): void {
    this.count('delivered')
    record(this.second.deliveries, ms)
    record(this.whole.deliveries, ms)
  }

  confirmed(ms: number): void {
    this.count('confirmed')
    record(this.second.confirms, ms)
    record(this.whole.confirms, ms)
  }

  /** Since it was called last. */
  lastSecond(nowMs: number): Sample {
    const { second } = this
    this.second = new Stretch(nowMs)
    return second.sample(nowMs)
  }

  all(nowMs: number): Sample {
    return this.whole.sample(nowMs)
  }
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1000)))
}

function latencyOf(histogram: RecordableHistogram): Latency | null {
  if (histogram.count === 0) return null
  const ms = (microseconds: number): number => Math.round(microseconds) / 1000
  return {
    p50: ms(histogram.percentile(50)),
    p95: ms(histogram.percentile(95)),
    p99: ms(histogram.percentile(99)),
    max: ms(histogram.max),
    mean: ms(histogram.mean),
  }
}
