/** What a channel needs of those that it delivers for, whatever they take messages from. */
import type { ReturnKind } from '../broker/queue/returns.ts'
import type { Headers } from '../broker/routing/headers.ts'
import type { Channel } from './channel.ts'

/** What deliveries are taken from, and told when they are settled. */
export interface DeliverySource {
  readonly vhost: string
  readonly name: string
  acknowledge(place: number): void
  discard(place: number): void
  requeue(place: number, kind: ReturnKind): void
}

/** Who an unacknowledged delivery came from: a consumer, or a basic.get of a queue. */
export interface Holder {
  readonly queue: DeliverySource
  readonly consumer: ChannelConsumer | null
  /** How long a delivery may be outstanding; null: any time. */
  readonly timeoutMs: number | null
  /** Deliveries outstanding. */
  unacked: number
  readonly slot: number
}

/** What its client asked for. */
export interface ConsumeOptions {
  readonly tag: string
  readonly exclusive: boolean
  /** Deliveries outstanding at most, 0 = no limit (AMQP 0-9-1 basic.qos). */
  readonly prefetch: number
  readonly arguments: Headers
}

export interface ChannelConsumer extends Holder, ConsumeOptions {
  readonly channel: Channel
  /** False while another is the one that is served. */
  readonly isActive: boolean
  /** It alone is served. */
  readonly isOnlyActive: boolean
  readonly noAck: boolean
  subscribe(): void
  /** The client knows of it: deliveries may come. */
  begin(): void
  /** It may take a delivery after all. */
  wake(): void
  /** It takes none for the moment. */
  rest(): void
  /** All that it was given is settled. */
  settledAll(): void
  unsubscribe(): void
}
