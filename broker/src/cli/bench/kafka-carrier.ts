/**
 * A load by Kafka: a topic of its own, a producer for each publisher, and one group of all consumers. Topic and group are
 * deleted at the end; if they cannot be, the records go after an hour and the topic stays.
 */
import { randomBytes } from 'node:crypto'
import kafkajs, { type Consumer, type Producer, type SASLOptions } from 'kafkajs'
import type { Codec } from '../../record/batch.ts'
import { compress, decompress } from '../../record/compression.ts'
import { CommandError } from '../command-error.ts'
import type { Carrier, LoadPlan, LoadPort } from './load.ts'
import type { Outlet } from './publisher.ts'

export interface KafkaPlan extends LoadPlan {
  readonly protocol: 'kafka'
  readonly partitions: number
  /** 0: none, 1: the leader, -1: all. */
  readonly acks: number
  readonly compression: Codec
  /** Records of one request at most. */
  readonly batch: number
}

export interface KafkaPlace {
  /** `host:port` of brokers, any one of which is enough. */
  readonly servers: readonly string[]
  readonly sasl: SASLOptions | undefined
}

const { Kafka, logLevel, CompressionTypes, CompressionCodecs } = kafkajs
const TYPE_OF = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<Codec, kafkajs.CompressionTypes>
const RETENTION_MS = 3_600_000
const RETRY = { retries: 2, initialRetryTime: 100 }
const OPENED_BYTES_MAX = 1 << 30

export class KafkaCarrier implements Carrier {
  private readonly place: KafkaPlace
  private readonly plan: KafkaPlan
  private readonly port: LoadPort
  private readonly kafka: kafkajs.Kafka
  private readonly name = `signalbox-bench.${randomBytes(4).toString('hex')}`
  private readonly consumers: Consumer[] = []
  private readonly producers: Producer[] = []
  private isMade = false

  constructor(place: KafkaPlace, plan: KafkaPlan, port: LoadPort) {
    this.place = place
    this.plan = plan
    this.port = port
    const { servers, sasl } = place
    this.kafka = new Kafka({
      clientId: 'signalbox-bench',
      brokers: [...servers],
      ...(sasl && { sasl }),
      logLevel: logLevel.NOTHING,
      retry: RETRY,
    })
    plugCodecs()
    mindNoTimersInThePast()
  }

  async prepare(): Promise<void> {
    const { plan, name } = this
    await this.told(this.makeTopic())
    for (let index = 0; index < plan.consumers; index++) {
      const consumer = this.kafka.consumer({ groupId: name, maxWaitTimeInMs: 500, retry: RETRY })
      this.consumers.push(consumer)
      consumer.on('consumer.crash', ({ payload }) => this.port.failed(this.errorOf(payload.error)))
    }
    // At once: each that came later would be one more round of handing out partitions.
    await this.told(Promise.all(this.consumers.map((consumer) => this.consume(consumer))))
  }

  async outlet(index: number): Promise<Outlet> {
    const { name: topic, plan } = this
    const { batch, acks, partitions } = plan
    const producer = this.kafka.producer({ allowAutoTopicCreation: false, retry: RETRY })
    this.producers.push(producer)
    await this.told(producer.connect())
    const compression = TYPE_OF[plan.compression]
    let partition = index % partitions
    return {
      batch,
      publish: (bodies, settled) => {
        // A batch goes to one partition, as Kafka's own producers do it.
        const messages = bodies.map((value) => ({ value, partition }))
        partition = (partition + 1) % partitions
        producer.send({ topic, acks, compression, messages }).then(
          () => settled(true),
          (error) => this.port.failed(this.errorOf(error)),
        )
        return true
      },
      hasRoom: () => {},
    }
  }

  async clear(): Promise<void> {
    const { name, kafka, consumers, producers } = this
    await Promise.allSettled([...producers, ...consumers].map((client) => client.disconnect()))
    if (!this.isMade) return
    const admin = kafka.admin()
    await admin.connect().then(
      () => Promise.allSettled([admin.deleteTopics({ topics: [name] }), admin.deleteGroups([name])]),
      () => {},
    )
    await admin.disconnect().catch(() => {})
  }

  private async makeTopic(): Promise<void> {
    const { kafka, name: topic } = this
    const admin = kafka.admin()
    await admin.connect()
    try {
      const configEntries = [{ name: 'retention.ms', value: String(RETENTION_MS) }]
      const made = { topic, numPartitions: this.plan.partitions, replicationFactor: -1, configEntries }
      await admin.createTopics({ topics: [made], waitForLeaders: true })
      this.isMade = true
    } finally {
      await admin.disconnect()
    }
  }

  private async consume(consumer: Consumer): Promise<void> {
    const { port, name: topic } = this
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) port.delivered(value!)
      },
    })
  }

  /** What the library throws, in words for the user. */
  private async told<T>(work: Promise<T>): Promise<T> {
    return work.catch((error) => {
      throw this.errorOf(error)
    })
  }

  private errorOf(error: Error): CommandError {
    return new CommandError(`Kafka at ${this.place.servers.join(',')}: ${error.message}`)
  }
}

/** The library leaves all but gzip to others. */
function plugCodecs(): void {
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    CompressionCodecs[TYPE_OF[codec]] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => compress(codec, buffer),
      decompress: async (bytes: Buffer) => decompress(codec, bytes, OPENED_BYTES_MAX),
    })
  }
}

/** The library sets some timers to the past, and Node says so on stderr. */
function mindNoTimersInThePast(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`)
  })
}
