/** `npm run bench -- amqp [row …]`: Signalbox and RabbitMQ in turns, same load, same machine; see README.md. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import { Command, Option } from 'commander'
import type { Peer } from './peers/broker.ts'
import { type Installed, installNewerRabbitmq, installPerfTest, installRabbitmq } from './peers/install.ts'
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
  .argument('<protocol>', 'amqp')
  .argument('[rows...]', `rows to run (default: all): ${rows.map((row) => row.name).join(', ')}`)
  .option('--rounds <n>', 'rounds per row, contenders in turns', Number, 3)
  .option('--seconds <n>', 'measured window of one run', Number, 8)
  .option('--warmup-seconds <n>', 'load before the window', Number, 3)
  .option('--ack-every <n>', 'durable row: ack each n-th delivery with multiple; 1 acks each', Number, 50)
  .option('--backlog <n>', 'messages of the backlog row', Number, 5_000_000)
  .option('--connections <n>', 'connections of the connections row', Number, 5_000)
  .option('--idle-seconds <n>', 'how long they are watched', Number, 30)
  .option('--backlog-peer <n>', 'the same for RabbitMQ, when its time or disk forbids as many', Number)
  .addOption(new Option('--only <peer>', 'run this side alone').choices(peerNames))
  .option('--no-rabbitmq4', 'leave the newer RabbitMQ out')
  .option('--no-perf-test', 'leave RabbitMQ PerfTest out')
  .option('--with-latest', 'store the rows not run now as the newest stored run has them')
  .option('--main <file>', 'the main.ts of another checkout of Signalbox, for comparing two')
  .option('--cpu-prof <dir>', 'write V8 CPU profiles of Signalbox there')
  .parse()

const flags = command.opts<Flags>()
const [protocol, ...chosen] = command.args
if (protocol !== 'amqp') command.error(`unknown protocol '${protocol}': amqp is what can be measured`)
const unknown = chosen.filter((name) => !rows.some((row) => row.name === name))
if (unknown.length > 0) command.error(`unknown row ${unknown.join(', ')}: ${rows.map((row) => row.name).join(', ')}`)

mkdirSync(cache, { recursive: true })
for (const other of readdirSync(cache).filter((name) => name.startsWith('run-'))) {
  if (existsSync(`/proc/${other.slice(4)}`))
    console.log(`another bench runs (process ${other.slice(4)}): both distort each other`)
  else rmSync(join(cache, other), { recursive: true })
}
const wanted = (name: PeerName) => (flags.only ? flags.only === name : name !== 'rabbitmq4' || flags.rabbitmq4)
const leftOut: Installed = { missing: '' }
const older = wanted('rabbitmq') ? installRabbitmq() : leftOut
const newer = wanted('rabbitmq4') ? installNewerRabbitmq(cache) : leftOut
const tool = flags.perfTest ? installPerfTest(cache) : leftOut
const peers: Partial<Record<PeerName, Peer>> = {
  ...(wanted('signalbox') && { signalbox: signalbox(flags.main, flags.cpuProf) }),
  ...('path' in older && { rabbitmq: rabbitmq() }),
  ...('path' in newer && { rabbitmq4: rabbitmq(newer.path) }),
}
const notes = Object.entries({ RabbitMQ: older, 'RabbitMQ 4': newer, PerfTest: tool }).flatMap(([name, installed]) =>
  'missing' in installed && installed.missing ? [`without ${name}: ${installed.missing}`] : [],
)

async function runOnce(row: Row, label: string, result: RowResult): Promise<void> {
  const contender = row.contenders.find((candidate) => candidate.label === label)!
  const directory = join(cache, `run-${process.pid}`)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const { queueArguments } = contender
  const run: Run = {
    name: contender.peer,
    peer: peers[contender.peer]!,
    queueArguments,
    directory,
    options: flags,
    perfTest: 'path' in tool ? tool.path : undefined,
    version: '',
  }
  try {
    const metrics = await row.measure(run)
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
const setting =
  'signalbox: one process, one event loop, all settings default; RabbitMQ: all cores, all settings default'
console.log(`${machine}; Node ${process.version}; ${flags.rounds} rounds of ${flags.seconds} s; ${setting}`)

const measured: RowResult[] = []
for (const row of rows.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  measured.push(await runRow(row))
}

const date = new Date().toISOString()
const latest = join(results, 'latest.json')
const kept: RowResult[] = flags.withLatest && existsSync(latest) ? JSON.parse(readFileSync(latest, 'utf8')).rows : []
const all = rows.flatMap(({ name }) => [...measured, ...kept].find(({ row }) => row === name) ?? [])
const { rounds, seconds, warmupSeconds } = flags
const run = {
  date,
  machine,
  node: process.version,
  setting,
  notes,
  flags: { rounds, seconds, warmupSeconds },
  rows: all,
}
const stored = `${JSON.stringify(run, null, 2)}\n`
// One side alone is a trial and compares nothing: it must not stand as the newest result.
const files = flags.only
  ? [join(cache, 'trial.json')]
  : [join(results, `${date.slice(0, 19).replaceAll(':', '-')}.json`), latest]
if (!flags.only) mkdirSync(results, { recursive: true })
for (const file of files) writeFileSync(file, stored)
const missed = measured.flatMap(({ failures, verdicts }) => [...failures, ...verdicts.filter(({ met }) => !met)]).length
console.log(
  `\n${measured.length} rows, ${missed} goals missed or runs failed; numbers in ${relative(process.cwd(), files[0])}`,
)
if (measured.some(({ failures }) => failures.length > 0)) process.exitCode = 1
