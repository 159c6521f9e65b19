/**
 * What comes to this client alone: answers to what it asked, and what is told to all clients of a kind. One queue for all
 * of it.
 */
import type { Delivery } from './connection/delivery.ts'
import type { Core } from './core.ts'
import { ClientClosed } from './errors.ts'
import { OwnQueue } from './receiving/own-queue.ts'

/** Handed over at once; each is settled in the same turn. */
const PREFETCH = 1000

interface Waiting {
  readonly resolve: (answer: Delivery) => void
  readonly reject: (error: Error) => void
}

export type Listener = (delivery: Delivery) => void

export class Mailbox {
  private readonly core: Core
  private readonly waiting = new Map<string, Waiting>()
  private readonly listeners = new Map<string, Set<Listener>>()
  private opening: Promise<string> | null = null
  private ended = false

  constructor(core: Core) {
    this.core = core
  }

  /** @returns its queue, which there is from then on: what answers are sent to */
  address(): Promise<string> {
    this.opening ??= this.open().catch((error: Error) => {
      this.opening = null
      throw error
    })
    return this.opening
  }

  /** The first answer with this correlation id; others are dropped. To be ended by `forget` if none comes. */
  answer(correlationId: string): Promise<Delivery> {
    if (this.ended) return Promise.reject(new ClientClosed())
    return new Promise((resolve, reject) => this.waiting.set(correlationId, { resolve, reject }))
  }

  forget(correlationId: string): void {
    this.waiting.delete(correlationId)
  }

  /**
   * What comes by an exchange, which is there, with this key.
   * @param match of an exchange that asks for more than the key
   * @returns what ends it
   */
  async listen(
    exchange: string,
    key: string,
    listener: Listener,
    match: (address: string) => Readonly<Record<string, unknown>> = () => ({}),
  ): Promise<() => void> {
    const to = await this.address()
    const place = placeOf(exchange, key)
    const listeners = this.listeners.get(place) ?? new Set()
    this.listeners.set(place, listeners.add(listener))
    const end = (): void => void listeners.delete(listener)
    try {
      await this.core.declareForConsumer([{ kind: 'binding', from: exchange, to, key, arguments: match(to) }])
    } catch (error) {
      end()
      throw error
    }
    return end
  }

  private async open(): Promise<string> {
    const { core } = this
    const queue = new OwnQueue(core, 'mailbox', {}, () => [])
    await queue.open()
    await core.consume({ queue: queue.name, prefetch: PREFETCH, late: true }, async (delivery) => {
      this.receive(delivery)
      return 'ack'
    })
    core.beforeDisconnect(async () => {
      this.ended = true
      for (const { reject } of this.waiting.values()) reject(new ClientClosed())
      this.waiting.clear()
    })
    return queue.name
  }

  private receive(delivery: Delivery): void {
    const { exchange, routingKey } = delivery
    if (exchange !== '') {
      for (const listener of this.listeners.get(placeOf(exchange, routingKey)) ?? []) listener(delivery)
      return
    }
    this.take(delivery)
  }

  /** For whoever waits for it, as an answer. The same function always: as a listener it is there once. */
  readonly take = (delivery: Delivery): void => {
    const { correlationId } = delivery.properties
    this.waiting.get(correlationId)?.resolve(delivery)
    this.waiting.delete(correlationId)
  }
}

const placeOf = (exchange: string, key: string): string => JSON.stringify([exchange, key])
