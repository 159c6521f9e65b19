/**
 * The README's tables of numbers, each from one stored run of the bench: every cell of a durable row says what its confirm
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

/** A table stands between `<!-- NAME: … -->` and `<!-- /NAME -->`; its runs are stored as `PREFIX…json`. */
interface Block {
  readonly name: string
  readonly prefix: string
  readonly peer: string
}

const BLOCKS: readonly Block[] = [
  { name: 'numbers', prefix: '', peer: 'RabbitMQ' },
  { name: 'numbers-kafka', prefix: 'kafka-', peer: 'Apache Kafka' },
  { name: 'numbers-jobs', prefix: 'jobs-', peer: 'BullMQ on Redis' },
]

const UNITS: [ending: string, unit: string][] = [
  ['MiBPerSecond', ' MiB/s'],
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
  const { name } = metricWords(metric)
  const load = name === '' ? row.title : `${row.title}: ${name}`
  const theirs = against ? cell(row, against, metric) : ''
  return `| ${load} | ${cell(row, 'signalbox', metric)} | ${theirs} | ${ratio} | ${bound}${outcome} |`
}

function table(run: Results, peer: string, file: string): string {
  const lines = run.rows.flatMap((row) => row.verdicts.map((verdict) => line(row, verdict)))
  if (lines.length === 0) return NOT_MEASURED
  const versions = [...new Set(run.rows.flatMap((row) => Object.values(row.versions)))].join(', ')
  return [
    `| load | Signalbox | ${peer} | ratio or value | goal |`,
    '|---|---|---|---|---|',
    ...lines,
    '',
    `Medians of ${rounds(run.flags.rounds)}, brokers in turns. ${versions}; Node ${run.node}. ${run.machine}. ${run.setting}.`,
    `All of it is in [${file}](bench/results/${file}).`,
    '',
  ].join('\n')
}

const NOT_MEASURED = 'Not measured yet.\n'
const rounds = (count: number): string => (count === 1 ? 'one round' : `${count} rounds`)

/** The README with the numbers of stored runs: the newest ones, or those that the README names already. */
export function withNumbers(readme: string, which: 'newest' | 'named'): string {
  return BLOCKS.reduce((text, block) => withBlock(text, block, which), readme)
}

function withBlock(readme: string, { name, prefix, peer }: Block, which: 'newest' | 'named'): string {
  const markers = new RegExp(`(<!-- ${name}: [^>]*-->\\n)([\\s\\S]*?)(<!-- /${name} -->)`)
  return readme.replace(markers, (_, open: string, written: string, close: string) => {
    const named = /\(bench\/results\/([\w.-]+\.json)\)/.exec(written)?.[1]
    const newest = which === 'newest' && existsSync(join(results, `${prefix}latest.json`))
    if (!newest && named === undefined) return `${open}${NOT_MEASURED}${close}`
    const run: Results = JSON.parse(readFileSync(join(results, newest ? `${prefix}latest.json` : named!), 'utf8'))
    const file = `${prefix}${run.date.slice(0, 19).replaceAll(':', '-')}.json`
    return `${open}${table(run, peer, file)}${close}`
  })
}
