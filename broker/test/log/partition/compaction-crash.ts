/**
 * The power fails, or the process dies, at any single operation of the disk during a compaction, with appends and
 * checkpoints under way. The next start must find a log that tells every reader the same as one never compacted.
 */
import assert from 'node:assert/strict'
import { SimulatedDisk } from '../../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../../src/base/random.ts'
import type { CompactionOptions, PartitionDurability, PartitionLog } from '../../../src/log/partition/partition-log.ts'
import { Producers } from '../../../src/log/partition/producers.ts'
import { batchLength, nextOffset } from '../../../src/record/batch.ts'
import { BatchHead } from '../../../src/record/batch-head.ts'
import { encodeMarker, markerOf } from '../../../src/record/control-batch.ts'
import { openStore, type Store } from '../store.ts'
import { assertSameReaders, batchOf } from './compacted-log.ts'

const START = 1_000_000

/** One log, and everything that was ever appended to it. */
class Told {
  readonly durability: PartitionDurability
  batches: Uint8Array[] = []
  promised = 0
  private readonly sequences = [0, 0, 0]
  private isOpen = false

  constructor(durability: PartitionDurability) {
    this.durability = durability
  }

  get end(): number {
    const last = this.batches.at(-1)
    return last === undefined ? 0 : nextOffset(last, 0)
  }

  /** Some batches: of no producer, of one, and of one with transactions. */
  fill(log: PartitionLog, random: SeededRandom, count: number, now: number): void {
    for (let i = 0; i < count; i++) {
      const producer = random.below(4)
      if (producer === 3 && this.isOpen) {
        this.isOpen = false
        this.add(
          log,
          encodeMarker({ producerId: 2, producerEpoch: 0, commit: random.chance(1, 2), coordinatorEpoch: 0, now }),
          now,
        )
        continue
      }
      const rows = Array.from({ length: 1 + random.below(3) }, () => ({
        key: `k${random.below(6)}`,
        value: random.chance(1, 5) ? null : `${this.end} ${'v'.repeat(random.below(90))}`,
        timestamp: now,
      }))
      const producerId = producer % 3
      const transactional = producerId === 2
      if (transactional) this.isOpen = true
      const shape = producerId === 0 ? {} : { producerId, baseSequence: this.sequences[producerId], transactional }
      this.sequences[producerId] += rows.length
      this.add(log, batchOf(rows, { ...shape, codec: random.chance(1, 2) ? 'lz4' : 'none' }), now)
    }
  }

  private add(log: PartitionLog, batch: Uint8Array, now: number): void {
    log.append(batch, now)
    this.batches.push(Buffer.from(batch))
  }

  /** What a crash took: the last batches. */
  cutTo(end: number): void {
    this.batches = this.batches.filter((batch) => nextOffset(batch, 0) <= end)
    const told = this.producers()
    for (const id of [1, 2]) this.sequences[id] = (told.get(id)?.batches.at(-1)?.lastSequence ?? -1) + 1
    this.isOpen = (told.get(2)?.transactionStart ?? -1) >= 0
  }

  producers(): Producers {
    const producers = new Producers()
    const head = new BatchHead()
    for (const batch of this.batches) {
      head.read(batch, 0)
      const marker = head.isControl ? markerOf(batch, 0) : null
      if (marker === null) producers.noteBatch(head)
      else producers.noteMarker(head, marker.commit, marker.coordinatorEpoch)
    }
    return producers
  }
}

interface World {
  disk: SimulatedDisk
  store: Store
  told: Told[]
  now: number
}

async function begin(seed: number): Promise<World> {
  const disk = new SimulatedDisk(new SeededRandom(seed))
  const store = await openStore(disk, { journalFileBytes: 1 << 20 })
  const told = (['synced', 'written'] as const).map((durability) => new Told(durability))
  for (const one of told) {
    const options = { durability: one.durability, segmentBytes: 1200, segmentMs: 1e12, indexIntervalBytes: 200 }
    store.engine.createPartition(one.durability, one.durability, options)
  }
  return { disk, store, told, now: START }
}

function logOf({ store }: World, { durability }: Told): PartitionLog {
  return [...store.engine.partitions.values()].find((log) => log.owner === durability)!
}

/** Appends, waits until most of it may be read. */
async function grow(world: World, seed: number, count: number): Promise<void> {
  const random = new SeededRandom(seed)
  for (const one of world.told) one.fill(logOf(world, one), random, count, world.now)
  await world.store.durable()
  for (const one of world.told) {
    while (logOf(world, one).highWatermark < one.end) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

/** A round for each log, with appends, raised rounds and journal files that come to their end meanwhile. */
async function compactAll(world: World, seed: number): Promise<void> {
  const options: CompactionOptions = { now: world.now, minLagMs: 0, deleteRetentionMs: 100, mapBytesMax: 1 << 20 }
  const rounds = world.told.map((one) => logOf(world, one).compact(options))
  const random = new SeededRandom(seed)
  for (let i = 0; i < 4; i++) {
    for (const one of world.told) one.fill(logOf(world, one), random, 3, world.now)
    world.store.engine.define('filling', Buffer.alloc(400_000, 'x'))
    world.store.engine.seal()
    note(world)
    for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await Promise.all(rounds)
  await world.store.durable()
}

function note(world: World): void {
  for (const one of world.told) one.promised = Math.max(one.promised, logOf(world, one).highWatermark)
}

async function check(world: World, isKill: boolean): Promise<void> {
  for (const one of world.told) {
    const log = logOf(world, one)
    if (isKill || one.durability === 'synced') assert.ok(log.endOffset >= one.promised, 'what was promised is there')
    one.cutTo(log.endOffset)
    assert.equal(one.end, log.endOffset, 'the log ends with a whole batch')
    one.promised = log.endOffset
    const producers = one.producers()
    const compacted = {
      batches: await read(log),
      aborted: log.abortedTransactions(0, log.endOffset),
      endOffset: log.endOffset,
    }
    assertSameReaders(compacted, { batches: one.batches, aborted: producers.aborted }, 17)
    assert.equal(log.lastStableOffset, Math.min(producers.firstUnstable(log.endOffset), log.endOffset))
    for (const { producerId, batches } of producers.all()) {
      assert.deepEqual(log.producers.get(producerId)?.batches.at(-1), batches.at(-1), `producer ${producerId}`)
    }
  }
}

async function read(log: PartitionLog): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for (let offset = log.startOffset; offset < log.highWatermark; ) {
    const parts = await new Promise<Uint8Array[]>((resolve, reject) => {
      log.read(offset, log.highWatermark, 900, (error, some) => (error === null ? resolve(some) : reject(error)))
    })
    assert.ok(parts.length > 0, `nothing at ${offset}`)
    for (const part of parts) {
      for (let at = 0; at < part.length; at += batchLength(part, at)) {
        found.push(part.subarray(at, at + batchLength(part, at)))
        offset = nextOffset(part, at)
      }
    }
  }
  return found
}

/** Two rounds, the second one cut off after so many operations. @returns whether it came to its end before */
async function live(seed: number, operations: number, isKill: boolean): Promise<boolean> {
  const world = await begin(seed)
  await grow(world, seed, 60)
  await compactAll(world, seed + 1)
  await grow(world, seed + 2, 50)
  world.now += 500
  note(world)
  world.disk.powerOffAfter(operations)
  const isDone = await Promise.race([
    compactAll(world, seed + 3).then(() => true),
    world.disk.poweredOff.then(() => false),
  ])
  note(world)
  const disk = isKill ? world.disk.kill() : world.disk.powerLoss()
  const again = { ...world, disk, store: await openStore(disk, { journalFileBytes: 1 << 20 }) }
  await check(again, isKill)
  await grow(again, seed + 4, 20)
  again.now += 500
  await compactAll(again, seed + 5)
  await grow(again, seed + 6, 5)
  await check(again, true)
  await again.store.engine.close()
  const last = { ...again, store: await openStore(disk, { journalFileBytes: 1 << 20 }) }
  await check(last, true)
  await last.store.engine.close()
  return isDone
}

/**
 * Ends at every `step`-th operation of the compaction, one after the other.
 * @returns the number of ends. @throws with the operation in its message
 */
export async function crashCompaction(seed: number, isKill: boolean, step: number, first = 0): Promise<number> {
  for (let operations = first; ; operations += step) {
    try {
      if (await live(seed * 1000, operations, isKill)) return Math.ceil((operations - first) / step)
    } catch (error) {
      throw new Error(`seed ${seed}, after ${operations} operations`, { cause: error })
    }
  }
}
