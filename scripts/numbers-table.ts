/**
 * The numbers that the pages show, each from a stored run of the bench: every durable one stands beside what its confirm
 * meant and how many syncs per second were really made. docs/performance.md has all of them, the README a choice.
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
  readonly row: string
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

/** Its tables stand between `<!-- NAME: … -->` and `<!-- /NAME -->`; its runs are stored as `PREFIX…json`. */
interface Bench {
  readonly name: string
  readonly prefix: string
}

const BENCHES: readonly Bench[] = [
  { name: 'numbers-rabbitmq', prefix: '' },
  { name: 'numbers-kafka', prefix: 'kafka-' },
  { name: 'numbers-jobs', prefix: 'jobs-' },
]

const CONTENDERS: Record<string, string> = {
  signalbox: 'Signalbox',
  'signalbox-unseen': 'Signalbox, unseen',
  rabbitmq: 'RabbitMQ',
  'rabbitmq-quorum': 'RabbitMQ, quorum queue',
  rabbitmq4: 'RabbitMQ 4',
  'rabbitmq4-quorum': 'RabbitMQ 4, quorum queue',
  kafka: 'Apache Kafka',
  'bullmq-always': 'BullMQ on Redis, synced',
  bullmq: 'BullMQ on Redis, unsynced',
}

/** What a newcomer asks first: the row, the number, who else; in words. */
const CHOICE: readonly [bench: string, row: string, metric: string, against: string, load: string][] = [
  ['numbers-rabbitmq', '16b', 'deliveredPerSecond', 'rabbitmq', 'messages of 16 B through a queue, transient'],
  ['numbers-rabbitmq', 'durable', 'deliveredPerSecond', 'rabbitmq', '1 KiB, persistent, confirms and acks'],
  ['numbers-rabbitmq', 'durable', 'deliveredPerSecond', 'rabbitmq-quorum', 'the same, RabbitMQ syncing as well'],
  ['numbers-rabbitmq', 'fanout', 'confirmedPerSecond', 'rabbitmq', 'each message to 100 durable queues'],
  [
    'numbers-rabbitmq',
    'many-queues',
    'confirmedPerSecond',
    'rabbitmq',
    '1,000 durable queues, one message in flight each',
  ],
  [
    'numbers-rabbitmq',
    'as-used',
    'deliveredPerSecond',
    'rabbitmq',
    'ten amqplib publishers and consumers in one process',
  ],
  [
    'numbers-rabbitmq',
    'latency-durable',
    'confirmP99Ms',
    'rabbitmq-quorum',
    'publish to confirm, p99, at 1,000 a second',
  ],
  ['numbers-kafka', 'produce-1kib-all-none', 'MiBPerSecond', 'kafka', 'records of 1 KiB, acks=all, page cache'],
  ['numbers-kafka', 'synced-1kib', 'MiBPerSecond', 'kafka', 'the same, on the disk before the answer'],
  ['numbers-kafka', 'consume-cold', 'MiBPerSecond', 'kafka', 'records read from the disk'],
  ['numbers-kafka', 'many-topics', 'recordsPerSecond', 'kafka', 'one producer, 1,000 topics in turn'],
  ['numbers-kafka', 'start-after-kill', 'firstRecordMs', 'kafka', 'kill -9, start, first record, 10 GB of log'],
  ['numbers-jobs', 'jobs', 'bothPerSecond', 'bullmq-always', 'jobs added and processed at once, TypeScript'],
  ['numbers-jobs', 'jobs', 'addedPerSecond', 'bullmq-always', 'jobs added one at a time by 50'],
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
  return { name: name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase() || 'data', unit }
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))

function cell(row: Row, contender: string, metric: string): string {
  const value = row.medians[contender]?.[metric]
  return value === undefined ? '-' : `${number(value)}${metricWords(metric).unit}`
}

const ratio = ({ value, against, metric }: Verdict): string =>
  against === undefined ? `${number(value)}${metricWords(metric).unit}` : `${number(value)} ×`

function goal({ atLeast, atMost, met, clientIsLimit }: Verdict): string {
  const bound = atLeast === undefined ? `≤ ${number(atMost!)}` : `≥ ${number(atLeast)}`
  return bound + (clientIsLimit ? '; the client is the limit' : met ? '' : ', **missed**')
}

/** What a contender's answer meant, and what it did for it. */
function promise(row: Row, contender: string): string {
  const syncs = row.medians[contender]?.flushesPerSecond
  const told = syncs === undefined ? '' : ` (${number(syncs)} syncs/s)`
  return `- ${CONTENDERS[contender] ?? contender}: ${row.durability[contender]}${told}`
}

function section(row: Row): string[] {
  const shown = Object.keys(row.medians).sort((a, b) => Number(b === 'signalbox') - Number(a === 'signalbox'))
  const lines = row.verdicts.map((verdict) => {
    const { metric, against } = verdict
    const theirs = against === undefined ? '' : `${cell(row, against, metric)} (${CONTENDERS[against] ?? against})`
    return `| ${metricWords(metric).name} | ${cell(row, 'signalbox', metric)} | ${theirs} | ${ratio(verdict)} | ${goal(verdict)} |`
  })
  return [
    `### ${row.row}`,
    '',
    `${row.title}.`,
    '',
    '| | Signalbox | peer | ratio or value | goal |',
    '|---|---|---|---|---|',
    ...lines,
    '',
    ...shown.map((contender) => promise(row, contender)),
    '',
  ]
}

function sections(run: Results, file: string): string {
  const versions = [...new Set(run.rows.flatMap((row) => Object.values(row.versions)))].join(', ')
  return [
    `Medians of ${rounds(run.flags.rounds)}, contenders in turns. ${versions}; Node ${run.node}. ${run.machine}.`,
    `${run.setting}. All of it is in [${file}](../bench/results/${file}).`,
    '',
    ...run.rows.filter(({ verdicts }) => verdicts.length > 0).flatMap(section),
  ].join('\n')
}

const rounds = (count: number): string => (count === 1 ? 'one round' : `${count} rounds`)

const blockOf = (name: string): RegExp => new RegExp(`(<!-- ${name}: [^>]*-->\\n)([\\s\\S]*?)(<!-- /${name} -->)`)

/** The run that a page names already, or the newest one. */
function runOf({ name, prefix }: Bench, page: string, which: 'newest' | 'named'): { run: Results; file: string } {
  const named = /\(\.\.\/bench\/results\/([\w.-]+\.json)\)/.exec(blockOf(name).exec(page)?.[2] ?? '')?.[1]
  const newest = which === 'newest' && existsSync(join(results, `${prefix}latest.json`))
  const run: Results = JSON.parse(readFileSync(join(results, newest ? `${prefix}latest.json` : named!), 'utf8'))
  return { run, file: `${prefix}${run.date.slice(0, 19).replaceAll(':', '-')}.json` }
}

/** docs/performance.md with all numbers of stored runs: the newest ones, or those that it names already. */
export function withNumbers(page: string, which: 'newest' | 'named'): string {
  return BENCHES.reduce((text, bench) => {
    const { run, file } = runOf(bench, page, which)
    return text.replace(blockOf(bench.name), (_, open, __, close) => `${open}${sections(run, file)}${close}`)
  }, page)
}

/** The README with its choice of the numbers that docs/performance.md shows. */
export function withChoice(readme: string, performance: string): string {
  const lines = CHOICE.map(([name, rowName, metric, against, load]) => {
    const { run } = runOf(BENCHES.find((bench) => bench.name === name)!, performance, 'named')
    const row = run.rows.find(({ row }) => row === rowName)!
    const verdict = row.verdicts.find((one) => one.metric === metric && one.against === against)!
    const peer = `${cell(row, against, metric)} ${CONTENDERS[against]}`
    const outcome = verdict.met && !verdict.clientIsLimit ? '' : `, goal ${goal(verdict)}`
    return `| ${load} | ${cell(row, 'signalbox', metric)} | ${peer} | ${ratio(verdict)}${outcome} |`
  })
  const table = ['| | Signalbox | | ratio |', '|---|---|---|---|', ...lines, ''].join('\n')
  return readme.replace(blockOf('numbers'), (_, open, __, close) => `${open}${table}${close}`)
}
