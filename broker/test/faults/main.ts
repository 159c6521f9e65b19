/**
 * Faults against the real process: kill -9 under load, damaged data directories, a full disk.
 *   node broker/test/faults/main.ts [--minutes 3] [--only WORDS]
 * Kills repeat until the minutes are over, ROUNDS=N rounds at least, 10 by default. SEEDS=N and FIRST_SEED=N choose the
 * random histories on the simulated disk, 1,000 from seed 1,000 by default; of kinds that take longer, so many fewer.
 * STEP=N cuts after every N-th operation only.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { cutCopying } from '../log/copying-cuts.ts'
import { crashCompaction } from '../log/partition/compaction-crash.ts'
import { liveThroughBroker } from '../simulation/broker-life.ts'
import { cutScript } from '../simulation/cuts.ts'
import { liveThroughFeeds } from '../simulation/feed-life.ts'
import { liveThroughKafka } from '../simulation/kafka-life.ts'
import { liveThrough } from '../simulation/life.ts'
import { livePartitions } from '../simulation/partition-life.ts'
import {
  flippedBit,
  flippedBitInFileHead,
  missingJournalFile,
  missingVersion,
  newerFormat,
  tornLastWrite,
} from './damage.ts'
import { fullDisk } from './full-disk.ts'
import { killUnderAcks, killUnderLoad } from './kill.ts'
import { killUnderBothWorlds } from './kill-both-worlds.ts'
import { killUnderDepartures } from './kill-departures.ts'
import { killUnderKafka } from './kill-kafka.ts'
import { killUnderRest } from './kill-rest.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 10)
/** Their clients take a while to come back. */
const KAFKA_ROUNDS = Math.ceil(ROUNDS * 0.6)
const STEP = Number(process.env.STEP ?? 1)

/** So that every round spills, retires journal files and deletes segments. */
const SMALL_FILES = [
  ['--journal-file-bytes', '2MiB'],
  ['--journal-bytes-max', '8MiB'],
  ['--tail-bytes-max', '2MiB'],
  ['--segment-bytes-max', '256KiB'],
].flat()

const THREE_SHARDS = ['--shards', '3', ...SMALL_FILES]

/** Says what it proved; null if this machine does not allow it. */
type Case = (dataDir: string) => Promise<string | null>

const once: [string, Case][] = [
  ['power loss at every operation of a scripted run', cutEverywhere],
  ['power loss at every operation while a partition is copied', cutCopyings],
  ['power loss and kills within a compaction', crashCompactions],
  ['power loss in random histories', () => histories(1, liveThrough)],
  ['random histories of partitions', () => histories(1 / 5, livePartitions)],
  ['random histories of a broker', () => histories(1 / 5, liveThroughBroker)],
  ['random histories of a broker with Kafka clients', () => histories(1 / 8, liveThroughKafka)],
  ['random histories of topics and the queues bound to them', () => histories(1 / 8, liveThroughFeeds)],
  ['torn last write', tornLastWrite],
  ['flipped bit in the middle', flippedBit],
  ['flipped bit in the head of a journal file', flippedBitInFileHead],
  ['missing journal file', missingJournalFile],
  ['missing VERSION', missingVersion],
  ['format of a newer release', newerFormat],
  ['disk filling up to the alarm', (dataDir) => fullDisk(dataDir, true)],
  ['disk full without an alarm', (dataDir) => fullDisk(dataDir, false)],
]
const repeated: [string, Case][] = [
  ['kill -9 under confirmed load', (dataDir) => killUnderLoad(dataDir, ROUNDS)],
  ['kill -9 under confirmed load, small files', (dataDir) => killUnderLoad(dataDir, ROUNDS, SMALL_FILES)],
  ['kill -9 under acks', (dataDir) => killUnderAcks(dataDir, ROUNDS)],
  ['kill -9 under dead letters and delays', (dataDir) => killUnderDepartures(dataDir, ROUNDS)],
  [
    'kill -9 under dead letters and delays, three shards',
    (dataDir) => killUnderDepartures(dataDir, ROUNDS, THREE_SHARDS),
  ],
  ['kill -9 under HTTP callers', (dataDir) => killUnderRest(dataDir, KAFKA_ROUNDS)],
  ['kill -9 under HTTP callers, three shards', (dataDir) => killUnderRest(dataDir, KAFKA_ROUNDS, THREE_SHARDS)],
  ['kill -9 under Kafka clients', (dataDir) => killUnderKafka(dataDir, KAFKA_ROUNDS)],
  ['kill -9 under Kafka clients, three shards', (dataDir) => killUnderKafka(dataDir, KAFKA_ROUNDS, THREE_SHARDS)],
  ['kill -9 under clients of both worlds', (dataDir) => killUnderBothWorlds(dataDir, KAFKA_ROUNDS)],
  [
    'kill -9 under clients of both worlds, three shards',
    (dataDir) => killUnderBothWorlds(dataDir, KAFKA_ROUNDS, THREE_SHARDS),
  ],
]

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '0' }, only: { type: 'string', default: '' } },
})
const deadline = performance.now() + Number(values.minutes) * 60_000
let passed = 0
let failed = 0

for (const [name, run] of [...once, ...repeated]) await attempt(name, run)
while (performance.now() < deadline) for (const [name, run] of repeated) await attempt(name, run)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function cutEverywhere(): Promise<string> {
  const cuts = [await cutScript(1, STEP, 3), await cutScript(3, STEP, 3)]
  return `${cuts[0]} cuts with one shard, ${cuts[1]} with three`
}

async function cutCopyings(): Promise<string> {
  const cuts = [await cutCopying(1, STEP, 3), await cutCopying(3, STEP, 3)]
  return `${cuts[0]} cuts with one shard, ${cuts[1]} with three`
}

async function crashCompactions(): Promise<string> {
  const ends = [await crashCompaction(1, false, 3), await crashCompaction(1, true, 3)]
  return `${ends[0]} power cuts, ${ends[1]} kills`
}

async function histories(share: number, live: (seed: number) => Promise<unknown>): Promise<string> {
  const first = Number(process.env.FIRST_SEED ?? 1000)
  const count = Math.ceil(Number(process.env.SEEDS ?? 1000) * share)
  for (let seed = first; seed < first + count; seed++) await live(seed)
  return `seeds ${first} to ${first + count - 1}`
}

/** The data directory of a failed case is kept, and named. */
async function attempt(name: string, run: Case): Promise<void> {
  if (!name.includes(values.only)) return
  const dataDir = await mkdtemp(path.join(tmpdir(), 'signalbox-faults-'))
  try {
    const proved = await run(dataDir)
    console.log(proved === null ? `skipped: ${name}: not allowed on this machine` : `passed: ${name}: ${proved}`)
    if (proved !== null) passed++
    await rm(dataDir, { recursive: true })
  } catch (error) {
    console.log(`FAILED: ${name}: ${error instanceof Error ? error.stack : error}\n  data directory: ${dataDir}`)
    failed++
  }
}
