/**
 * A store with something of everything, made by the engine itself, as files in memory: queues whose backlogs lie in
 * segments and in the journal, with holes of what was settled; topics, synced and written; cursors, ledgers, definitions;
 * checkpoints. Whatever stands in it says where it belongs.
 */
import type { Disk } from '../../../src/base/disk.ts'
import { MemoryDisk } from '../../../src/base/disk-memory.ts'
import { SeededRandom } from '../../../src/base/random.ts'
import type { Log } from '../../../src/log/engine.ts'
import type { PartitionLog } from '../../../src/log/partition/partition-log.ts'
import { Attribute, attributes, batchLength, inspectBatch, nextOffset } from '../../../src/record/batch.ts'
import { encodeMarker } from '../../../src/record/control-batch.ts'
import { RecordCursor } from '../../../src/record/record-cursor.ts'
import { batchOf } from '../partition/compacted-log.ts'
import { openStore, type Store } from '../store.ts'

export type Files = ReadonlyMap<string, Buffer>

export const OPTIONS = {
  journalFileBytes: 1 << 20,
  journalBytesMax: 3 << 20,
  tailBytesMax: 1 << 20,
  segmentBytesMax: 128 << 10,
}
const PARTITION = { segmentBytes: 64 << 10, segmentMs: 1e12, indexIntervalBytes: 4096 } as const
const QUEUES = 6
const ROUNDS = 60

export interface Filled {
  readonly files: Files
  /** Of each queue's log, what was not settled: bodies by offset. */
  readonly kept: ReadonlyMap<string, ReadonlyMap<number, string>>
  /** Ends of the partitions' logs of which every record is kept; one is compacted beside them. */
  readonly ends: ReadonlyMap<string, number>
}

export function queueOwner(i: number): string {
  return JSON.stringify(['queue', '/', `queue-${i}`])
}

/** @param stopped closed in order; else as kill -9 leaves it */
export async function filledStore(seed: number, shards: number, stopped: boolean, rounds = ROUNDS): Promise<Filled> {
  const random = new SeededRandom(seed)
  const disk = new MemoryDisk()
  const store = await openStore(disk, { ...OPTIONS, shards })
  const queues = Array.from({ length: QUEUES }, (_, i) =>
    store.engine.createLog(queueOwner(i), i === 5 ? 'written' : 'synced'),
  )
  const kept = new Map(queues.map((log) => [log.owner, new Map<number, string>()]))
  const topics = (['synced', 'written'] as const).map((durability) => {
    const owner = JSON.stringify(['partition', '/', durability, 0])
    return store.engine.createPartition(owner, `${durability}-0`, { ...PARTITION, durability })
  })
  const owner = JSON.stringify(['partition', '/', 'ledgered', 0])
  const compacted = store.engine.createPartition(owner, 'ledgered-0', {
    ...PARTITION,
    segmentBytes: 16 << 10,
    durability: 'synced',
  })
  for (const log of queues) store.engine.define(JSON.stringify(['queue', '/', log.owner]), Buffer.from('{}'))
  const ledger = store.engine.createLedger(JSON.stringify(['source', '/', 'q', 't', 0]), topics[0], 0)
  for (let round = 0; round < rounds; round++) {
    publish(store, random, queues, kept, round)
    for (const topic of topics) produce(topic, random)
    transact(compacted, random, round)
    if (round % 25 === 20)
      await compacted.compact({ now: 1e9, minLagMs: 0, deleteRetentionMs: 1000, mapBytesMax: 1 << 20 })
    if (round % 7 === 3) ledger.settle(random.below(Math.max(1, topics[0].highWatermark)))
    if (round % 11 === 5) store.engine.define(`definition ${round}`, Buffer.alloc(random.below(3000), round))
    await store.durable()
    while (store.engine.lagging) await new Promise((resolve) => setImmediate(resolve))
    settle(random, queues, kept)
  }
  await store.durable()
  // A sync waits for what runs behind it: retirements, and segments of topics.
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  const ends = new Map(topics.map(({ owner, endOffset }) => [owner, endOffset]))
  if (stopped) await store.engine.close()
  const files = await filesOf(disk)
  if (!stopped) await store.engine.close()
  return { files, kept, ends }
}

function publish(
  store: Store,
  random: SeededRandom,
  queues: readonly Log[],
  kept: ReadonlyMap<string, Map<number, string>>,
  round: number,
): void {
  for (let i = 0; i < 30; i++) {
    const some = queues.filter((_, at) => (at < 2 ? true : random.below(3) === 0))
    // One in a while takes several entries.
    const length = round % 25 === 9 && i === 0 ? 1_100_000 : random.below(1500)
    const places = some.map((log) => `${log.owner}@${log.endOffset}`).join(' ')
    const body = `${places} ${'x'.repeat(length)}`
    for (const log of some) kept.get(log.owner)!.set(log.endOffset, body)
    store.publish(body, some)
  }
}

function produce(topic: PartitionLog, random: SeededRandom): void {
  const rows = Array.from({ length: 1 + random.below(4) }, (_, i) => ({
    key: `${topic.endOffset + i}`,
    value: `${topic.owner}@${topic.endOffset + i} ${'y'.repeat(random.below(800))}`,
    timestamp: 1000 + topic.endOffset,
  }))
  topic.append(batchOf(rows), 1)
}

/** One transaction, committed or aborted, of few keys. */
function transact(log: PartitionLog, random: SeededRandom, round: number): void {
  const producer = { producerId: 7, producerEpoch: 0 }
  const rows = Array.from({ length: 2 }, (_, i) => ({
    key: `${random.below(30)}`,
    value: `${log.owner}@${log.endOffset + i} ${'z'.repeat(random.below(800))}`,
    timestamp: 1000 + round,
  }))
  log.append(batchOf(rows, { ...producer, baseSequence: round * 2, transactional: true }), 1)
  log.append(encodeMarker({ ...producer, commit: random.below(3) > 0, coordinatorEpoch: 0, now: 1000 + round }), 1)
}

/** Queue 1 is emptied as it goes; of the others something here and there. */
function settle(random: SeededRandom, queues: readonly Log[], kept: ReadonlyMap<string, Map<number, string>>): void {
  for (const [i, log] of queues.entries()) {
    const mine = kept.get(log.owner)!
    const offsets = [...mine.keys()]
    const count = i === 1 ? offsets.length : random.below(10)
    for (let k = 0; k < count; k++) {
      const offset = i === 1 ? offsets[k] : offsets[random.below(offsets.length)]
      log.settle(offset)
      mine.delete(offset)
    }
  }
}

export async function filesOf(disk: Disk, folder = ''): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  for (const name of await disk.list(folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    const inner = await disk.list(path)
    if (inner.length > 0) for (const [file, bytes] of await filesOf(disk, path)) files.set(file, bytes)
    else {
      const file = await disk.open(path, 'read').catch(() => null)
      if (file === null) continue
      const bytes = Buffer.alloc(await file.size())
      await file.read(bytes, 0)
      await file.close()
      files.set(path, bytes)
    }
  }
  return files
}

export async function diskOf(files: Files): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  for (const [path, bytes] of files) {
    const file = await disk.open(path, 'create')
    await file.write([bytes], 0)
    await file.close()
  }
  return disk
}

/** The values of all records of a partition, by offset. */
export async function recordsOf(log: PartitionLog): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  const record = new RecordCursor()
  for (let next = log.startOffset; next < log.endOffset; ) {
    const batches = await new Promise<Buffer>((resolve, reject) =>
      log.read(next, log.highWatermark, 1 << 20, (error, parts) =>
        error === null ? resolve(Buffer.concat(parts)) : reject(error),
      ),
    )
    if (batches.length === 0) break
    for (let at = 0; at < batches.length; at += batchLength(batches, at)) {
      if (inspectBatch(batches, at, batches.length) !== 'valid') throw new Error(`a damaged batch at ${next}`)
      const isControl = (attributes(batches, at) & Attribute.control) !== 0
      record.open(batches, at)
      while (!isControl && record.next()) {
        const { valuePosition, valueLength } = record
        found.set(record.offset, batches.toString('latin1', valuePosition, valuePosition + valueLength))
      }
      next = nextOffset(batches, at)
    }
  }
  return found
}
