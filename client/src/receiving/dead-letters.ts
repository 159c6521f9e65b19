/**
 * What was given up, by its workers or by the broker: the jobs of one name, the events of a group, the messages of a member.
 *
 * AMQP has no way of looking at a queue: `list` takes letters out and lets them go again, so that another `list` or
 * `redrive` at the same time does not see them, and letters may come in another order than they died in afterwards.
 */
import type { Channel, GetMessage } from 'amqplib'
import { type Delivery, delivery } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import type { ErrorText } from '../message/remote-error.ts'
import { asAdded, errorOf, FAILED_AT, FAILURES, propertiesOfCopy, REASON } from './headers.ts'
import { deadName } from './work-queue.ts'

export interface DeadJob<Data = unknown> {
  /** Of the job: its message id. */
  readonly id: string
  readonly name: string
  /** `undefined` where its body cannot be read. */
  readonly data: Data
  readonly body: Buffer
  readonly headers: Readonly<Record<string, unknown>>
  readonly addedAt: Date
  /**
   * `failed`, `invalid`: its worker gave it up. `delivery_limit`: the last of its runs ended with its worker.
   * `expired`: no worker took it in time. Others are those of dead letters in AMQP.
   */
  readonly reason: string
  readonly failedAt: Date
  /** Runs that failed, where a worker noted it. */
  readonly failures: number | undefined
  /** Of the last run, where a worker noted it. */
  readonly error: ErrorText | undefined
}

export interface ListOptions {
  /** Default: 100. */
  readonly limit?: number | undefined
}

export interface RedriveOptions<Data = unknown> {
  /** Letters sent back at most. Default: all there are. */
  readonly limit?: number | undefined
  /** The others stay. */
  readonly filter?: ((letter: DeadJob<Data>) => boolean) | undefined
}

interface Place {
  readonly core: Core
  readonly queue: string
  readonly name: string
  /** That all is declared. */
  readonly ready: () => Promise<void>
  /** Where a letter goes back to, and what it says beside its headers; the exchange of the queue unless given. */
  readonly back?: (letter: Delivery) => {
    readonly exchange: string
    readonly routingKey: string
    readonly headers?: Record<string, unknown>
  }
  /** What a letter is called; the name of the place unless given. */
  readonly nameOf?: (letter: Delivery) => string
}

/** Letters on their way back at once. */
const AT_ONCE = 100

export class DeadLetters<Data = unknown> {
  private readonly place: Place

  /** Use `queue.dead`. */
  constructor(place: Place) {
    this.place = place
  }

  async count(): Promise<number> {
    return this.open(async (channel, from) => (await channel.checkQueue(from)).messageCount)
  }

  /** Those that died first. */
  async list({ limit = 100 }: ListOptions = {}): Promise<DeadJob<Data>[]> {
    return this.open(async (channel, from) => {
      const letters: DeadJob<Data>[] = []
      while (letters.length < limit) {
        const message = await channel.get(from)
        if (message === false) break
        letters.push(this.letter(delivery(message as GetMessage as never)))
      }
      channel.nackAll(true)
      return letters
    })
  }

  /**
   * Back to the queue, with runs counted from zero. A letter goes when its job is confirmed: a crash in between leaves
   * both. @returns how many were sent back
   */
  async redrive({ limit = Number.POSITIVE_INFINITY, filter }: RedriveOptions<Data> = {}): Promise<number> {
    return this.open(async (channel, from) => {
      let { messageCount: left } = await channel.checkQueue(from)
      let redriven = 0
      while (left > 0 && redriven < limit) {
        const batch = await take(channel, from, Math.min(left, limit - redriven, AT_ONCE))
        if (batch.length === 0) break
        left -= batch.length
        const chosen = batch.filter((message) => filter?.(this.letter(delivery(message as never))) ?? true)
        await Promise.all(chosen.map((message) => this.sendBack(channel, message)))
        redriven += chosen.length
      }
      channel.nackAll(true)
      return redriven
    })
  }

  /** Deletes all. @returns how many */
  async purge(): Promise<number> {
    return this.open(async (channel, from) => (await channel.purgeQueue(from)).messageCount)
  }

  private async open<T>(task: (channel: Channel, from: string) => Promise<T>): Promise<T> {
    const { core, queue, name, ready } = this.place
    await ready()
    return core.withChannel((channel) => task(channel, deadName(queue, name)))
  }

  private async sendBack(channel: Channel, message: GetMessage): Promise<void> {
    const { core, queue, name, back } = this.place
    const letter = delivery(message as never)
    const { exchange, routingKey, headers } = back?.(letter) ?? { exchange: queue, routingKey: name }
    const properties = propertiesOfCopy(letter, { ...asAdded(letter.headers), ...headers })
    await core.publish({ exchange, routingKey, body: letter.body, properties })
    channel.ack(message)
  }

  private letter(received: Delivery): DeadJob<Data> {
    const { body, headers, messageId, properties } = received
    const { [REASON]: reason, [FAILED_AT]: failedAt, [FAILURES]: failures } = headers
    const death = lastDeath(headers)
    return {
      id: messageId,
      name: this.place.nameOf?.(received) ?? this.place.name,
      data: this.dataOf(body),
      body,
      headers: asAdded(headers),
      addedAt: new Date((properties.timestamp ?? 0) * 1000),
      reason: typeof reason === 'string' ? reason : (death?.reason ?? 'unknown'),
      failedAt: new Date(typeof failedAt === 'number' ? failedAt : (death?.time.value ?? 0) * 1000),
      failures: typeof failures === 'number' ? failures : undefined,
      error: errorOf(headers),
    }
  }

  private dataOf(body: Buffer): Data {
    try {
      return this.place.core.codec.decode(body) as Data
    } catch {
      return undefined as Data
    }
  }
}

/** What the broker itself says of it. */
export function lastDeath(headers: Readonly<Record<string, unknown>>) {
  const deaths = headers['x-death'] as { reason: string; time: { value: number } }[] | undefined
  return Array.isArray(deaths) ? deaths[0] : undefined
}

async function take(channel: Channel, queue: string, count: number): Promise<GetMessage[]> {
  const got = await Promise.all(Array.from({ length: count }, () => channel.get(queue)))
  return got.filter((message) => message !== false)
}
