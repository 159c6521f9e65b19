/** Real Kafka clients that go on over the deaths of their broker, and what they were told. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'

export const TOPICS = ['synced', 'written'] as const
export const PARTITIONS = 2
export const INPUT = 'input'
export const OUTPUT = 'output'
/** Of the loop, at each of its offsets in the input. */
export const OUTPUTS_EACH = 3

const RECORDS_MAX = 40
const STEP_MAX = 5

export function kafkaAt(address: string): Kafka {
  const retry = { retries: 100, initialRetryTime: 50, maxRetryTime: 300 }
  return new Kafka({
    clientId: 'faults',
    brokers: [address],
    logLevel: logLevel.NOTHING,
    retry,
    connectionTimeout: 2000,
  })
}

/** Sends numbered records and repeats what gets no answer: the broker is to keep each of them once. */
export class IdempotentLoad {
  readonly name: string
  /** By topic and partition. */
  readonly confirmed = new Map<string, number[]>()
  private readonly producer: Producer
  private next = 0
  private isStopped = false

  constructor(kafka: Kafka, name: string) {
    this.name = name
    this.producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  }

  async run(): Promise<void> {
    await this.producer.connect()
    while (!this.isStopped) {
      const topic = TOPICS[this.next % TOPICS.length]
      const partition = Math.floor(Math.random() * PARTITIONS)
      const numbers = Array.from({ length: 1 + Math.floor(Math.random() * RECORDS_MAX) }, () => this.next++)
      const messages = numbers.map((number) => ({ partition, value: `${this.name}:${number}` }))
      await this.producer.send({ topic, acks: -1, messages })
      const key = `${topic}-${partition}`
      this.confirmed.set(key, [...(this.confirmed.get(key) ?? []), ...numbers])
    }
    await this.producer.disconnect()
  }

  stop(): void {
    this.isStopped = true
  }

  get count(): number {
    return [...this.confirmed.values()].reduce((sum, numbers) => sum + numbers.length, 0)
  }
}

/**
 * Takes the input from where its group is, writes of each offset one record to every partition of the output, and moves
 * the group: all in one transaction.
 */
export class TransactionalLoop {
  readonly group = 'loop'
  /** How far it was told that it came. */
  committed = 0
  transactions = 0
  aborted = 0
  private readonly kafka: Kafka
  private isStopped = false

  constructor(kafka: Kafka) {
    this.kafka = kafka
  }

  async run(): Promise<void> {
    while (!this.isStopped) {
      const producer = this.kafka.producer({ transactionalId: 'loop', idempotent: true, maxInFlightRequests: 1 })
      const admin = this.kafka.admin()
      try {
        await Promise.all([producer.connect(), admin.connect()])
        while (!this.isStopped) await this.step(producer, await this.position(admin))
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        // What became of it, the broker tells.
        await sleep(50)
      } finally {
        await Promise.all([producer.disconnect().catch(() => {}), admin.disconnect().catch(() => {})])
      }
    }
  }

  stop(): void {
    this.isStopped = true
  }

  private async position(admin: ReturnType<Kafka['admin']>): Promise<number> {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: this.group, topics: [INPUT] })
    const position = Math.max(0, Number(partitions[0].offset))
    assert.ok(position >= this.committed, `the loop was at ${this.committed}, and is at ${position}`)
    return position
  }

  private async step(producer: Producer, from: number): Promise<void> {
    const to = from + 1 + Math.floor(Math.random() * STEP_MAX)
    const transaction = await producer.transaction()
    for (let partition = 0; partition < OUTPUTS_EACH; partition++) {
      const messages = Array.from({ length: to - from }, (_, i) => ({ partition, value: String(from + i) }))
      await transaction.send({ topic: OUTPUT, messages })
    }
    if (Math.random() < 0.2) {
      await transaction.abort()
      this.aborted += 1
      return
    }
    const topics = [{ topic: INPUT, partitions: [{ partition: 0, offset: String(to) }] }]
    await transaction.sendOffsets({ consumerGroupId: this.group, topics })
    await transaction.commit()
    this.committed = to
    this.transactions += 1
  }
}

/** A member of a group that commits what it has read; after a death it is to go on where it was. */
export class GroupLoad {
  readonly group = 'readers'
  /** What came, by partition: offset and value. */
  readonly seen = new Map<number, Map<number, string>>()
  /** By partition, what the broker said it has. */
  readonly committed = new Map<number, number>()
  /** What is not as it was. */
  readonly wrong: string[] = []
  private readonly consumer: Consumer

  constructor(kafka: Kafka) {
    this.consumer = kafka.consumer({
      groupId: this.group,
      sessionTimeout: 10_000,
      rebalanceTimeout: 2000,
      maxWaitTimeInMs: 100,
    })
  }

  async run(): Promise<void> {
    await this.consumer.connect()
    await this.consumer.subscribe({ topics: ['synced'], fromBeginning: true })
    await this.consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        for (const { offset, value } of messages) this.see(partition, Number(offset), value!.toString())
        const next = Number(messages.at(-1)!.offset) + 1
        await this.consumer.commitOffsets([{ topic: 'synced', partition, offset: String(next) }])
        this.committed.set(partition, Math.max(next, this.committed.get(partition) ?? 0))
      },
    })
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect()
  }

  private see(partition: number, offset: number, value: string): void {
    const seen = this.seen.get(partition) ?? new Map<number, string>()
    this.seen.set(partition, seen)
    const before = seen.get(offset)
    if (before !== undefined && before !== value) this.wrong.push(`${value} at ${offset}, where ${before} was`)
    seen.set(offset, value)
  }
}
