/**
 * How many messages are due by when: a constant rate, reached after a ramp along which it rises in a straight line.
 *
 *   rate ┤      ┌─────────      due(t) = rate × t² / 2 ramp      on the ramp
 *        │    ╱ │                      = rate × (t − ramp / 2)   behind it
 *      0 ┼──╱───┴──────── t
 */
export interface Pace {
  /** Messages that are due so long after the start. */
  dueBy(ms: number): number
  /** When message number n (from 0 on) is due, after the start. */
  dueAt(n: number): number
}

/** @param rate messages a second; infinite for as fast as can be, which knows no ramp */
export function paceOf(rate: number, rampMs: number): Pace {
  if (rate === Number.POSITIVE_INFINITY) return { dueBy: () => rate, dueAt: () => 0 }
  const perMs = rate / 1000
  const onRamp = (perMs * rampMs) / 2
  return {
    dueBy: (ms) => (ms < rampMs ? (perMs * ms * ms) / (2 * rampMs) : perMs * (ms - rampMs / 2)),
    dueAt: (n) => (n < onRamp ? Math.sqrt((2 * rampMs * n) / perMs) : n / perMs + rampMs / 2),
  }
}
