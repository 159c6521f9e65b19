/**
 * Publishes with confirms: a promise resolves when the broker has the message as safe as it is to be. What was not
 * confirmed when the connection went is published again over the next one, in its order, under the same message id.
 */
import type { ChannelModel, ConfirmChannel, Message } from 'amqplib'
import { ClientClosed, NotConfirmed, PublishRefused, Unroutable } from '../errors.ts'
import type { MessagePublisher, OutgoingMessage } from '../message/outgoing.ts'
import { currentTaker } from '../message/staging.ts'
import type { LinkPart } from './link.ts'

export interface PublisherOptions {
  /** Messages on their way at most; more wait for their turn. */
  readonly unconfirmedMax: number
  /** A message that is not confirmed this long is given up. */
  readonly publishTimeoutMs: number
}

interface Unconfirmed {
  readonly message: OutgoingMessage
  readonly giveUpAt: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** How often it looks for messages to give up. */
const LOOK_MS = 1000

export class Publisher implements LinkPart, MessagePublisher {
  private readonly options: PublisherOptions
  /** In the order they were published in. */
  private readonly unconfirmed = new Set<Unconfirmed>()
  private readonly returned = new Map<string, string>()
  private readonly queued: (() => void)[] = []
  private readonly idle: (() => void)[] = []
  private model: ChannelModel | null = null
  private channel: ConfirmChannel | null = null
  /** Published one by one, to find the one that closes channels. */
  private isolating = false
  private timer: NodeJS.Timeout | null = null
  private closed = false

  constructor(options: PublisherOptions) {
    this.options = options
  }

  publish(message: OutgoingMessage): Promise<void> {
    const taker = currentTaker()
    if (taker !== undefined) return taker.publish(message)
    if (this.closed) return Promise.reject(new ClientClosed())
    if (this.unconfirmed.size >= this.options.unconfirmedMax || this.queued.length > 0) {
      return new Promise<void>((resolve) => this.queued.push(resolve)).then(() => this.enter(message))
    }
    return this.enter(message)
  }

  async connected(model: ChannelModel): Promise<void> {
    this.model = model
    this.isolating = false
    await this.resume(model)
  }

  disconnected(): void {
    this.model = this.channel = null
  }

  /** Takes no more, and waits for the confirms of what was taken; gives up what has none by then. */
  async close(graceMs: number): Promise<void> {
    this.closed = true
    for (const next of this.queued.splice(0)) next()
    if (this.unconfirmed.size > 0) {
      const timer = setTimeout(() => this.giveUp(Number.POSITIVE_INFINITY), graceMs)
      await new Promise<void>((resolve) => this.idle.push(resolve))
      clearTimeout(timer)
    }
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }

  private enter(message: OutgoingMessage): Promise<void> {
    if (this.closed) return Promise.reject(new ClientClosed())
    return new Promise((resolve, reject) => {
      const entry = { message, giveUpAt: Date.now() + this.options.publishTimeoutMs, resolve, reject }
      this.unconfirmed.add(entry)
      this.timer ??= setInterval(() => this.giveUp(Date.now()), LOOK_MS).unref()
      if (!this.isolating) this.send(entry)
    })
  }

  private send(entry: Unconfirmed): void {
    const { channel } = this
    if (channel === null) return
    const { exchange, routingKey, body, properties } = entry.message
    try {
      channel.publish(exchange, routingKey, body, properties, (error) => {
        if (error === null) this.confirmed(entry)
        // The other error is that the channel ended, which is not the message's end.
        else if (error.message === 'message nacked') this.end(entry, new PublishRefused(refusalText(entry.message)))
      })
    } catch (error) {
      // It cannot be written at all: a header of a type that AMQP does not have. Or the channel has just ended.
      if (this.channel === channel && (error as Error).name !== 'IllegalOperationError') this.end(entry, error as Error)
    }
  }

  private confirmed(entry: Unconfirmed): void {
    const { exchange, routingKey, properties } = entry.message
    const { messageId } = properties
    if (this.returned.size > 0 && messageId !== undefined && this.returned.delete(messageId)) {
      this.end(entry, new Unroutable(`no queue takes a message to exchange '${exchange}' with key '${routingKey}'`))
    } else {
      this.end(entry, null)
    }
  }

  private end(entry: Unconfirmed, error: Error | null): void {
    if (!this.unconfirmed.delete(entry)) return
    if (error === null) entry.resolve()
    else entry.reject(error)
    this.queued.shift()?.()
    if (this.unconfirmed.size > 0) return
    for (const done of this.idle.splice(0)) done()
  }

  private giveUp(now: number): void {
    for (const entry of this.unconfirmed) {
      if (entry.giveUpAt > now) return
      this.end(entry, new NotConfirmed('the broker has not confirmed the message: it may have arrived, and may not'))
    }
  }

  /** Opens a channel and publishes all that is not confirmed. */
  private async resume(model: ChannelModel): Promise<void> {
    const channel = await model.createConfirmChannel()
    let reason: Error | null = null
    channel.on('error', (error: Error) => (reason = error))
    channel.on('return', ({ properties }: Message) => this.returned.set(properties.messageId, ''))
    channel.on('close', () => {
      if (this.channel !== channel) return
      this.channel = null
      // An error closes the channel alone; without one the connection goes too, or the client.
      if (reason !== null && this.model === model) void this.isolate(model).catch(() => {})
    })
    this.channel = channel
    for (const entry of this.unconfirmed) this.send(entry)
  }

  /** The broker closed the channel for one of the messages: publishes them one by one, and refuses the one it is. */
  private async isolate(model: ChannelModel): Promise<void> {
    this.isolating = true
    for (;;) {
      const [entry] = this.unconfirmed
      if (entry === undefined || this.model !== model) break
      await this.sendAlone(model, entry)
    }
    if (this.model !== model) return
    this.isolating = false
    await this.resume(model)
  }

  private async sendAlone(model: ChannelModel, entry: Unconfirmed): Promise<void> {
    const channel = await model.createConfirmChannel()
    const { exchange, routingKey, body, properties } = entry.message
    const ended = Promise.withResolvers<void>()
    let refusal: Error | null = null
    channel.on('return', ({ properties }: Message) => this.returned.set(properties.messageId, ''))
    channel.on('error', (error: Error) => (refusal = error))
    channel.on('close', () => ended.resolve())
    channel.publish(exchange, routingKey, body, properties, (error) => {
      if (error === null) this.confirmed(entry)
      else if (error.message === 'message nacked') this.end(entry, new PublishRefused(refusalText(entry.message)))
      ended.resolve()
    })
    await ended.promise
    if (refusal !== null) this.end(entry, new PublishRefused((refusal as Error).message, { cause: refusal }))
    else await channel.close().catch(() => {})
  }
}

const refusalText = ({ exchange, routingKey }: OutgoingMessage): string =>
  `the broker refused a message to exchange '${exchange}' with key '${routingKey}': a queue that takes no more, for instance`
