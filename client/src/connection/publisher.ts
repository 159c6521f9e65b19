/**
 * Publishes with confirms: a promise resolves when the broker has the message as safe as it is to be. What was not
 * confirmed when the connection went is published again over the next one, in its order, under the same message id.
 */
import { randomUUID } from 'node:crypto'
import type { ChannelModel, ConfirmChannel, Message } from 'amqplib'
import { ClientClosed, NotConfirmed, PublishRefused, Unroutable } from '../errors.ts'
import type { MessagePublisher, OutgoingMessage } from '../message/outgoing.ts'
import { currentTaker } from '../message/staging.ts'
import { closeChannel } from './channel.ts'
import { Line } from './line.ts'
import type { LinkPart } from './link.ts'
import { within } from './within.ts'

export interface PublisherOptions {
  /** Messages on their way at most; more wait for their turn. */
  readonly unconfirmedMax: number
  /** A message that is not confirmed this long is given up. */
  readonly publishTimeoutMs: number
}

interface Unconfirmed {
  readonly message: OutgoingMessage
  /** By the clock of `performance`, which nobody sets. */
  readonly giveUpAt: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** How often it looks for messages to give up. */
const LOOK_MS = 1000
/** Until a channel is tried for again that could not be opened. */
const AGAIN_MS = 1000

export class Publisher implements LinkPart, MessagePublisher {
  private readonly options: PublisherOptions
  /** In the order they were published in. */
  private readonly unconfirmed = new Set<Unconfirmed>()
  /** Those that wait for their turn, in the same order. */
  private readonly queued = new Line<Unconfirmed>()
  /** What no queue took, of the channel that stands. */
  private readonly returned = new Set<string>()
  private readonly idle: (() => void)[] = []
  private model: ChannelModel | null = null
  private channel: ConfirmChannel | null = null
  /** The one that is published by itself, to find the one that closes channels. */
  private alone: { readonly entry: Unconfirmed; readonly ended: () => void } | null = null
  private timer: NodeJS.Timeout | null = null
  private closed = false

  constructor(options: PublisherOptions) {
    this.options = options
  }

  publish(message: OutgoingMessage): Promise<void> {
    const taker = currentTaker()
    if (taker !== undefined) return taker.publish(message)
    if (this.closed) return Promise.reject(new ClientClosed())
    return new Promise((resolve, reject) => {
      const giveUpAt = performance.now() + this.options.publishTimeoutMs
      const entry = { message: recognizable(message), giveUpAt, resolve, reject }
      this.timer ??= setInterval(() => this.giveUp(performance.now()), LOOK_MS).unref()
      if (this.unconfirmed.size >= this.options.unconfirmedMax) this.queued.add(entry)
      else this.enter(entry)
    })
  }

  async connected(model: ChannelModel): Promise<void> {
    this.model = model
    await this.resume(model)
  }

  disconnected(): void {
    this.model = this.channel = null
  }

  /** Takes no more, and waits for the confirms of what was sent; gives up what has none by then. */
  async close(graceMs: number): Promise<void> {
    this.closed = true
    for (let entry = this.queued.take(); entry !== undefined; entry = this.queued.take()) {
      entry.reject(new ClientClosed())
    }
    if (this.unconfirmed.size > 0) await within(graceMs, new Promise<void>((resolve) => this.idle.push(resolve)))
    this.giveUp(Number.POSITIVE_INFINITY)
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }

  private enter(entry: Unconfirmed): void {
    this.unconfirmed.add(entry)
    if (this.channel !== null) this.send(this.channel, entry)
  }

  private send(channel: ConfirmChannel, entry: Unconfirmed): void {
    const { exchange, routingKey, body, properties } = entry.message
    try {
      channel.publish(exchange, routingKey, body, properties, (error) => {
        if (error === null) this.confirmed(entry)
        // The other error is that the channel ended, which is not the message's end.
        else if (error.message === 'message nacked') this.end(entry, new PublishRefused(refusalText(entry.message)))
      })
    } catch (error) {
      // It cannot be written at all: a header of a type that AMQP does not have. Or the channel has just ended.
      if ((error as Error).name !== 'IllegalOperationError') this.end(entry, error as Error)
    }
  }

  private confirmed(entry: Unconfirmed): void {
    const { exchange, routingKey, properties } = entry.message
    if (this.returned.size > 0 && this.returned.delete(placeOf(exchange, routingKey, properties.messageId))) {
      this.end(entry, new Unroutable(`no queue takes a message to exchange '${exchange}' with key '${routingKey}'`))
    } else {
      this.end(entry, null)
    }
  }

  private end(entry: Unconfirmed, error: Error | null): void {
    if (!this.unconfirmed.delete(entry)) return
    if (this.alone?.entry === entry) this.alone.ended()
    if (error === null) entry.resolve()
    else entry.reject(error)
    if (this.queued.length > 0) this.enter(this.queued.take()!)
    if (this.unconfirmed.size > 0) return
    for (const done of this.idle.splice(0)) done()
  }

  private giveUp(now: number): void {
    for (const entry of this.unconfirmed) {
      if (entry.giveUpAt > now) break
      this.end(entry, new NotConfirmed('the broker has not confirmed the message: it may have arrived, and may not'))
    }
    for (let next = this.queued.first; next !== undefined && next.giveUpAt <= now; next = this.queued.first) {
      this.queued.take()
      next.reject(new NotConfirmed('the message was not sent: those before it are not confirmed'))
    }
  }

  /** Opens a channel and publishes all that is not confirmed. */
  private async resume(model: ChannelModel): Promise<void> {
    const channel = await this.open(model)
    if (this.model !== model) return
    let reason: Error | null = null
    channel.on('error', (error: Error) => (reason = error))
    channel.on('close', () => {
      if (this.channel !== channel) return
      this.channel = null
      // An error closes the channel alone; without one the connection goes too, or the client.
      if (reason !== null) this.startAgain(model)
    })
    this.channel = channel
    for (const entry of [...this.unconfirmed]) this.send(channel, entry)
  }

  private async open(model: ChannelModel): Promise<ConfirmChannel> {
    const channel = await model.createConfirmChannel()
    this.returned.clear()
    channel.on('error', () => {})
    channel.on('return', ({ fields, properties }: Message) => {
      this.returned.add(placeOf(fields.exchange, fields.routingKey, properties.messageId))
    })
    return channel
  }

  private startAgain(model: ChannelModel): void {
    this.isolate(model).catch(() => {
      setTimeout(() => this.model === model && this.startAgain(model), AGAIN_MS).unref()
    })
  }

  /**
   * The broker closed the channel for one of the messages: publishes them one by one until it is found, and refuses it.
   * What is published meanwhile waits.
   */
  private async isolate(model: ChannelModel): Promise<void> {
    const channel = await this.open(model)
    for (const entry of [...this.unconfirmed]) {
      if (this.model !== model) return
      if (!this.unconfirmed.has(entry)) continue
      const refusal = await this.sendAlone(channel, entry)
      if (refusal === null) continue
      this.end(entry, new PublishRefused(refusal.message, { cause: refusal }))
      break
    }
    await closeChannel(channel)
    if (this.model === model) await this.resume(model)
  }

  /** @returns why the broker closed the channel */
  private async sendAlone(channel: ConfirmChannel, entry: Unconfirmed): Promise<Error | null> {
    const ended = Promise.withResolvers<Error | null>()
    const refused = (error: Error): void => ended.resolve(error)
    const closed = (): void => ended.resolve(null)
    channel.once('error', refused).once('close', closed)
    this.alone = { entry, ended: closed }
    this.send(channel, entry)
    const refusal = this.unconfirmed.has(entry) ? await ended.promise : null
    this.alone = null
    channel.off('error', refused).off('close', closed)
    return refusal
  }
}

const placeOf = (exchange: string, routingKey: string, messageId: unknown): string =>
  `${exchange} ${routingKey} ${messageId}`

/** What comes back is known by its id. */
function recognizable(message: OutgoingMessage): OutgoingMessage {
  const { properties } = message
  if (!properties.mandatory || properties.messageId !== undefined) return message
  return { ...message, properties: { ...properties, messageId: randomUUID() } }
}

const refusalText = ({ exchange, routingKey }: OutgoingMessage): string =>
  `the broker refused a message to exchange '${exchange}' with key '${routingKey}': a queue that takes no more, for instance`
