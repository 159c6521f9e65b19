/**
 * The channels of a session. Each frame asks for its own, which mostly is that of the frame before; those that have
 * confirms to send wait here for the end of the turn.
 */
import { TurnPhase, type TurnTask } from '../base/turn.ts'
import { ReplyCode } from '../wire/amqp/constants.ts'
import { Channel } from './channel.ts'
import { ProtocolError } from './reply.ts'
import type { AmqpSession } from './session.ts'

export class Channels implements TurnTask {
  scheduled = false
  private readonly session: AmqpSession
  private readonly byNumber = new Map<number, Channel>()
  /** That of the frame before. */
  private last: Channel | null = null
  private readonly confirming = new Set<Channel>()

  constructor(session: AmqpSession) {
    this.session = session
  }

  get size(): number {
    return this.byNumber.size
  }

  values(): Iterable<Channel> {
    return this.byNumber.values()
  }

  /** Null if it is not open. */
  get(number: number): Channel | null {
    const { last } = this
    if (last !== null && last.number === number) return last
    this.last = this.byNumber.get(number) ?? null
    return this.last
  }

  /** @throws ProtocolError NOT_ALLOWED when the client has as many as it may; Refusal by a limit of its user */
  open(number: number): void {
    const { session, size } = this
    const { broker, channelMax } = session
    if (size >= channelMax) {
      throw new ProtocolError(
        ReplyCode.NOT_ALLOWED,
        `number of channels opened (${size}) has reached the negotiated channel_max (${channelMax})`,
      )
    }
    broker.checkChannelLimit(session.user!.name)
    const channel = new Channel(session, number)
    this.byNumber.set(number, channel)
    broker.counters.channelsOpened++
    broker.events.emit('channel.created', channel)
  }

  /** Whatever it still holds goes back. */
  drop(channel: Channel): void {
    const { broker } = this.session
    broker.connections.channelGone(channel)
    channel.end()
    this.byNumber.delete(channel.number)
    this.confirming.delete(channel)
    if (this.last === channel) this.last = null
    broker.counters.channelsClosed++
    broker.events.emit('channel.closed', channel)
  }

  dropAll(): void {
    for (const channel of [...this.byNumber.values()]) this.drop(channel)
  }

  /** The channel has a confirm to send: at the end of the turn, or when its round is durable. */
  confirmLater(channel: Channel, round: number): void {
    const { durability, turn } = this.session.broker
    if (!durability.reached(round)) {
      durability.add(channel)
      return
    }
    this.confirming.add(channel)
    turn.schedule(TurnPhase.deliver, this)
  }

  runTurn(): void {
    for (const channel of this.confirming) channel.sendConfirms()
    this.confirming.clear()
  }
}
