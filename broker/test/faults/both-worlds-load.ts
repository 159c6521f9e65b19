/** Writers of both worlds that put numbered messages into one topic, and readers of the queues it feeds. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { Kafka, Producer } from 'kafkajs'
import { bodyOf, connect, parse } from './numbered-load.ts'

export const TOPIC = 'orders'
/** An exchange that leads to the topic. */
export const EVENTS = 'events'

const KEYS = 13
const SEND_MAX = 20
const IN_FLIGHT_MAX = 100
const BURST = 10
const PAUSE_MS_MAX = 10
const PREFETCH = 300
const LOOK_MS = 20
/** One in so many deliveries is left unacked, to come again. */
const HOLDING = 50

export type Random = (bound: number) => number

type Answer = (channel: Channel, message: ConsumeMessage, id: string) => void

/** Shared by all writers: one key is to lie in one partition, whoever wrote it. */
export const keyOf = (number: number): string => `k${(number * 7919) % KEYS}`

export const kindOf = (number: number): string => (number % 2 === 0 ? 'even' : 'odd')

export const recordOf = (name: string, number: number) => ({
  key: keyOf(number),
  value: bodyOf(name, number),
  headers: { kind: kindOf(number) },
})

/** Repeats what gets no answer: the topic is to have each of its records once. */
export class KeyedProducer {
  readonly name: string
  readonly confirmed = new Set<number>()
  private readonly producer: Producer
  private readonly random: Random
  private next = 0
  private isStopped = false

  constructor(kafka: Kafka, name: string, random: Random) {
    this.name = name
    this.producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    this.random = random
  }

  async run(): Promise<void> {
    await this.producer.connect()
    while (!this.isStopped) {
      const numbers = Array.from({ length: 1 + this.random(SEND_MAX) }, () => this.next++)
      const messages = numbers.map((number) => recordOf(this.name, number))
      await this.producer.send({ topic: TOPIC, acks: -1, messages })
      for (const number of numbers) this.confirmed.add(number)
      await sleep(this.random(PAUSE_MS_MAX))
    }
    await this.producer.disconnect()
  }

  stop(): void {
    this.isStopped = true
  }
}

/** Writes in transactions and aborts some; a broken one is given up, and its numbers with it. */
export class KeyedTransactions {
  readonly name: string
  readonly confirmed = new Set<number>()
  /** Of transactions that were never asked to commit. */
  readonly never = new Set<number>()
  /** Asked to commit, and no answer: all or nothing. */
  readonly unclear: number[][] = []
  aborted = 0
  private readonly kafka: Kafka
  private readonly random: Random
  private next = 0
  private isStopped = false

  constructor(kafka: Kafka, name: string, random: Random) {
    this.kafka = kafka
    this.name = name
    this.random = random
  }

  async run(): Promise<void> {
    while (!this.isStopped) {
      const producer = this.kafka.producer({ transactionalId: this.name, idempotent: true, maxInFlightRequests: 1 })
      try {
        await producer.connect()
        while (!this.isStopped) await this.step(producer)
      } catch {
        // What became of it, the topic tells.
        await sleep(50)
      } finally {
        await producer.disconnect().catch(() => {})
      }
    }
  }

  stop(): void {
    this.isStopped = true
  }

  private async step(producer: Producer): Promise<void> {
    const transaction = await producer.transaction()
    const numbers: number[] = []
    for (let sends = 1 + this.random(3); sends > 0; sends--) {
      const some = Array.from({ length: 1 + this.random(SEND_MAX) }, () => this.next++)
      for (const number of some) this.never.add(number)
      numbers.push(...some)
      await transaction.send({ topic: TOPIC, messages: some.map((number) => recordOf(this.name, number)) })
      await sleep(this.random(PAUSE_MS_MAX * 3))
    }
    if (this.random(3) === 0) {
      await transaction.abort()
      this.aborted++
      return
    }
    for (const number of numbers) this.never.delete(number)
    this.unclear.push(numbers)
    await transaction.commit()
    this.unclear.pop()
    for (const number of numbers) this.confirmed.add(number)
  }
}

/** Publishes each number once, whatever becomes of it. */
export class KeyedPublisher {
  readonly name: string
  readonly confirmed = new Set<number>()
  private readonly exchange: string
  private readonly random: Random
  private next = 0
  private isStopped = false

  constructor(exchange: string, name: string, random: Random) {
    this.exchange = exchange
    this.name = name
    this.random = random
  }

  /** Until it is stopped or the connection ends. */
  async run(url: string): Promise<void> {
    const connection = await connect(url)
    const ended = new Promise<void>((resolve) => connection.once('close', resolve))
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    // On a channel that is closed, publishing fails.
    await Promise.race([this.publish(channel), ended])
    await connection.close().catch(() => {})
  }

  stop(): void {
    this.isStopped = true
  }

  private async publish(channel: ConfirmChannel): Promise<void> {
    let inFlight = 0
    while (!this.isStopped) {
      for (let left = BURST; left > 0 && inFlight < IN_FLIGHT_MAX; left--) {
        const number = this.next++
        const { key, value, headers } = recordOf(this.name, number)
        inFlight++
        channel.publish(this.exchange, key, value, { persistent: true, headers }, (error) => {
          if (!error) this.confirmed.add(number)
          inFlight--
        })
      }
      await sleep(this.random(PAUSE_MS_MAX))
    }
    await channel.waitForConfirms()
  }
}

/** A consumer of a queue that notes everything it gets, over all the lives of the broker. */
export class QueueReader {
  readonly queue: string
  /** In the order in which they came for the first time. */
  readonly seen = new Set<string>()
  /** Came again without being marked redelivered. */
  readonly twice: string[] = []
  redelivered = 0
  /** What is not as it was written. */
  readonly wrong: unknown[] = []
  protected readonly random: Random
  private readonly unmarked = new Set<string>()

  constructor(queue: string, random: Random) {
    this.queue = queue
    this.random = random
  }

  /** Until the connection ends. */
  async work(url: string): Promise<void> {
    await this.run(url, (channel, message, id) => this.answer(channel, message, id), null)
  }

  /** Acks everything, until all of `ids` came. */
  async finish(url: string, ids: readonly string[]): Promise<void> {
    await this.run(url, (channel, message, id) => this.ack(channel, message, id), ids)
  }

  /** One in so many stays unacked, to come again. */
  protected answer(channel: Channel, message: ConsumeMessage, id: string): void {
    if (this.random(HOLDING) > 0) this.ack(channel, message, id)
  }

  protected ack(channel: Channel, message: ConsumeMessage, _id: string): void {
    channel.ack(message)
  }

  private async run(url: string, answer: Answer, ids: readonly string[] | null): Promise<void> {
    const connection = await connect(url)
    let isOpen = true
    connection.once('close', () => {
      isOpen = false
    })
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    await channel.prefetch(PREFETCH)
    await channel.consume(this.queue, (message) => {
      if (message !== null) answer(channel, message, this.note(message))
    })
    while (isOpen && !ids?.every((id) => this.seen.has(id))) await sleep(LOOK_MS)
    if (isOpen) await channel.close()
    await connection.close().catch(() => {})
  }

  private note(message: ConsumeMessage): string {
    try {
      const { publisher, number, redelivered } = parse(message)
      const id = `${publisher}:${number}`
      if (redelivered) this.redelivered++
      else if (this.unmarked.has(id)) this.twice.push(id)
      else this.unmarked.add(id)
      this.seen.add(id)
      return id
    } catch (error) {
      this.wrong.push(error)
      return ''
    }
  }
}

/** A worker on a queue over the topic itself, who also sends back and refuses. */
export class TopicWorker extends QueueReader {
  readonly refused = new Set<string>()
  /** Their last answer was no ack: it held, or they would have come again. */
  readonly dead = new Set<string>()

  protected override answer(channel: Channel, message: ConsumeMessage, id: string): void {
    const draw = this.random(20)
    if (draw < 4) {
      this.refused.add(id)
      this.dead.add(id)
      channel.nack(message, false, draw > 0)
    } else super.answer(channel, message, id)
  }

  protected override ack(channel: Channel, message: ConsumeMessage, id: string): void {
    this.dead.delete(id)
    super.ack(channel, message, id)
  }
}
