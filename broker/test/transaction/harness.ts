/** Topics, groups and transactions of one vhost on a simulated disk, under a clock that stands still until it is moved. */
import { ManualClock } from '../../src/base/clock.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { createLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { Catalog } from '../../src/broker/catalog.ts'
import { Durability } from '../../src/broker/durability.ts'
import { NO_LIMITS } from '../../src/broker/policy/topic-limits.ts'
import { STREAM_DEFAULTS, type StreamSettings } from '../../src/broker/stream-settings.ts'
import { Streams } from '../../src/broker/streams.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { Isolation, Partition } from '../../src/broker/topic/partition.ts'
import type { LogEngine } from '../../src/log/engine.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import { Attribute } from '../../src/record/batch.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { BatchHead } from '../../src/record/batch-head.ts'
import { RecordCursor } from '../../src/record/record-cursor.ts'

const QUIET_TURNS = 16
const builder = new BatchBuilder(256)

export interface Batch {
  readonly values: readonly string[]
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional?: boolean
}

export interface WorldOptions {
  readonly seed?: number
  readonly settings?: Partial<StreamSettings>
}

export class World {
  readonly clock = new ManualClock()
  readonly random: SeededRandom
  readonly settings: StreamSettings
  disk: SimulatedDisk
  engine!: LogEngine
  streams!: Streams
  private turn!: Turn
  private armed = false

  private constructor({ seed = 1, settings = {} }: WorldOptions) {
    this.random = new SeededRandom(seed)
    this.disk = new SimulatedDisk(this.random)
    this.settings = { ...STREAM_DEFAULTS, ...settings }
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options)
    await world.start()
    return world
  }

  private async start(): Promise<void> {
    const { disk, clock } = this
    this.armed = false
    const turn = new Turn(() => {
      this.armed = true
    })
    this.turn = turn
    const logger = createLogger('error', { write: (line) => console.error(line) })
    const sizes = { tailBytesMax: 64 << 20, journalFileBytes: 1 << 20 }
    this.engine = await openFileEngine({ disk, clock, turn, logger, random: this.random, ...sizes })
    const catalog = new Catalog(this.engine)
    const durability = new Durability(this.engine)
    this.streams = new Streams({
      vhost: '/',
      engine: this.engine,
      catalog,
      durability,
      clock,
      logger,
      settings: this.settings,
      names: { hasExchange: () => false, hasQueue: () => false },
      limitsOf: () => NO_LIMITS,
      flushTopics: () => {},
    })
    this.streams.restore()
    await this.settle()
  }

  /** The process dies as it stands, and another one starts. */
  async kill(): Promise<void> {
    this.streams.stop()
    this.disk = this.disk.kill()
    await this.start()
  }

  async powerLoss(): Promise<void> {
    this.streams.stop()
    this.disk = this.disk.powerLoss()
    await this.start()
  }

  /** A clean stop and a start. */
  async restart(): Promise<void> {
    this.streams.stop()
    const closed = this.engine.close()
    await this.settle()
    await closed
    await this.start()
  }

  /** One turn of the event loop. */
  async step(): Promise<void> {
    if (this.armed) {
      this.armed = false
      this.turn.runNow()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      const operations = this.disk.trace.length
      const wasArmed = this.armed
      await this.step()
      if (wasArmed || this.armed || this.disk.trace.length > operations) quiet = -1
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  async createTopic(name: string, partitions = 1, configs: Record<string, string> = {}): Promise<void> {
    const { topics } = this.streams
    const pairs = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    topics.create(topics.check({ ...ofDefaults(name), partitions, configs: pairs }, 1))
    await this.settle()
  }

  partition(topic: string, index = 0): Partition {
    return this.streams.topics.get(topic)!.partitions[index]!
  }

  append(topic: string, index: number, batch: Batch) {
    const now = this.clock.now()
    batch.values.forEach((value, offset) => {
      builder.append({ offset, timestamp: now, key: null, value: [Buffer.from(value)], headers: [] })
    })
    const attributes = batch.transactional === false ? 0 : Attribute.transactional
    const bytes = Uint8Array.from(builder.finish({ ...batch, leaderEpoch: 0, attributes }))
    return this.partition(topic, index).append(bytes, now)
  }

  /** What a consumer takes from the whole partition, as clients filter it. */
  async read(topic: string, index = 0, isolation: Isolation = 'committed'): Promise<string[]> {
    const partition = this.partition(topic, index)
    const { startOffset } = partition.log
    const limit = partition.limit(isolation)
    const aborted = isolation === 'committed' ? partition.abortedTransactions(startOffset, limit) : []
    aborted.sort((a, b) => a.firstOffset - b.firstOffset)
    const inAborted = new Set<number>()
    const values: string[] = []
    for (let offset = startOffset; offset < limit; ) {
      const parts = await this.readBatches(partition, offset, isolation)
      for (const bytes of parts) {
        for (const head of headsOf(bytes)) {
          offset = head.lastOffset + 1
          while (aborted.length > 0 && aborted[0]!.firstOffset <= head.lastOffset) {
            inAborted.add(aborted.shift()!.producerId)
          }
          if (head.isControl) inAborted.delete(head.producerId)
          else if (!head.isTransactional || !inAborted.has(head.producerId)) values.push(...valuesOf(bytes, head.at))
        }
      }
    }
    return values
  }

  private async readBatches(partition: Partition, offset: number, isolation: Isolation): Promise<Uint8Array[]> {
    let found: Uint8Array[] | null = null
    const failed = partition.read(offset, isolation, 1 << 20, (error, parts) => {
      if (error !== null) throw error
      found = parts
    })
    if (failed !== null) throw new Error(failed)
    while (found === null) await this.step()
    return found
  }

  /** The offset committed, or null. */
  committedOffset(group: string, topic: string, index = 0): number | null {
    return this.streams.groups.get(group)?.offsets.get(topic, index)?.offset ?? null
  }
}

function* headsOf(bytes: Uint8Array): Iterable<BatchHead> {
  for (let at = 0; at < bytes.length; ) {
    const head = new BatchHead().read(bytes, at)
    yield head
    at += head.length
  }
}

function valuesOf(bytes: Uint8Array, at: number): string[] {
  const cursor = new RecordCursor()
  const values: string[] = []
  cursor.open(bytes, at)
  while (cursor.next()) {
    values.push(Buffer.from(bytes.subarray(cursor.valuePosition, cursor.valuePosition + cursor.valueLength)).toString())
  }
  return values
}
