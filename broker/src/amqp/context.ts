/** What all AMQP sessions of one broker share. */
import { Authorizer } from '../broker/access/authorizer.ts'
import type { Broker } from '../broker/broker.ts'
import type { DirectReplies } from '../broker/direct-replies.ts'
import type { Queue } from '../broker/queue/queue.ts'
import type { UnackedMessage, UnackedSource } from '../broker/unacked-source.ts'
import type { Channel } from './channel.ts'
import { ConsumerTimeouts } from './consumer-timeouts.ts'
import type { AmqpSession } from './session.ts'
import { TENTH_MS, TurnTime } from './turn-time.ts'

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

export class AmqpContext implements UnackedSource {
  readonly broker: Broker
  readonly settings: AmqpSettings
  readonly sessions = new Set<AmqpSession>()
  readonly replies: DirectReplies
  readonly time: TurnTime
  readonly timeouts: ConsumerTimeouts
  readonly authorizer: Authorizer

  constructor(broker: Broker, settings: AmqpSettings) {
    this.broker = broker
    this.settings = settings
    this.replies = broker.directReplies
    this.authorizer = new Authorizer(broker)
    this.time = new TurnTime(broker.clock, broker.turn)
    this.timeouts = new ConsumerTimeouts(broker.clock, () => this.channels())
    broker.unackedSources.add(this)
  }

  private *channels(): Iterable<Channel> {
    for (const session of this.sessions) yield* session.channels.values()
  }

  *unacked(queue: Queue): Iterable<UnackedMessage> {
    const nowMs = this.broker.clock.now()
    const { tenths } = this.time
    for (const channel of this.channels()) {
      const { name, user } = channel.session
      for (const { since, ...message } of channel.outstanding(queue)) {
        const sinceMs = nowMs - (tenths - since) * TENTH_MS
        yield { ...message, sinceMs, connection: name, channel: channel.number, user: user!.name }
      }
    }
  }
}
