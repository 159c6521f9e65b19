/** What all AMQP sessions of one broker share. */
import type { Broker } from '../broker/broker.ts'
import { Replies } from './reply-to.ts'
import type { AmqpSession } from './session.ts'

export interface AmqpSettings {
  /** Offered to clients: octets of a whole frame, channels, seconds. */
  readonly frameMax: number
  readonly channelMax: number
  readonly heartbeat: number
  readonly handshakeTimeoutMs: number
  /** Octets of a body. */
  readonly maxMessageSize: number
  /** Named to clients; some decide by it what they dare to use. */
  readonly product: string
  readonly signalboxVersion: string
}

export class AmqpContext {
  readonly broker: Broker
  readonly settings: AmqpSettings
  readonly sessions = new Set<AmqpSession>()
  /** Sessions that have published: those that alarms and lag slow down. */
  readonly publishers = new Set<AmqpSession>()
  readonly replies = new Replies()

  constructor(broker: Broker, settings: AmqpSettings) {
    this.broker = broker
    this.settings = settings
    broker.engine.onLagging = (lagging) => {
      for (const session of this.publishers) session.lag(lagging)
    }
  }
}
