/** What all kinds of messaging of a client share: two connections, one for each direction, and what goes over them. */
import { randomUUID } from 'node:crypto'
import type { Channel, Options } from 'amqplib'
import type { BrokerInfo } from './connection/broker-info.ts'
import { type ConsumeOptions, Consumer, type DeliveryHandler } from './connection/consumer.ts'
import { hasExchangeType } from './connection/exchange-types.ts'
import { InHand } from './connection/in-hand.ts'
import type { Link } from './connection/link.ts'
import type { Publisher } from './connection/publisher.ts'
import type { Declaration } from './connection/topology.ts'
import { within } from './connection/within.ts'
import { ClientClosed } from './errors.ts'
import type { Codec } from './message/codec.ts'
import type { MessagePublisher, OutgoingMessage } from './message/outgoing.ts'
import type { Operation, Telemetry } from './telemetry/telemetry.ts'

/** Without a connection there is nobody to take leave of. */
const FAREWELL_MS = 500

export interface CoreOptions {
  readonly url: string
  /** TLS and socket settings. */
  readonly socket?: object | undefined
  readonly clientId: string
  readonly codec: Codec
  readonly telemetry: Telemetry
  /** What no caller waits for: a consumer that was cancelled, a declaration refused after a reconnect. */
  readonly onError: (error: Error) => void
}

/** What a kind of messaging says of a message; the rest is the same for all. */
export interface Sent {
  readonly operation: Omit<Operation, 'messageId'>
  readonly exchange: string
  readonly routingKey: string
  readonly data: unknown
  /** Encoded already; instead of `data`. */
  readonly body?: Buffer
  readonly headers?: Record<string, unknown>
  /** Beside content type, id, persistence, type and time, which are set here unless given. */
  readonly properties?: Options.Publish
}

export class Core implements MessagePublisher {
  readonly clientId: string
  readonly codec: Codec
  readonly telemetry: Telemetry
  readonly onError: (error: Error) => void
  private readonly url: string
  private readonly socket: object | undefined
  /** Publishes. Alarms of the broker stop it, and not the other. */
  private readonly outgoing: Link
  /** Consumes, and declares what belongs to one connection. */
  private readonly incoming: Link
  private readonly publisher: Publisher
  private readonly inHand = new InHand()
  private readonly consumers = new Set<Consumer>()
  private readonly known = new Map<string, Promise<boolean>>()
  private readonly farewells = new Set<() => Promise<void>>()
  private closed = false

  constructor(options: CoreOptions, outgoing: Link, incoming: Link, publisher: Publisher) {
    this.url = options.url
    this.socket = options.socket
    this.clientId = options.clientId
    this.codec = options.codec
    this.telemetry = options.telemetry
    this.onError = options.onError
    this.outgoing = outgoing
    this.incoming = incoming
    this.publisher = publisher
  }

  get broker(): BrokerInfo {
    return this.outgoing.broker
  }

  get isClosed(): boolean {
    return this.closed
  }

  publish(message: OutgoingMessage): Promise<void> {
    return this.publisher.publish(message)
  }

  /** Builds a message, shows it to telemetry and publishes it. @returns its message id, once it is confirmed */
  async send(sent: Sent): Promise<string> {
    const message = this.message(sent)
    const messageId = message.properties.messageId!
    const operation = { ...sent.operation, messageId }
    await this.telemetry.send(operation, message.properties.headers, () => this.publisher.publish(message))
    return messageId
  }

  /** The message that `send` would publish. */
  message({ operation, exchange, routingKey, data, body, headers = {}, properties }: Sent): OutgoingMessage {
    return {
      exchange,
      routingKey,
      body: body ?? this.codec.encode(data),
      properties: {
        contentType: this.codec.contentType,
        messageId: properties?.messageId ?? randomUUID(),
        persistent: true,
        timestamp: Math.floor(Date.now() / 1000),
        type: operation.name,
        ...properties,
        headers,
      },
    }
  }

  /** Durable and shared things: declared now, and again after each reconnect. @throws DeclareRefused */
  declare(declarations: readonly Declaration[]): Promise<void> {
    return this.outgoing.declare(declarations)
  }

  /** As `declare`, on the connection that consumes: for what ends with it (exclusive queues, and what is bound to them). */
  declareForConsumer(declarations: readonly Declaration[]): Promise<void> {
    return this.incoming.declare(declarations)
  }

  /** They are not declared again. */
  forget(declarations: readonly Declaration[]): void {
    this.outgoing.forget(declarations)
    this.incoming.forget(declarations)
  }

  /** Deletes a queue with all that is in it; it is not declared again, nor are its bindings. */
  async deleteQueue(queue: string): Promise<void> {
    this.outgoing.forgetQueue(queue)
    this.incoming.forgetQueue(queue)
    await this.withChannel((channel) => channel.deleteQueue(queue))
  }

  /** Subscribes; resolves when the broker has the consumer. @throws the broker's refusal */
  async consume(options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer> {
    if (this.closed) throw new ClientClosed()
    const consumer = new Consumer(options, handler, this.inHand, this.onError)
    await this.incoming.attach(consumer)
    this.consumers.add(consumer)
    if (!this.closed) return consumer
    await this.stop(consumer, 0)
    throw new ClientClosed()
  }

  /** Ends a consumer: no more deliveries; waits for its handlers up to `graceMs`. */
  async stop(consumer: Consumer, graceMs: number): Promise<void> {
    await consumer.stop(graceMs)
    this.incoming.detach(consumer)
    this.consumers.delete(consumer)
  }

  /** Runs `task` on a channel of its own of the publishing connection. */
  withChannel<T>(task: (channel: Channel) => Promise<T>): Promise<T> {
    return this.outgoing.withChannel(task)
  }

  /** Whether the broker has exchanges of that type; asked once. */
  hasExchangeType(type: string, args: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    let known = this.known.get(type)
    if (known === undefined) {
      known = this.broker.isSignalbox ? Promise.resolve(true) : hasExchangeType(this.url, this.socket, type, args)
      this.known.set(type, known)
      // Not having been able to ask is no answer.
      known.catch(() => this.known.delete(type))
    }
    return known
  }

  /** Called once when the client closes, after its handlers came to their end. Nobody waits long for it. @returns what takes it back */
  beforeDisconnect(farewell: () => Promise<void>): () => void {
    this.farewells.add(farewell)
    return () => void this.farewells.delete(farewell)
  }

  /** Ends consumers first, for their handlers may still send; then waits for confirms, each up to `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.closed = true
    const early = [...this.consumers].filter(({ options }) => !options.late)
    await Promise.all(early.map((consumer) => this.stop(consumer, graceMs)))
    await Promise.all([...this.consumers].map((consumer) => this.stop(consumer, 0)))
    const farewells = Promise.allSettled([...this.farewells].map((farewell) => farewell()))
    await within(FAREWELL_MS, farewells)
    await this.publisher.close(graceMs)
    await Promise.all([this.incoming.close(), this.outgoing.close()])
  }
}
