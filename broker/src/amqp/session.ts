/**
 * One AMQP connection's protocol state: frames in, bytes out, no socket. Publishes and acks are read by hand, every
 * other method by the table. An error of the peer closes its channel or its connection, as the code says.
 */
import type { Bytes } from '../base/bytes.ts'
import type { Timer } from '../base/clock.ts'
import type { User } from '../broker/access/access.ts'
import { Rights } from '../broker/access/rights.ts'
import type { Broker } from '../broker/broker.ts'
import type { Queue } from '../broker/queue/queue.ts'
import type { QueueOwner } from '../broker/queue/surroundings.ts'
import type { FlowSource } from '../broker/routing/flows.ts'
import type { Vhost } from '../broker/vhost.ts'
import type { Session, Transport } from '../net/connection.ts'
import type { Output } from '../net/output.ts'
import { FrameType, isHardError, PROTOCOL_HEADER, ReplyCode, replyText } from '../wire/amqp/constants.ts'
import { BASIC_ACK, BASIC_PUBLISH, readUint64 } from '../wire/amqp/hot.ts'
import { decodeMethod, encodeMethod, type Method, type MethodInput, type MethodName } from '../wire/amqp/methods.ts'
import { Answers } from './answers.ts'
import { type Channel, Expect } from './channel.ts'
import { Channels } from './channels.ts'
import { AmqpConnection } from './client-connection.ts'
import { handleConnectionMethod, startHandshake } from './connection-class.ts'
import { beginContent, receiveBody, receiveHeader } from './content.ts'
import type { AmqpContext } from './context.ts'
import { type FrameHandler, FrameReader } from './frame-reader.ts'
import { handleChannelMethod } from './handlers.ts'
import { Heartbeat } from './heartbeat.ts'
import { Pacing } from './pacing.ts'
import { PublishTargets } from './publish-target.ts'
import { answerTo, ProtocolError } from './reply.ts'

/** What the client said of itself in connection.start-ok. */
export interface ClientCapabilities {
  cancelNotify: boolean
  blocked: boolean
  authenticationFailureClose: boolean
}

export type SessionState = 'header' | 'start' | 'tune' | 'open' | 'running' | 'closing' | 'closed'

/** Beyond this much collected or unsent output a session takes no deliveries until its peer has read. */
const OUTPUT_MAX = 1024 * 1024
/** How long a peer may take to answer connection.close. */
const CLOSE_TIMEOUT_MS = 5000

export class AmqpSession implements Session, FrameHandler, QueueOwner, FlowSource {
  readonly broker: Broker
  readonly amqp: AmqpContext
  readonly transport: Transport
  readonly output: Output
  readonly reader: FrameReader
  readonly channels = new Channels(this)
  readonly targets = new PublishTargets((target) => this.vhost!.flows.settleLast(this.connection!, target))
  readonly exclusiveQueues = new Set<Queue>()
  readonly answers: Answers
  readonly pacing: Pacing
  state: SessionState = 'header'
  user: User | null = null
  vhost: Vhost | null = null
  clientProperties: unknown = {}
  /** The login's: PLAIN or another. */
  mechanism = ''
  /** Null until it is opened. */
  connection: AmqpConnection | null = null
  client: ClientCapabilities = { cancelNotify: false, blocked: false, authenticationFailureClose: false }
  channelMax: number
  heartbeatSeconds = 0
  /** No deliveries: the peer reads slower than its queues deliver. */
  stalled = false
  /** ms since the epoch, read once per chunk. */
  now = 0

  private knownRights: Rights | null = null
  private readonly heartbeat: Heartbeat
  private deadline: Timer | null = null

  constructor(amqp: AmqpContext, transport: Transport) {
    const { broker } = amqp
    this.amqp = amqp
    this.broker = broker
    this.transport = transport
    this.output = transport.output
    this.reader = new FrameReader(this, amqp.settings.frameMax)
    this.channelMax = amqp.settings.channelMax
    this.answers = new Answers(this)
    this.pacing = new Pacing(this)
    this.heartbeat = new Heartbeat(broker.clock, transport, () => this.missedHeartbeats())
    this.atDeadline(amqp.settings.handshakeTimeoutMs, () => transport.destroy())
    broker.counters.connectionsOpened++
    amqp.sessions.add(this)
  }

  /** Octets of a whole frame at most, both ways. */
  get frameMax(): number {
    return this.reader.frameMax
  }

  /** Both ends. */
  get name(): string {
    const { address, port, localAddress, localPort } = this.transport.peer
    return `${address}:${port} -> ${localAddress}:${localPort}`
  }

  // Bytes in

  receive(chunk: Uint8Array): void {
    const { clock, events } = this.broker
    this.now = clock.now()
    events.actor = this.user?.name ?? null
    try {
      this.reader.read(chunk)
    } catch (error) {
      this.fail(error)
    }
    events.actor = null
  }

  /** AMQP 0-9-1 §4.2.2. */
  protocolHeader(octets: Uint8Array): boolean {
    const amqp = octets[0] === 0x41 && octets[1] === 0x4d && octets[2] === 0x51 && octets[3] === 0x50
    const version = octets.subarray(4).join('.')
    if (amqp && (version === '0.0.9.1' || version === '1.1.0.9')) {
      this.state = 'start'
      startHandshake(this)
      return true
    }
    // Whoever speaks anything else is told what is spoken here.
    this.output.append(PROTOCOL_HEADER)
    this.close()
    return false
  }

  frame(type: number, number: number, buf: Bytes, pos: number, end: number): void {
    if (this.state === 'closing' && (type !== FrameType.METHOD || number !== 0)) return
    const channel = this.channels.get(number)
    if (type === FrameType.METHOD) {
      if (channel !== null && !channel.closing) this.channelMethod(channel, buf, pos, end)
      else this.otherMethod(number, channel, buf, pos, end)
    } else if (type === FrameType.HEARTBEAT) {
      if (number !== 0) this.refuse(ReplyCode.UNEXPECTED_FRAME, 'heartbeat on a channel other than 0')
    } else if (type !== FrameType.HEADER && type !== FrameType.BODY) {
      this.refuse(ReplyCode.FRAME_ERROR, `unknown frame type ${type}`)
    } else if (channel === null) {
      this.refuse(ReplyCode.CHANNEL_ERROR, `content frame on channel ${number}, which is not open`)
    } else if (!channel.closing) {
      const id = channel.expect === Expect.method ? 0 : BASIC_PUBLISH
      try {
        if (type === FrameType.HEADER) receiveHeader(channel, buf, pos, end)
        else receiveBody(channel, buf, pos, end)
      } catch (error) {
        this.failChannel(channel, error, id)
      }
    }
  }

  private channelMethod(channel: Channel, buf: Bytes, pos: number, end: number): void {
    const id = end - pos >= 4 ? buf.view.getUint32(pos) : 0
    try {
      if (id === BASIC_PUBLISH && end - pos >= 9) {
        beginContent(channel, this.targets.find(buf, pos + 6, end))
      } else {
        channel.checkExpectsMethod()
        if (id === BASIC_ACK && end - pos === 13) {
          channel.settle(readUint64(buf.view, pos + 4), (buf.array[pos + 12] & 1) !== 0, 'acknowledge')
        } else {
          handleChannelMethod(this, channel, decodeMethod(buf.array, pos, end))
        }
      }
    } catch (error) {
      this.failChannel(channel, error, channel.expect === Expect.method ? id : BASIC_PUBLISH)
    }
  }

  /** An error that leaves the frames in step, so that the answer to connection.close is found behind them. */
  private refuse(code: ReplyCode, explanation: string): void {
    this.fail(new ProtocolError(code, explanation))
  }

  /** A method of the connection, or of a channel that is not open. */
  private otherMethod(number: number, channel: Channel | null, buf: Bytes, pos: number, end: number): void {
    try {
      this.handleOther(number, channel, decodeMethod(buf.array, pos, end))
    } catch (error) {
      this.fail(error, end - pos >= 4 ? buf.view.getUint32(pos) : 0)
    }
  }

  private handleOther(number: number, channel: Channel | null, method: Method): void {
    if (channel !== null) {
      this.closingChannelMethod(channel, method)
    } else if (number === 0) {
      handleConnectionMethod(this, method)
    } else if (this.state !== 'running') {
      throw new ProtocolError(ReplyCode.COMMAND_INVALID, `${method.name} before connection.open`)
    } else if (method.name === 'channel.open') {
      this.channels.open(number)
      this.send(number, 'channel.open-ok', { reserved1: '' } as never)
    } else if (method.name !== 'channel.close-ok') {
      throw new ProtocolError(ReplyCode.CHANNEL_ERROR, "expected 'channel.open'")
    }
  }

  /** A close was sent on the channel: only its answer, or the peer's own close, counts. */
  private closingChannelMethod(channel: Channel, method: Method): void {
    if (method.name === 'channel.close') this.send(channel.number, 'channel.close-ok', {})
    else if (method.name !== 'channel.close-ok') return
    this.channels.drop(channel)
  }

  /** An error of one channel: a soft one closes the channel, a hard one the connection. */
  failChannel(channel: Channel, error: unknown, id: number): void {
    const answer = answerTo(error)
    if (answer === null || isHardError(answer.code)) {
      this.fail(error, id)
      return
    }
    channel.closing = true
    channel.end()
    const method = { classId: id >>> 16, methodId: id & 0xffff }
    this.send(channel.number, 'channel.close', { replyCode: answer.code, replyText: answer.text, ...method })
  }

  // Bytes out

  send<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void {
    this.output.append(encodeMethod(channel, name, args))
    this.transport.flushSoon()
  }

  /** A delivery was written. */
  delivered(): void {
    this.transport.flushSoon()
    if (this.output.pending + this.transport.unsent > OUTPUT_MAX && !this.stalled) this.stall()
  }

  private stall(): void {
    this.stalled = true
    for (const channel of this.channels.values()) {
      for (const consumer of channel.consumers.values()) consumer.rest()
    }
  }

  writable(): void {
    if (!this.stalled || this.output.pending + this.transport.unsent > OUTPUT_MAX / 2) return
    this.stalled = false
    for (const channel of this.channels.values()) channel.wakeConsumers()
  }

  /** What the user may do in the vhost that was opened. */
  get rights(): Rights {
    const { user, vhost, transport, amqp } = this
    this.knownRights ??= new Rights(amqp.broker, amqp.authorizer, user!.name, vhost!, transport.peer.address)
    return this.knownRights
  }

  // Beginning and end

  /** The connection is open: the handshake's deadline is replaced by heartbeats. */
  started(): void {
    this.state = 'running'
    this.connection = new AmqpConnection(this)
    this.broker.connections.add(this.connection)
    this.vhost!.flows.sources.add(this)
    this.broker.events.emit('connection.created', this.connection)
    this.clearDeadline()
    this.heartbeat.start(this.heartbeatSeconds)
  }

  private missedHeartbeats(): void {
    const { address, port } = this.transport.peer
    this.broker.logger.warn({ peer: address, port }, 'missed heartbeats from client')
    this.transport.destroy()
  }

  /** Runs what may throw an error of the peer, in the name of its user. */
  guard(task: () => void): void {
    const { events } = this.broker
    const { actor } = events
    events.actor = this.user?.name ?? null
    try {
      task()
    } catch (error) {
      this.fail(error)
    }
    events.actor = actor
  }

  private fail(error: unknown, id = 0): void {
    const answer = answerTo(error)
    if (answer !== null) {
      this.closeWith(answer.code, answer.text, id)
      return
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.broker.logger.error({ error: text }, 'a bug in the broker')
    this.closeWith(ReplyCode.INTERNAL_ERROR, replyText(ReplyCode.INTERNAL_ERROR, 'internal error'), id)
  }

  /** Sends connection.close and waits for its answer; all channels end now. */
  closeWith(code: ReplyCode, text: string, id: number): void {
    if (this.state === 'closing' || this.state === 'closed') return
    if (this.state === 'header') {
      this.close()
      return
    }
    this.state = 'closing'
    this.endChannels()
    this.heartbeat.stop()
    this.send(0, 'connection.close', { replyCode: code, replyText: text, classId: id >>> 16, methodId: id & 0xffff })
    this.atDeadline(CLOSE_TIMEOUT_MS, () => this.transport.destroy())
    const { address, port } = this.transport.peer
    this.broker.logger.info({ peer: address, port, code, text }, 'closing connection')
  }

  /** Ends the connection after what is collected has been written. */
  close(): void {
    this.finish()
    this.transport.end()
  }

  closed(): void {
    this.finish()
    if (this.amqp.sessions.delete(this)) this.broker.counters.connectionsClosed++
    if (this.amqp.sessions.size === 0) this.amqp.timeouts.stop()
  }

  private finish(): void {
    this.state = 'closed'
    this.reader.end()
    this.clearDeadline()
    this.heartbeat.stop()
    const { connections, events } = this.broker
    const { actor } = events
    events.actor = this.user?.name ?? null
    this.endChannels()
    if (this.connection !== null && connections.delete(this.connection)) {
      this.settleFlows()
      this.vhost!.flows.sources.delete(this)
      events.emit('connection.closed', this.connection)
    }
    events.actor = actor
  }

  settleFlows(): void {
    const { flows } = this.vhost!
    for (const target of this.targets.all()) flows.settle(this.connection!, target)
  }

  /** Calls `task` after `delayMs` unless the session gets further; one deadline replaces another. */
  atDeadline(delayMs: number, task: () => void): void {
    this.clearDeadline()
    this.deadline = this.broker.clock.setTimer(delayMs, task)
  }

  private clearDeadline(): void {
    if (this.deadline !== null) this.broker.clock.clearTimer(this.deadline)
    this.deadline = null
  }

  /** Channels end, and with them what belongs to the connection: exclusive queues. */
  private endChannels(): void {
    this.channels.dropAll()
    for (const queue of this.exclusiveQueues) this.vhost?.removeQueue(queue)
    this.pacing.end()
  }
}
