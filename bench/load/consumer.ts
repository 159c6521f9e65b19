/**
 * Counts deliveries by their frame heads and acknowledges by count: on one channel delivery tags run 1, 2, 3 …
 * Bodies are not read; a message counts when its (single) body frame has begun.
 */
import type { Connection } from './connection.ts'
import { ackBytes, BODY, basicConsumeOk, basicQosOk, consume, qos, writeAck } from './frames.ts'

const acksPerWriteMax = 20_000

export interface ConsumerOptions {
  channel: number
  /** All on one channel, so one count of deliveries covers them. */
  queues: string[]
  /** Of each consumer; 0: no limit. */
  prefetch: number
  /** 0: the broker needs no acks. 1: each delivery is acked. n: every n-th, with multiple. */
  ackEvery: number
  /** The promise `done` resolves after so many deliveries. */
  limit?: number
}

export class Consumer {
  received = 0
  readonly done: Promise<void>
  readonly #connection: Connection
  readonly #options: ConsumerOptions
  #acked = 0
  #finish!: () => void

  private constructor(connection: Connection, options: ConsumerOptions) {
    this.#connection = connection
    this.#options = options
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  /** Starts consuming at once: install it before there is anything to deliver. One per connection. */
  static async open(connection: Connection, options: ConsumerOptions): Promise<Consumer> {
    const { channel, queues, prefetch, ackEvery } = options
    const consumer = new Consumer(connection, options)
    connection.skipPayloads()
    if (prefetch > 0) await connection.call(qos(channel, prefetch), basicQosOk)
    connection.onFrame = (type) => {
      if (type === BODY) consumer.received++
    }
    connection.onChunk = () => consumer.#acknowledge()
    for (const [index, queue] of queues.entries()) {
      await connection.call(consume(channel, queue, `c${index}`, ackEvery === 0), basicConsumeOk)
    }
    return consumer
  }

  #acknowledge(): void {
    const { ackEvery, channel, limit } = this.#options
    if (ackEvery === 1) this.#ackEach(channel)
    else if (ackEvery > 1) {
      let due = this.received - (this.received % ackEvery)
      if (this.received === limit) due = this.received
      if (due > this.#acked) {
        const ack = Buffer.allocUnsafe(ackBytes)
        writeAck(ack, 0, channel, due, true)
        this.#connection.socket.write(ack)
        this.#acked = due
      }
    }
    if (limit !== undefined && this.received >= limit) this.#finish()
  }

  #ackEach(channel: number): void {
    while (this.#acked < this.received) {
      const count = Math.min(this.received - this.#acked, acksPerWriteMax)
      const acks = Buffer.allocUnsafe(count * ackBytes)
      for (let position = 0; position < acks.length; ) {
        position = writeAck(acks, position, channel, ++this.#acked, false)
      }
      this.#connection.socket.write(acks)
    }
  }
}
