/** Medians over rounds, ratios between contenders, and the table a person reads. */
import type { Metrics } from './load/job.ts'
import type { Goal, Row } from './rows/row.ts'

/** Per contender, one set of metrics per round. */
export type Rounds = Record<string, Metrics[]>

export interface Verdict extends Goal {
  value: number
  /** The load itself was saturated: the ratio is a lower bound. */
  clientIsLimit: boolean
  met: boolean
}

export interface RowResult {
  row: string
  title: string
  measuredAt: string
  /** By contender: what its rate promises. */
  durability: Record<string, string>
  versions: Record<string, string>
  rounds: Rounds
  medians: Record<string, Metrics>
  verdicts: Verdict[]
  failures: string[]
}

const median = (values: number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function medians(rounds: Metrics[]): Metrics {
  const names = new Set(rounds.flatMap((metrics) => Object.keys(metrics)))
  return Object.fromEntries(
    [...names].map((name) => [name, median(rounds.map((metrics) => metrics[name]).filter((v) => v !== undefined))]),
  )
}

/** Goals that could be judged: both sides were measured. */
export function judge(goals: Goal[], of: Record<string, Metrics>): Verdict[] {
  return goals.flatMap((goal) => {
    const ours = of.signalbox?.[goal.metric]
    const theirs = goal.against === undefined ? 1 : of[goal.against]?.[goal.metric]
    if (ours === undefined || theirs === undefined) return []
    const value = ours / theirs
    const { atLeast = -Infinity, atMost = Infinity, unlessClientCores = Infinity } = goal
    const clientIsLimit = of.signalbox.clientCores >= unlessClientCores
    return [{ ...goal, value, clientIsLimit, met: clientIsLimit || (value >= atLeast && value <= atMost) }]
  })
}

const number = (value: number | undefined) =>
  value === undefined || Number.isNaN(value)
    ? '-'
    : value >= 100
      ? Math.round(value).toLocaleString('en-US')
      : value.toPrecision(3)

function table(lines: string[][]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n')
}

export function describe(row: Row, result: RowResult, notes: string[]): string {
  const labels = Object.keys(result.medians)
  const out = [`\n## ${row.name}: ${row.title}`]
  if (labels.length > 0) {
    out.push(
      table([
        ['', ...labels],
        ...row.shown.map((metric) => [metric, ...labels.map((label) => number(result.medians[label][metric]))]),
      ]),
    )
  }
  for (const label of labels) {
    out.push(`${label}: ${result.versions[label]}; durability: ${result.durability[label]}`)
  }
  out.push(...notes)
  for (const { metric, against, atLeast, atMost, value, met, clientIsLimit } of result.verdicts) {
    const bound = atLeast === undefined ? `<= ${number(atMost)}` : `>= ${number(atLeast)}`
    const subject = against ? `${metric} / ${against}` : metric
    out.push(
      `${met ? 'met     ' : 'NOT MET '} ${subject}: ${number(value)} (goal ${bound})${clientIsLimit ? '; the client is the limit' : ''}`,
    )
  }
  out.push(...result.failures.map((failure) => `FAILED   ${failure}`))
  return out.join('\n')
}
