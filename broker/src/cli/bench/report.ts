/** What a load came to: a line each second on a terminal, a table at the end, or JSON. */
import type { Output } from '../output.ts'
import { shownBytes, shownDuration, shownNumber } from '../quantities.ts'
import type { LoadPlan } from './load.ts'
import type { Latency, Sample } from './measurement.ts'

const CLEAR_LINE = '\r\x1b[2K'

/** The line that is written over itself. Nothing where nobody looks. */
export class LiveLine {
  private readonly isShown = process.stderr.isTTY
  private seconds = 0

  show({ seconds, counts, latency, confirmLatency }: Sample, isWarmUp: boolean): void {
    this.seconds += seconds
    if (!this.isShown) return
    const rate = (count: number): string => `${shownNumber(Math.round(count / seconds))}/s`
    const parts = [
      `${shownDuration(this.seconds * 1000)}${isWarmUp ? ' warming up' : ''}`,
      `published ${rate(counts.published)}`,
      `delivered ${rate(counts.delivered)}`,
    ]
    const shown = latency ?? confirmLatency
    if (shown !== null) parts.push(`${latency === null ? 'confirms' : 'latency'} ms ${percentiles(shown)}`)
    process.stderr.write(CLEAR_LINE + parts.join(' | ').slice(0, (process.stderr.columns || 80) - 1))
  }

  clear(): void {
    if (this.isShown) process.stderr.write(CLEAR_LINE)
  }
}

function percentiles({ p50, p95, p99, max }: Latency): string {
  return `p50 ${shownMs(p50)} p95 ${shownMs(p95)} p99 ${shownMs(p99)} max ${shownMs(max)}`
}

function shownMs(ms: number): string {
  return ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)
}

export function report(out: Output, plan: LoadPlan, whole: Sample, samples: readonly Sample[]): void {
  if (out.json) out.say('', asJson(plan, whole, samples))
  else tables(out, plan, whole)
}

function tables(out: Output, plan: LoadPlan, whole: Sample): void {
  const { seconds, counts, latency, confirmLatency } = whole
  const flows = [
    { what: 'published', count: counts.published },
    ...(plan.isConfirmed ? [{ what: 'confirmed', count: counts.confirmed }] : []),
    ...(counts.refused > 0 ? [{ what: 'refused', count: counts.refused }] : []),
    { what: 'delivered', count: counts.delivered },
  ]
  out.table(flows, [
    { title: '', cell: ({ what }) => what },
    { title: 'messages', cell: ({ count }) => shownNumber(count), right: true },
    { title: 'messages/s', cell: ({ count }) => shownNumber(Math.round(count / seconds)), right: true },
    { title: 'bytes/s', cell: ({ count }) => shownBytes(Math.round((count * plan.sizeBytes) / seconds)), right: true },
  ])
  const times = [
    { what: 'to the consumer', latency },
    { what: 'to the confirm', latency: confirmLatency },
  ].filter((row): row is { what: string; latency: Latency } => row.latency !== null)
  if (times.length === 0) return
  out.text('')
  const column = (title: 'p50' | 'p95' | 'p99' | 'max' | 'mean') => ({
    title,
    cell: ({ latency }: { latency: Latency }) => shownMs(latency[title]),
    right: true,
  })
  out.table(times, [
    { title: 'latency, ms', cell: ({ what }) => what },
    ...(['p50', 'p95', 'p99', 'max', 'mean'] as const).map(column),
  ])
  out.text(`\nin ${shownDuration(seconds * 1000)}, ${shownBytes(plan.sizeBytes)} a message`)
}

/** JSON knows no infinity: null is as fast as can be, and without confirms. */
function asJson(plan: LoadPlan, whole: Sample, samples: readonly Sample[]): object {
  return { plan, ...sampleJson(whole), samples: samples.map(sampleJson) }
}

function sampleJson({ seconds, counts, latency, confirmLatency }: Sample): object {
  const rates = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / seconds]))
  return { seconds, messages: counts, rates, latency_ms: latency, confirm_latency_ms: confirmLatency }
}
