/**
 * The README's table of numbers, from one stored run of the bench: every cell of a durable row says what its confirm
 * meant and how many syncs per second were really made.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Metrics = Record<string, number>

interface Verdict {
  readonly metric: string
  readonly against?: string
  readonly atLeast?: number
  readonly atMost?: number
  readonly value: number
  readonly met: boolean
  /** The load was saturated before the broker: the ratio is a lower bound. */
  readonly clientIsLimit?: boolean
}

interface Row {
  readonly title: string
  readonly durability: Record<string, string>
  readonly versions: Record<string, string>
  readonly medians: Record<string, Metrics>
  readonly verdicts: readonly Verdict[]
}

interface Results {
  readonly date: string
  readonly machine: string
  readonly node: string
  readonly setting: string
  readonly flags: { readonly rounds: number }
  readonly rows: readonly Row[]
}

const results = join(import.meta.dirname, '../bench/results')
const MARKERS = /(<!-- numbers: [^>]*-->\n)([\s\S]*?)(<!-- \/numbers -->)/

const UNITS: [ending: string, unit: string][] = [
  ['PerSecond', '/s'],
  ['Ms', ' ms'],
  ['MB', ' MB'],
  ['KB', ' KB'],
  ['Cores', ' cores'],
]

/** `deliverP50Ms` is `deliver p50`, in ms. */
function metricWords(metric: string): { name: string; unit: string } {
  const [ending, unit] = UNITS.find(([known]) => metric.endsWith(known)) ?? ['', '']
  const name = metric.slice(0, metric.length - ending.length)
  return { name: name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(), unit }
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))

function cell(row: Row, label: string, metric: string): string {
  const metrics = row.medians[label]
  if (metrics?.[metric] === undefined) return '-'
  const { unit } = metricWords(metric)
  const syncs = metrics.flushesPerSecond === undefined ? '' : `; ${number(metrics.flushesPerSecond)} syncs/s`
  return `${number(metrics[metric])}${unit} (${row.durability[label]}${syncs})`
}

function line(row: Row, { metric, against, atLeast, atMost, value, met, clientIsLimit }: Verdict): string {
  const bound = atLeast === undefined ? `≤ ${number(atMost!)}` : `≥ ${number(atLeast)}`
  const ratio = `${number(value)}${against ? ' ×' : metricWords(metric).unit}`
  const outcome = clientIsLimit ? '; the client is the limit' : met ? '' : ', missed'
  const load = `${row.title}: ${metricWords(metric).name}`
  const theirs = against ? cell(row, against, metric) : ''
  return `| ${load} | ${cell(row, 'signalbox', metric)} | ${theirs} | ${ratio} | ${bound}${outcome} |`
}

function table(run: Results, file: string): string {
  const lines = run.rows.flatMap((row) => row.verdicts.map((verdict) => line(row, verdict)))
  if (lines.length === 0) return 'Not measured yet.\n'
  const versions = [...new Set(run.rows.flatMap((row) => Object.values(row.versions)))].join(', ')
  return [
    '| load | Signalbox | RabbitMQ | ratio or value | goal |',
    '|---|---|---|---|---|',
    ...lines,
    '',
    `Medians of ${run.flags.rounds} rounds, brokers in turns. ${versions}; Node ${run.node}. ${run.machine}. ${run.setting}.`,
    `All of it is in [${file}](bench/results/${file}).`,
    '',
  ].join('\n')
}

/** The README with the numbers of a stored run: the newest one, or the one that the README names already. */
export function withNumbers(readme: string, which: 'newest' | 'named'): string {
  const named = /\(bench\/results\/([\w.-]+\.json)\)/.exec(readme)?.[1]
  const newest = which === 'newest' && existsSync(join(results, 'latest.json'))
  if (!newest && named === undefined) return readme.replace(MARKERS, '$1Not measured yet.\n$3')
  const run: Results = JSON.parse(readFileSync(join(results, newest ? 'latest.json' : named!), 'utf8'))
  const file = `${run.date.slice(0, 19).replaceAll(':', '-')}.json`
  return readme.replace(MARKERS, (_, open, __, close) => `${open}${table(run, file)}${close}`)
}
