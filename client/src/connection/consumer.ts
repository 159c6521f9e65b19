/**
 * A consumer of one queue: pushed to, at most `prefetch` deliveries in hand, subscribed again after each reconnect and
 * whenever the broker cancels it. A channel of its own, so that what goes wrong here stays here.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { replyCodeOf } from '../errors.ts'
import { closeChannel } from './channel.ts'
import { type Delivery, delivery, type Settlement } from './delivery.ts'
import type { InHand } from './in-hand.ts'
import type { LinkPart } from './link.ts'
import { within } from './within.ts'

export interface ConsumeOptions {
  readonly queue: string
  /** Deliveries in hand at once; 0 is no limit. */
  readonly prefetch: number
  readonly noAck?: boolean
  readonly exclusive?: boolean
  /** Ends after the other consumers of the client: their handlers may wait for what it brings. */
  readonly late?: boolean
  /** Called when it is stopped, its handlers were waited for, and those that still run decide in vain. */
  readonly abandoned?: () => void
  readonly arguments?: Readonly<Record<string, unknown>>
}

/** A rejection of its promise is a bug of the caller: the delivery then stays unsettled until the channel ends. */
export type DeliveryHandler = (delivery: Delivery) => Promise<Settlement>

const AGAIN_MS = 1000
/** How long a broker may take to close a channel. */
const GOODBYE_MS = 5000

interface Run {
  readonly consumer: Consumer
  isOver: boolean
}

const runs = new AsyncLocalStorage<Run>()

/**
 * A handler cannot wait for its own end. Within one of the consumer's handlers, or of any, its end goes on when the
 * handler has come to its own, and is not waited for.
 */
export function unlessInHandler(ended: Promise<void>, of?: Consumer): Promise<void> {
  const run = runs.getStore()
  if (run === undefined || run.isOver || (of !== undefined && run.consumer !== of)) return ended
  return Promise.resolve()
}

export class Consumer implements LinkPart {
  readonly options: ConsumeOptions
  private readonly handler: DeliveryHandler
  private readonly inHand: InHand
  private readonly onError: (error: Error) => void
  private model: ChannelModel | null = null
  private channel: Channel | null = null
  private tag = ''
  private busy = 0
  private started = false
  private stopping = false
  private readonly idle: (() => void)[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(options: ConsumeOptions, handler: DeliveryHandler, inHand: InHand, onError: (error: Error) => void) {
    this.options = options
    this.handler = handler
    this.inHand = inHand
    this.onError = onError
  }

  async connected(model: ChannelModel): Promise<void> {
    this.model = model
    if (this.stopping) return
    if (!this.started) {
      await this.subscribe(model)
      this.started = true
    } else {
      // A queue that is gone keeps neither the connection nor its other consumers from going on.
      await this.subscribe(model).catch((error: Error) => {
        // Not a refusal: the connection is gone.
        if (replyCodeOf(error) === undefined) throw error
        this.ended(model, error)
      })
    }
  }

  disconnected(): void {
    this.model = this.channel = null
    this.cancelTimer()
  }

  /** Takes no more deliveries, and waits for the handlers that run, up to `graceMs`. What is in hand then goes back. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true
    this.cancelTimer()
    await within(graceMs, this.allHandled())
    const { channel } = this
    this.channel = null
    this.options.abandoned?.()
    if (channel !== null) await within(GOODBYE_MS, closeChannel(channel))
  }

  private async allHandled(): Promise<void> {
    await this.channel?.cancel(this.tag).catch(() => {})
    if (this.busy > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  private async subscribe(model: ChannelModel): Promise<void> {
    const { queue, prefetch, noAck = false, exclusive = false, arguments: args } = this.options
    const channel = await model.createChannel()
    if (this.stopping) return closeChannel(channel)
    let reason: Error | null = null
    let subscribed = false
    channel.on('error', (error: Error) => (reason = error))
    channel.on('close', () => {
      if (this.channel === channel && subscribed) this.ended(model, reason)
    })
    this.channel = channel
    if (prefetch > 0) await channel.prefetch(prefetch)
    const receive = (message: ConsumeMessage | null): void => {
      if (message !== null) void this.receive(channel, message)
      else if (this.channel === channel) this.ended(model, new Error(`the broker cancelled the consumer of '${queue}'`))
    }
    const { consumerTag } = await channel.consume(queue, receive, { noAck, exclusive, arguments: args })
    subscribed = true
    this.tag = consumerTag
    if (this.stopping) await channel.cancel(consumerTag)
  }

  private async receive(channel: Channel, message: ConsumeMessage): Promise<void> {
    this.busy++
    const received = delivery(message)
    const key = received.messageId === '' ? '' : `${this.options.queue} ${received.messageId}`
    const run: Run = { consumer: this, isOver: false }
    try {
      const settlement = await this.inHand.settle(key, received.redelivered, () =>
        runs.run(run, () => this.handler(received)),
      )
      if (this.options.noAck || this.send(channel, message, settlement)) this.inHand.told(key)
      else this.inHand.notTold(key, settlement)
    } catch (error) {
      this.inHand.told(key)
      this.onError(error as Error)
    } finally {
      run.isOver = true
      this.busy--
      if (this.busy === 0) this.allIdle()
    }
  }

  /** @returns false: the channel is gone, and with it the delivery. */
  private send(channel: Channel, message: ConsumeMessage, settlement: Settlement): boolean {
    if (this.channel !== channel) return false
    if (settlement === 'ack') channel.ack(message)
    else if (settlement === 'requeue') channel.nack(message, false, true)
    else channel.reject(message, settlement === 'reject')
    return true
  }

  /** The broker ended the consumer, not the connection: it is tried again. */
  private ended(model: ChannelModel, reason: Error | null): void {
    if (this.channel !== null) void closeChannel(this.channel)
    this.channel = null
    if (reason === null || this.stopping || this.model !== model) return
    this.onError(reason)
    this.timer = setTimeout(() => {
      if (this.model !== model) return
      this.subscribe(model).catch((error: Error) => this.ended(model, error))
    }, AGAIN_MS)
  }

  private allIdle(): void {
    for (const done of this.idle.splice(0)) done()
  }

  private cancelTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }
}
