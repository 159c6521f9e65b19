/** `npm run bench -- amqp|kafka|jobs [row …]`: Signalbox and RabbitMQ, Apache Kafka or BullMQ in turns, same load; see README.md. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import { Command, Option } from 'commander'
import { redis } from './jobs/redis.ts'
import { jobsRows } from './jobs/rows.ts'
import { apacheKafka } from './kafka/apache-kafka.ts'
import { kafkaRows } from './kafka/rows.ts'
import type { Peer } from './peers/broker.ts'
import {
  type Installed,
  installBullmq,
  installKafka,
  installNewerRabbitmq,
  installPerfTest,
  installRabbitmq,
  installRedis,
} from './peers/install.ts'
import { rabbitmq } from './peers/rabbitmq.ts'
import { signalbox } from './peers/signalbox.ts'
import { describe, judge, medians, type RowResult } from './report.ts'
import { rows } from './rows/all.ts'
import { durabilityOf, type Options, type PeerName, peerNames, type Row, type Run } from './rows/row.ts'

const cache = join(import.meta.dirname, '../.cache/bench')
const results = join(import.meta.dirname, 'results')

interface Flags extends Options {
  rounds: number
  only?: PeerName
  rabbitmq4: boolean
  perfTest: boolean
  withLatest?: boolean
  main?: string
  cpuProf?: string
}

const command = new Command('bench')
  .argument('<protocol>', 'amqp, kafka or jobs')
  .argument('[rows...]', 'rows to run, by name or by how their names begin (default: all)')
  .option('--rounds <n>', 'rounds per row, contenders in turns', Number, 3)
  .option('--seconds <n>', 'measured window of one run', Number, 8)
  .option('--warmup-seconds <n>', 'load before the window', Number, 3)
  .option('--ack-every <n>', 'durable row: ack each n-th delivery with multiple; 1 acks each', Number, 50)
  .option('--backlog <n>', 'messages of the backlog row', Number, 5_000_000)
  .option('--connections <n>', 'connections of the connections row', Number, 5_000)
  .option('--idle-seconds <n>', 'how long they are watched', Number, 30)
  .option('--backlog-peer <n>', 'the same for RabbitMQ, when its time or disk forbids as many', Number)
  .option('--megabytes <n>', 'kafka: data of one measured run', Number, 1_000)
  .option('--warmup-megabytes <n>', 'kafka: data before it', Number, 200)
  .option('--topics <n>', 'kafka: topics of the many-topics row', Number, 1_000)
  .option('--log-gigabytes <n>', 'kafka: log that a start finds', Number, 10)
  .option('--log-topics <n>', 'kafka: topics it is in', Number, 10)
  .option('--jobs <n>', 'jobs: how many in each part', Number, 20_000)
  .addOption(new Option('--only <peer>', 'run this side alone').choices(peerNames))
  .option('--no-rabbitmq4', 'leave the newer RabbitMQ out')
  .option('--no-perf-test', 'leave RabbitMQ PerfTest out')
  .option('--with-latest', 'store the rows not run now as the newest stored run has them')
  .option('--main <file>', 'the start.js of another checkout of Signalbox, for comparing two')
  .option('--cpu-prof <dir>', 'write V8 CPU profiles of Signalbox there')
  .parse()

const flags = command.opts<Flags>()
const [asked, ...chosen] = command.args
const rowsOf = { amqp: rows, kafka: kafkaRows, jobs: jobsRows }
if (!Object.hasOwn(rowsOf, asked)) command.error(`unknown protocol '${asked}': amqp, kafka or jobs`)
const protocol = asked as keyof typeof rowsOf
const ofProtocol = rowsOf[protocol]
const meant = ({ name }: Row, choice: string) => name === choice || name.startsWith(`${choice}-`)
const unknown = chosen.filter((choice) => !ofProtocol.some((row) => meant(row, choice)))
const known = ofProtocol.map((row) => row.name).join(', ')
if (unknown.length > 0) command.error(`unknown row ${unknown.join(', ')}: ${known}`)

mkdirSync(cache, { recursive: true })
for (const other of readdirSync(cache).filter((name) => name.startsWith('run-'))) {
  if (existsSync(`/proc/${other.slice(4)}`))
    console.log(`another bench runs (process ${other.slice(4)}): both distort each other`)
  else rmSync(join(cache, other), { recursive: true })
}
const compared = new Set(ofProtocol.flatMap((row) => row.contenders.map(({ peer }) => peer)))
const wanted = (name: PeerName) =>
  compared.has(name) && (flags.only ? flags.only === name : name !== 'rabbitmq4' || flags.rabbitmq4)
const leftOut: Installed = { missing: '' }
const older = wanted('rabbitmq') ? installRabbitmq() : leftOut
const newer = wanted('rabbitmq4') ? installNewerRabbitmq(cache) : leftOut
const tool = protocol === 'amqp' && flags.perfTest ? installPerfTest(cache) : leftOut
const kafka = protocol === 'kafka' ? installKafka(join(cache, '..')) : leftOut
const redisServer = protocol === 'jobs' ? installRedis() : leftOut
const bullmq = protocol === 'jobs' ? installBullmq(cache) : leftOut
const peers: Partial<Record<PeerName, Peer>> = {
  ...(wanted('signalbox') && {
    signalbox: signalbox({
      protocol: protocol === 'kafka' ? 'kafka' : 'amqp',
      main: flags.main,
      profiles: flags.cpuProf,
    }),
  }),
  ...('path' in older && { rabbitmq: rabbitmq() }),
  ...('path' in newer && { rabbitmq4: rabbitmq(newer.path) }),
  ...('path' in kafka && wanted('kafka') && { kafka: apacheKafka(kafka.path) }),
  ...('path' in redisServer &&
    'path' in bullmq && {
      ...(wanted('redis') && { redis: redis('everysec') }),
      ...(wanted('redis-always') && { 'redis-always': redis('always') }),
    }),
}
const installed = {
  RabbitMQ: older,
  'RabbitMQ 4': newer,
  PerfTest: tool,
  'Apache Kafka': kafka,
  Redis: redisServer,
  BullMQ: bullmq,
}
const notes = Object.entries(installed).flatMap(([name, one]) =>
  'missing' in one && one.missing ? [`without ${name}: ${one.missing}`] : [],
)

async function runOnce(row: Row, label: string, result: RowResult): Promise<void> {
  const contender = row.contenders.find((candidate) => candidate.label === label)!
  const directory = join(cache, `run-${process.pid}`)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const { queueArguments, throughTopic } = contender
  const run: Run = {
    name: contender.peer,
    peer: peers[contender.peer]!,
    queueArguments,
    throughTopic,
    directory,
    options: flags,
    perfTest: 'path' in tool ? tool.path : undefined,
    kafkaJars: 'path' in kafka ? kafka.path : undefined,
    bullmq: 'path' in bullmq ? bullmq.path : undefined,
    version: '',
  }
  try {
    const metrics = await row.measure(run, contender)
    ;(result.rounds[label] ??= []).push(metrics)
  } catch (error) {
    const kept = join(cache, `failed-${row.name}-${label}`)
    rmSync(kept, { recursive: true, force: true })
    renameSync(directory, kept)
    result.failures.push(`${label}: ${error instanceof Error ? error.message : error}\n         its files: ${kept}`)
  }
  if (run.version) result.versions[label] = run.version
  rmSync(directory, { recursive: true, force: true })
}

async function runRow(row: Row): Promise<RowResult> {
  const { name, title } = row
  const contenders = row.contenders.filter(({ peer }) => peers[peer])
  const result: RowResult = {
    row: name,
    title,
    measuredAt: new Date().toISOString(),
    durability: Object.fromEntries(contenders.map((contender) => [contender.label, durabilityOf(row, contender)])),
    versions: {},
    rounds: {},
    medians: {},
    verdicts: [],
    failures: [],
  }
  for (let round = 0; round < Math.min(flags.rounds, row.roundsMax ?? flags.rounds); round++) {
    for (const { label } of contenders) await runOnce(row, label, result)
  }
  for (const [label, rounds] of Object.entries(result.rounds)) result.medians[label] = medians(rounds)
  result.verdicts = judge(row.goals, result.medians)
  console.log(describe(row, result, notes))
  return result
}

const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`
const peerName = { amqp: 'RabbitMQ', kafka: 'Apache Kafka', jobs: 'BullMQ on Redis' }[protocol]
const setting = `signalbox: one process, one event loop, all settings default; ${peerName}: all cores, all settings default`
const size = { amqp: `${flags.seconds} s`, kafka: `${flags.megabytes} MB`, jobs: `${flags.jobs} jobs` }[protocol]
console.log(`${machine}; Node ${process.version}; ${flags.rounds} rounds of ${size}; ${setting}`)

const measured: RowResult[] = []
for (const row of ofProtocol.filter((row) => chosen.length === 0 || chosen.some((choice) => meant(row, choice)))) {
  measured.push(await runRow(row))
}

const date = new Date().toISOString()
const prefix = protocol === 'amqp' ? '' : `${protocol}-`
const latest = join(results, `${prefix}latest.json`)
const kept: RowResult[] = flags.withLatest && existsSync(latest) ? JSON.parse(readFileSync(latest, 'utf8')).rows : []
const all = ofProtocol.flatMap(({ name }) => [...measured, ...kept].find(({ row }) => row === name) ?? [])
const { rounds, seconds, warmupSeconds, megabytes, logGigabytes, jobs } = flags
const run = {
  date,
  machine,
  node: process.version,
  setting,
  notes,
  flags: {
    rounds,
    seconds,
    warmupSeconds,
    ...(protocol === 'kafka' && { megabytes, logGigabytes }),
    ...(protocol === 'jobs' && { jobs }),
  },
  rows: all,
}
const stored = `${JSON.stringify(run, null, 2)}\n`
// One side alone is a trial and compares nothing: it must not stand as the newest result.
const files = flags.only
  ? [join(cache, 'trial.json')]
  : [join(results, `${prefix}${date.slice(0, 19).replaceAll(':', '-')}.json`), latest]
if (!flags.only) mkdirSync(results, { recursive: true })
for (const file of files) writeFileSync(file, stored)
const missed = measured.flatMap(({ failures, verdicts }) => [...failures, ...verdicts.filter(({ met }) => !met)]).length
console.log(
  `\n${measured.length} rows, ${missed} goals missed or runs failed; numbers in ${relative(process.cwd(), files[0])}`,
)
if (measured.some(({ failures }) => failures.length > 0)) process.exitCode = 1
