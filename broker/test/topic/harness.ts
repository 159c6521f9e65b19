/** Topics of a broker without any protocol, on a disk in memory and under a clock that stands still until it is moved. */
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { createLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { Broker } from '../../src/broker/broker.ts'
import { STREAM_DEFAULTS, type StreamSettings } from '../../src/broker/stream-settings.ts'
import { type NewTopic, ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { Partition } from '../../src/broker/topic/partition.ts'
import type { Topic } from '../../src/broker/topic/topic.ts'
import type { Topics } from '../../src/broker/topic/topics.ts'
import type { LogEngine } from '../../src/log/engine.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'

export const NODE_ID = 1

export class TopicWorld {
  readonly clock = new ManualClock()
  readonly disk = new MemoryDisk()
  settings: StreamSettings
  engine!: LogEngine
  broker!: Broker
  turn!: Turn
  private armed = false

  private constructor(settings: Partial<StreamSettings>) {
    this.settings = { ...STREAM_DEFAULTS, ...settings }
  }

  static async open(settings: Partial<StreamSettings> = {}): Promise<TopicWorld> {
    const world = new TopicWorld(settings)
    await world.start()
    return world
  }

  async start(): Promise<void> {
    this.turn = new Turn(() => {
      this.armed = true
    })
    const { disk, clock, turn, settings } = this
    const logger = createLogger('error', { write: (line) => console.error(line) })
    this.engine = await openFileEngine({
      disk,
      clock,
      turn,
      logger,
      random: new SeededRandom(1),
      tailBytesMax: 64 << 20,
    })
    this.broker = new Broker({
      engine: this.engine,
      turn,
      clock,
      logger,
      loopbackUsers: [],
      durability: 'synced',
      streams: settings,
      properties: propertyBlocks,
    })
    this.broker.declareVhost('/')
    const restored = this.broker.restored()
    await this.settle()
    await restored
    await this.settle()
  }

  /** A clean stop and a start on the same disk, with these settings altered. */
  async restart(settings: Partial<StreamSettings> = {}): Promise<void> {
    this.settings = { ...this.settings, ...settings }
    await this.settle()
    for (const { feeds, streams } of this.broker.vhosts.values()) {
      feeds.stop()
      streams.stop()
    }
    await this.engine.close()
    await this.start()
  }

  get topics(): Topics {
    return this.broker.vhost('/').streams.topics
  }

  create(name: string, wanted: Partial<NewTopic> & { configsOf?: Record<string, string> } = {}): Topic {
    const configs = Object.entries(wanted.configsOf ?? {}).map(([config, value]) => ({ name: config, value }))
    return this.topics.create(this.topics.check({ ...ofDefaults(name), configs, ...wanted }, NODE_ID))
  }

  /** Appends a batch of one record, and lets it become durable. @returns its offset */
  async append(partition: Partition, value: string, timestamp = this.clock.now()): Promise<number> {
    const builder = new BatchBuilder()
    builder.append({ offset: 0, timestamp, key: null, value: [Buffer.from(value)], headers: [] })
    const { error, errorMessage, baseOffset } = partition.append(builder.finish({ leaderEpoch: 0 }), this.clock.now())
    if (error !== null) throw new Error(`${error}: ${errorMessage}`)
    await this.settle()
    return baseOffset
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet++) {
      if (this.armed) {
        this.armed = false
        this.turn.runNow()
        quiet = -1
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
    this.clock.advance(0)
    await this.settle()
  }
}
