/** Publishers whose messages carry their own numbers, and what a queue must show of them afterwards. */
import assert from 'node:assert/strict'
import amqplib, { type ChannelModel, type ConfirmChannel } from 'amqplib'

/** Every so many messages one is large. */
const LARGE_EVERY = 97
const LARGE_BYTES = 150_000

export class NumberedPublisher {
  readonly name: string
  readonly confirmed = new Set<number>()
  /** The number of the next message; each is published once, whatever becomes of it. */
  next = 0
  #isStopped = false
  #until = Infinity

  constructor(name: string) {
    this.name = name
  }

  /** Publishes until it is stopped, has published `count`, or the connection ends. */
  async run(url: string, exchange: string, routingKey: string, inFlightMax: number, count = Infinity): Promise<void> {
    this.#isStopped = false
    this.#until = this.next + count
    const connection = await connect(url)
    try {
      const channel = await connection.createConfirmChannel()
      channel.on('error', () => {})
      const ended = new Promise<void>((resolve) => connection.once('close', resolve))
      await Promise.race([this.#publish(channel, exchange, routingKey, inFlightMax), ended])
    } finally {
      await connection.close().catch(() => {})
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  async #publish(channel: ConfirmChannel, exchange: string, routingKey: string, inFlightMax: number): Promise<void> {
    let inFlight = 0
    let wake = () => {}
    while (!this.#isStopped && this.next < this.#until) {
      const number = this.next++
      inFlight++
      channel.publish(exchange, routingKey, bodyOf(this.name, number), { persistent: true }, (error) => {
        if (!error) this.confirmed.add(number)
        inFlight--
        wake()
      })
      if (inFlight >= inFlightMax) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    await channel.waitForConfirms()
  }
}

export interface NumberedMessage {
  publisher: string
  number: number
  redelivered: boolean
}

/** Of its number, so that it can be checked to the byte. */
export function bodyOf(publisher: string, number: number): Buffer {
  const length = number % LARGE_EVERY === LARGE_EVERY - 1 ? LARGE_BYTES : 20 + ((number * 7919) % 2000)
  return Buffer.from(`${publisher}:${number}:`.padEnd(length, String(number % 10)))
}

/** @throws if the body is not to the byte what was published under that number */
export function parse(message: { content: Buffer; fields: { redelivered: boolean } }): NumberedMessage {
  const [publisher, number] = message.content.toString('latin1', 0, 60).split(':')
  const expected = bodyOf(publisher, Number(number))
  assert.ok(expected.equals(message.content), `the body of ${publisher}:${number} changed`)
  return { publisher, number: Number(number), redelivered: message.fields.redelivered }
}

export async function connect(url: string): Promise<ChannelModel> {
  const connection = await amqplib.connect(url)
  connection.on('error', () => {})
  return connection
}

/** Takes everything out of a queue, in order, and acks it. */
export async function drain(url: string, queue: string): Promise<NumberedMessage[]> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  await channel.prefetch(1000)
  const { messageCount } = await channel.checkQueue(queue)
  const messages: NumberedMessage[] = []
  if (messageCount > 0) {
    await new Promise<void>((resolve, reject) => {
      connection.once('close', () =>
        reject(new Error(`the connection ended after ${messages.length} of ${messageCount}`)),
      )
      const take = (message: amqplib.ConsumeMessage | null) => {
        if (message === null) return
        try {
          messages.push(parse(message))
        } catch (error) {
          reject(error)
        }
        channel.ack(message)
        if (messages.length === messageCount) resolve()
      }
      channel.consume(queue, take).catch(reject)
    })
  }
  assert.equal((await channel.checkQueue(queue)).messageCount, 0)
  await channel.close()
  await connection.close()
  return messages
}

/** All that was confirmed is there by its number, nothing is there twice, and each publisher's come in its order. */
export function checkComplete(messages: readonly NumberedMessage[], publishers: readonly NumberedPublisher[]): void {
  for (const publisher of publishers) {
    const numbers = messages.filter((message) => message.publisher === publisher.name).map((message) => message.number)
    for (let i = 1; i < numbers.length; i++) {
      assert.ok(numbers[i] > numbers[i - 1], `${publisher.name}: ${numbers[i]} came after ${numbers[i - 1]}`)
    }
    const present = new Set(numbers)
    const lost = [...publisher.confirmed].filter((number) => !present.has(number))
    assert.deepEqual(lost, [], `${publisher.name}: confirmed and lost`)
    const invented = numbers.filter((number) => number >= publisher.next)
    assert.deepEqual(invented, [], `${publisher.name}: never published`)
  }
}
