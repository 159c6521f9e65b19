/**
 * One AMQP connection's protocol state: bytes in, bytes out, no socket. Frames are read in one pass over the chunk
 * that came; publishes and acks are read by hand, every other method by the table. Trade: a frame cut by the end of
 * a chunk is copied once into a buffer of its own.
 */
import type { Timer } from '../base/clock.ts'
import { TurnPhase, type TurnTask } from '../base/turn.ts'
import type { User } from '../broker/access/access.ts'
import type { Operation } from '../broker/access/grant.ts'
import type { Broker } from '../broker/broker.ts'
import type { Queue } from '../broker/queue/queue.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Vhost } from '../broker/vhost.ts'
import { PauseReason, type Session, type Transport } from '../net/connection.ts'
import type { Output } from '../net/output.ts'
import {
  FRAME_END,
  FRAME_HEADER_SIZE,
  FRAME_OVERHEAD,
  FrameType,
  isHardError,
  PROTOCOL_HEADER,
  ReplyCode,
  replyText,
} from '../wire/amqp/constants.ts'
import { BASIC_ACK, BASIC_PUBLISH, readUint32, readUint64 } from '../wire/amqp/hot.ts'
import { decodeMethod, encodeMethod, type Method, type MethodInput, type MethodName } from '../wire/amqp/methods.ts'
import { FrameSyntaxError, UnknownMethodError } from '../wire/amqp/syntax-error.ts'
import { Channel, Expect } from './channel.ts'
import { handleConnectionMethod, startHandshake } from './connection-class.ts'
import type { AmqpContext } from './context.ts'
import { handleChannelMethod } from './handlers.ts'
import { publish } from './publish.ts'
import { PublishTargets } from './publish-target.ts'
import { ProtocolError, replyCodeOf } from './reply.ts'

/** What the client said of itself in connection.start-ok. */
export interface ClientCapabilities {
  cancelNotify: boolean
  blocked: boolean
  authenticationFailureClose: boolean
}

export type SessionState = 'header' | 'start' | 'tune' | 'open' | 'running' | 'closing' | 'closed'

/** Beyond this much collected or unsent output a session takes no deliveries until its peer has read. */
const OUTPUT_MAX = 512 * 1024
/** Octets that a frame may be longer than negotiated, as RabbitMQ allows. */
const FRAME_SLACK = 8
/** How long a peer may take to answer connection.close. */
const CLOSE_TIMEOUT_MS = 5000
const NOTHING = new Uint8Array(0)
const HEARTBEAT = Uint8Array.of(FrameType.HEARTBEAT, 0, 0, 0, 0, 0, 0, FRAME_END)

export class AmqpSession implements Session, TurnTask {
  scheduled = false
  readonly broker: Broker
  readonly amqp: AmqpContext
  readonly transport: Transport
  readonly output: Output
  readonly channels = new Map<number, Channel>()
  readonly targets = new PublishTargets()
  /** Deleted when the connection ends. */
  readonly exclusiveQueues = new Set<Queue>()
  state: SessionState = 'header'
  user: User | null = null
  vhost: Vhost | null = null
  clientProperties: unknown = {}
  client: ClientCapabilities = { cancelNotify: false, blocked: false, authenticationFailureClose: false }
  /** Negotiated; until then what the smallest client may assume. */
  frameMax: number
  channelMax: number
  heartbeatSeconds = 0
  /** No deliveries: the peer reads slower than its queues deliver. */
  stalled = false

  private carry: Uint8Array = NOTHING
  private carried = 0
  /** Input is not looked at: an answer waits for durability. */
  private held = false
  private heldInput: Uint8Array[] = []
  private readonly afterRelease: (() => void)[] = []
  private lastChannel: Channel | null = null
  private now = 0
  private publishes = false
  private blocked = false
  private readonly confirming = new Set<Channel>()
  private timer: Timer | null = null
  private heard = true
  private silentIntervals = 0
  private bytesOutSeen = -1
  private readonly onAlarm = (reason: string | null): void => this.alarm(reason)

  constructor(amqp: AmqpContext, transport: Transport) {
    const { broker } = amqp
    this.amqp = amqp
    this.broker = broker
    this.transport = transport
    this.output = transport.output
    this.frameMax = amqp.settings.frameMax
    this.channelMax = amqp.settings.channelMax
    this.timer = broker.clock.setTimer(amqp.settings.handshakeTimeoutMs, () => transport.destroy())
    broker.counters.connectionsOpened++
    amqp.sessions.add(this)
  }

  // Bytes in

  receive(chunk: Uint8Array): void {
    if (this.state === 'closed') return
    this.heard = true
    if (this.held) {
      this.heldInput.push(chunk)
      return
    }
    this.now = this.broker.clock.now()
    try {
      this.read(chunk)
    } catch (error) {
      this.fail(error)
    }
  }

  private read(chunk: Uint8Array): void {
    let pos = 0
    if (this.state === 'header' || this.carried > 0) pos = this.fillCarry(chunk)
    if (pos < chunk.length) this.readFrames(chunk, pos)
  }

  /** Completes what the last chunk left over. @returns where the chunk goes on. */
  private fillCarry(chunk: Uint8Array): number {
    let pos = 0
    while (pos < chunk.length && (this.state === 'header' || this.carried > 0) && !this.held) {
      const need = this.carryNeeds()
      if (this.carry.length < need) {
        const grown = new Uint8Array(need)
        grown.set(this.carry.subarray(0, this.carried))
        this.carry = grown
      }
      const take = Math.min(need - this.carried, chunk.length - pos)
      this.carry.set(chunk.subarray(pos, pos + take), this.carried)
      this.carried += take
      pos += take
      if (this.state === 'header') {
        if (!this.checkHeader()) return chunk.length
      } else if (this.carried >= FRAME_HEADER_SIZE && this.carried === this.carryNeeds()) {
        const { carry } = this
        this.carry = NOTHING
        this.carried = 0
        this.frame(carry, 0, carry.length - FRAME_OVERHEAD)
        if (this.state === 'closed') return chunk.length
        if (this.held) this.heldInput.unshift(chunk.subarray(pos))
      }
    }
    return this.held ? chunk.length : pos
  }

  private carryNeeds(): number {
    if (this.state === 'header') return PROTOCOL_HEADER.length
    if (this.carried < FRAME_HEADER_SIZE) return FRAME_HEADER_SIZE
    return this.checkSize(readUint32(this.carry, 3)) + FRAME_OVERHEAD
  }

  /** AMQP 0-9-1 §4.2.2. @returns false when the peer is sent away. */
  private checkHeader(): boolean {
    if (this.carried < PROTOCOL_HEADER.length) return true
    const { carry } = this
    this.carry = NOTHING
    this.carried = 0
    const amqp = carry[0] === 0x41 && carry[1] === 0x4d && carry[2] === 0x51 && carry[3] === 0x50
    const version = `${carry[4]}.${carry[5]}.${carry[6]}.${carry[7]}`
    if (amqp && (version === '0.0.9.1' || version === '1.1.0.9')) {
      this.state = 'start'
      startHandshake(this)
      return true
    }
    // Another 0-9 or later is told the version spoken here; anything else, that this is no place for it.
    const near = amqp && carry[4] <= 1 && (carry[6] >= 9 || carry[5] >= 9)
    this.output.append(near ? PROTOCOL_HEADER : Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0))
    this.close()
    return false
  }

  private checkSize(size: number): number {
    if (size > this.frameMax - FRAME_OVERHEAD + FRAME_SLACK) {
      throw new ProtocolError(
        ReplyCode.FRAME_ERROR,
        `frame of ${size} octets is larger than the negotiated maximum of ${this.frameMax - FRAME_OVERHEAD}`,
      )
    }
    return size
  }

  private readFrames(chunk: Uint8Array, pos: number): void {
    const end = chunk.length
    while (end - pos >= FRAME_HEADER_SIZE) {
      const size = readUint32(chunk, pos + 3)
      if (size > this.frameMax - FRAME_OVERHEAD) this.checkSize(size)
      const next = pos + size + FRAME_OVERHEAD
      if (next > end) break
      this.frame(chunk, pos, size)
      pos = next
      if (this.held) {
        if (pos < end) this.heldInput.unshift(chunk.subarray(pos))
        return
      }
      if (this.state === 'closed') return
    }
    if (pos < end) {
      const left = end - pos
      const whole = left >= FRAME_HEADER_SIZE ? readUint32(chunk, pos + 3) + FRAME_OVERHEAD : left
      this.carry = new Uint8Array(whole)
      this.carry.set(chunk.subarray(pos))
      this.carried = left
    }
  }

  private frame(buf: Uint8Array, at: number, size: number): void {
    const pos = at + FRAME_HEADER_SIZE
    const end = pos + size
    if (buf[end] !== FRAME_END) {
      throw new ProtocolError(ReplyCode.FRAME_ERROR, `frame ends with octet ${buf[end]}, not ${FRAME_END}`)
    }
    const number = (buf[at + 1] << 8) | buf[at + 2]
    const type = buf[at]
    if (this.state === 'closing' && (type !== FrameType.METHOD || number !== 0)) return
    let channel = this.lastChannel
    if (channel === null || channel.number !== number) channel = this.lastChannel = this.channels.get(number) ?? null
    if (type === FrameType.METHOD) {
      if (channel !== null && !channel.closing) this.channelMethod(channel, buf, pos, end)
      else this.otherMethod(number, channel, buf, pos, end)
    } else if (type === FrameType.HEARTBEAT) {
      if (number !== 0) throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'heartbeat on a channel other than 0')
    } else if (type !== FrameType.HEADER && type !== FrameType.BODY) {
      throw new ProtocolError(ReplyCode.FRAME_ERROR, `unknown frame type ${type}`)
    } else if (channel === null) {
      throw new ProtocolError(ReplyCode.CHANNEL_ERROR, `content frame on channel ${number}, which is not open`)
    } else if (!channel.closing) {
      if (type === FrameType.HEADER) this.contentHeader(channel, buf, pos, end)
      else this.contentBody(channel, buf, pos, end)
    }
  }

  private channelMethod(channel: Channel, buf: Uint8Array, pos: number, end: number): void {
    const id = end - pos >= 4 ? readUint32(buf, pos) : 0
    try {
      if (channel.expect !== Expect.method) {
        throw new ProtocolError(
          ReplyCode.UNEXPECTED_FRAME,
          'expected content header for class 60, got a method frame instead',
        )
      }
      if (id === BASIC_PUBLISH && end - pos >= 9) {
        channel.target = this.targets.find(buf, pos + 6, end)
        channel.expect = Expect.header
      } else if (id === BASIC_ACK && end - pos === 13) {
        channel.settle(readUint64(buf, pos + 4), (buf[pos + 12] & 1) !== 0, 'acknowledge')
      } else {
        handleChannelMethod(this, channel, decodeMethod(buf, pos, end))
      }
    } catch (error) {
      this.failChannel(channel, error, id)
    }
  }

  private otherMethod(number: number, channel: Channel | null, buf: Uint8Array, pos: number, end: number): void {
    const method = decodeMethod(buf, pos, end)
    if (channel !== null) {
      this.closingChannelMethod(channel, method)
    } else if (number === 0) {
      handleConnectionMethod(this, method)
    } else if (this.state !== 'running') {
      throw new ProtocolError(ReplyCode.COMMAND_INVALID, `${method.name} before connection.open`)
    } else if (method.name === 'channel.open') {
      this.openChannel(number)
    } else if (method.name !== 'channel.close-ok') {
      throw new ProtocolError(ReplyCode.CHANNEL_ERROR, `expected 'channel.open'; channel ${number} is not open`)
    }
  }

  /** A close was sent on the channel: only its answer, or the peer's own close, counts. */
  private closingChannelMethod(channel: Channel, method: Method): void {
    if (method.name === 'channel.close') this.send(channel.number, 'channel.close-ok', {})
    else if (method.name !== 'channel.close-ok') return
    this.dropChannel(channel)
  }

  private contentHeader(channel: Channel, buf: Uint8Array, pos: number, end: number): void {
    if (channel.expect !== Expect.header) {
      throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'expected method frame, got content header frame instead')
    }
    if (end - pos < 14) throw new ProtocolError(ReplyCode.SYNTAX_ERROR, 'content header cut short')
    if (buf[pos] !== 0 || buf[pos + 1] !== 60) {
      throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'content header of a class other than basic')
    }
    const size = readUint64(buf, pos + 4)
    const { draft } = channel
    draft.properties = buf
    draft.propertiesPos = pos + 12
    draft.propertiesLen = end - pos - 12
    draft.bodyLen = size
    draft.bodyParts = null
    channel.bodyLeft = size
    if (size === 0) {
      draft.body = NOTHING
      this.complete(channel)
    } else {
      channel.expect = Expect.body
      // What is too large is still read to its end, and refused then, so that the channel's frames stay in step.
    }
  }

  private contentBody(channel: Channel, buf: Uint8Array, pos: number, end: number): void {
    if (channel.expect !== Expect.body) {
      throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'expected method frame, got content body frame instead')
    }
    const size = end - pos
    const { draft } = channel
    if (size === draft.bodyLen) {
      draft.body = buf
      draft.bodyPos = pos
      this.complete(channel)
      return
    }
    channel.bodyLeft -= size
    if (channel.bodyLeft < 0) throw new ProtocolError(ReplyCode.UNEXPECTED_FRAME, 'body is longer than its header says')
    if (draft.bodyLen <= this.amqp.settings.maxMessageSize) {
      draft.bodyParts ??= []
      if (size > 0) draft.bodyParts.push(buf.subarray(pos, end))
    }
    if (channel.bodyLeft === 0) this.complete(channel)
  }

  private complete(channel: Channel): void {
    channel.expect = Expect.method
    const { draft } = channel
    try {
      if (draft.bodyLen > this.amqp.settings.maxMessageSize) {
        const max = this.amqp.settings.maxMessageSize
        throw new ProtocolError(
          ReplyCode.PRECONDITION_FAILED,
          `message size ${draft.bodyLen} is larger than configured max size ${max}`,
        )
      }
      if (!this.publishes) this.firstPublish()
      draft.arrival = this.now
      publish(channel, channel.target!, draft)
    } catch (error) {
      this.failChannel(channel, error, BASIC_PUBLISH)
    } finally {
      draft.bodyParts = null
    }
  }

  // Channels

  private openChannel(number: number): void {
    if (number > this.channelMax) {
      throw new ProtocolError(
        ReplyCode.NOT_ALLOWED,
        `number of channels opened (${number}) has reached the negotiated channel_max (${this.channelMax})`,
      )
    }
    this.channels.set(number, new Channel(this, number))
    this.broker.counters.channelsOpened++
    this.send(number, 'channel.open-ok', { reserved1: '' } as never)
  }

  dropChannel(channel: Channel): void {
    channel.end()
    this.channels.delete(channel.number)
    this.confirming.delete(channel)
    if (this.lastChannel === channel) this.lastChannel = null
    this.broker.counters.channelsClosed++
  }

  /** An error of one channel: a soft one closes the channel, a hard one the connection. */
  private failChannel(channel: Channel, error: unknown, id: number): void {
    const answer = answerTo(error)
    if (answer === null) throw error
    if (isHardError(answer.code)) {
      this.closeWith(answer.code, answer.text, id)
      return
    }
    channel.closing = true
    channel.end()
    channel.expect = Expect.method
    this.send(channel.number, 'channel.close', {
      replyCode: answer.code,
      replyText: answer.text,
      classId: id >>> 16,
      methodId: id & 0xffff,
    })
  }

  // Confirms and durability

  /** The channel has a confirm to send: at the end of the turn, or when its round is durable. */
  confirmLater(channel: Channel, round: number): void {
    if (round > this.broker.durability.durableRound) {
      this.broker.durability.add(channel)
      return
    }
    this.confirming.add(channel)
    this.broker.turn.schedule(TurnPhase.deliver, this)
  }

  runTurn(): void {
    for (const channel of this.confirming) channel.sendConfirms(this.broker.durability.durableRound)
    this.confirming.clear()
  }

  /** Answers a method, when all definitions that it may rest on are durable; input waits as long. */
  answer<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void {
    this.answerAfter(this.broker.catalog.lastRound, channel, name, args)
  }

  answerAfter<N extends MethodName>(round: number, channel: number, name: N, args: MethodInput<N>): void {
    if (round <= this.broker.durability.durableRound) {
      this.send(channel, name, args)
      return
    }
    this.hold((release) =>
      this.broker.durability.after(round, () => {
        if (this.state !== 'closed') this.send(channel, name, args)
        release()
      }),
    )
  }

  /** Looks at no further input until `release` is called. */
  hold(start: (release: () => void) => void): void {
    this.held = true
    this.transport.pause(PauseReason.answer)
    start(() => this.release())
  }

  /** Calls `task` once the answers given so far are on their way. */
  afterAnswers(task: () => void): void {
    if (this.held) this.afterRelease.push(task)
    else task()
  }

  private release(): void {
    if (!this.held) return
    this.held = false
    for (let task = this.afterRelease.shift(); task !== undefined; task = this.afterRelease.shift()) task()
    this.transport.resume(PauseReason.answer)
    while (this.heldInput.length > 0 && !this.held && this.state !== 'closed') {
      this.receive(this.heldInput.shift() as Uint8Array)
    }
  }

  // Bytes out

  send<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void {
    this.output.append(encodeMethod(channel, name, args))
    this.flushSoon()
  }

  flushSoon(): void {
    this.transport.flushSoon()
  }

  /** A delivery was written. */
  delivered(): void {
    this.transport.flushSoon()
    if (this.output.pending > OUTPUT_MAX && !this.stalled) this.stall()
  }

  private stall(): void {
    this.stalled = true
    for (const channel of this.channels.values()) {
      for (const consumer of channel.consumers.values()) consumer.rest()
    }
  }

  writable(): void {
    if (!this.stalled || this.transport.backlog > OUTPUT_MAX / 2) return
    this.stalled = false
    for (const channel of this.channels.values()) channel.wakeConsumers()
  }

  // Permissions

  /** @throws Refusal access-refused */
  require(operation: Operation, kind: 'queue' | 'exchange', name: string): void {
    this.broker.access.check(this.user!.name, this.vhost!.name, operation, kind, name)
  }

  requireTopic(operation: 'write' | 'read', exchange: string, key: string): void {
    this.broker.access.checkTopic(this.user!.name, this.vhost!.name, operation, exchange, key)
  }

  // Heartbeats

  /** The connection is open: the handshake's deadline is replaced by heartbeats. */
  started(): void {
    this.state = 'running'
    this.clearTimer()
    this.beat()
  }

  private beat(): void {
    if (this.heartbeatSeconds === 0) return
    const { clock } = this.broker
    this.timer = clock.setTimer(this.heartbeatSeconds * 500, () => {
      // Half an interval each: four silent halves are two missed heartbeats.
      this.silentIntervals = this.heard || this.held || this.blocked ? 0 : this.silentIntervals + 1
      this.heard = false
      if (this.silentIntervals >= 4) {
        this.broker.logger.warn(
          { peer: this.transport.peer.address, port: this.transport.peer.port },
          'missed heartbeats from client',
        )
        this.transport.destroy()
        return
      }
      if (this.transport.bytesOut === this.bytesOutSeen) {
        this.output.append(HEARTBEAT)
        this.flushSoon()
      }
      this.bytesOutSeen = this.transport.bytesOut
      this.beat()
    })
  }

  private clearTimer(): void {
    if (this.timer !== null) this.broker.clock.clearTimer(this.timer)
    this.timer = null
  }

  // Alarms

  private firstPublish(): void {
    this.publishes = true
    this.broker.alarms.subscribe(this.onAlarm)
    this.amqp.publishers.add(this)
    if (this.broker.alarms.reason !== null) this.alarm(this.broker.alarms.reason)
    if (this.broker.engine.lagging) this.lag(true)
  }

  private alarm(reason: string | null): void {
    if (reason === null) {
      if (!this.blocked) return
      this.blocked = false
      this.transport.resume(PauseReason.alarm)
      if (this.client.blocked) this.send(0, 'connection.unblocked', {})
    } else if (!this.blocked) {
      this.blocked = true
      this.transport.pause(PauseReason.alarm)
      if (this.client.blocked) this.send(0, 'connection.blocked', { reason })
    }
  }

  /** Spilling or flushing lags: a publisher is slowed by not being read. */
  lag(lagging: boolean): void {
    if (lagging) this.transport.pause(PauseReason.lag)
    else this.transport.resume(PauseReason.lag)
  }

  // The end

  private fail(error: unknown): void {
    const answer = answerTo(error)
    if (answer !== null) {
      this.closeWith(answer.code, answer.text, 0)
      return
    }
    this.broker.logger.error(
      { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      'a bug in the broker',
    )
    this.closeWith(ReplyCode.INTERNAL_ERROR, replyText(ReplyCode.INTERNAL_ERROR, 'internal error'), 0)
  }

  /** Sends connection.close and waits for its answer; all channels end now. */
  closeWith(code: ReplyCode, text: string, id: number): void {
    if (this.state === 'closing' || this.state === 'closed') return
    const handshaken = this.state !== 'header'
    this.state = 'closing'
    this.endChannels()
    this.clearTimer()
    if (!handshaken) {
      this.close()
      return
    }
    this.send(0, 'connection.close', { replyCode: code, replyText: text, classId: id >>> 16, methodId: id & 0xffff })
    this.timer = this.broker.clock.setTimer(CLOSE_TIMEOUT_MS, () => this.transport.destroy())
    this.broker.logger.info(
      { peer: this.transport.peer.address, port: this.transport.peer.port, code, text },
      'closing connection',
    )
  }

  /** Ends the connection after what is collected has been written. */
  close(): void {
    this.state = 'closed'
    this.endChannels()
    this.clearTimer()
    this.transport.end()
  }

  closed(): void {
    this.state = 'closed'
    this.heldInput = []
    this.clearTimer()
    this.endChannels()
    this.broker.alarms.unsubscribe(this.onAlarm)
    this.amqp.publishers.delete(this)
    if (this.amqp.sessions.delete(this)) this.broker.counters.connectionsClosed++
  }

  /** Channels end, and with them what belongs to the connection: exclusive queues. */
  private endChannels(): void {
    for (const channel of [...this.channels.values()]) this.dropChannel(channel)
    if (this.vhost === null) return
    for (const queue of this.exclusiveQueues) this.vhost.removeQueue(queue)
    this.exclusiveQueues.clear()
  }
}

/** The reply code and text for an error that the peer caused; null for a bug of ours. */
function answerTo(error: unknown): { code: ReplyCode; text: string } | null {
  if (error instanceof ProtocolError) return error
  if (error instanceof Refusal) {
    const code = replyCodeOf(error.code)
    return { code, text: replyText(code, error.message) }
  }
  if (error instanceof UnknownMethodError) {
    return { code: ReplyCode.NOT_IMPLEMENTED, text: replyText(ReplyCode.NOT_IMPLEMENTED, error.message) }
  }
  if (error instanceof FrameSyntaxError) {
    return { code: ReplyCode.SYNTAX_ERROR, text: replyText(ReplyCode.SYNTAX_ERROR, error.message) }
  }
  return null
}
