/**
 * The far end of a session and the socket between: sends what it is told, in pieces if asked, and takes apart what
 * arrives. The socket is honest: nothing arrives while the broker does not read, and nothing leaves while the peer does
 * not.
 */
import assert from 'node:assert/strict'
import type { AmqpSession } from '../../src/amqp/session.ts'
import { type Turn, TurnPhase, type TurnTask } from '../../src/base/turn.ts'
import type { PauseReason, PeerAddress, Transport } from '../../src/net/connection.ts'
import { Output, releaseChunks } from '../../src/net/output.ts'
import { FRAME_END, FrameType, PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { decodeContentHeader, encodeContent } from '../../src/wire/amqp/content.ts'
import {
  decodeMethod,
  encodeMethod,
  hasContent,
  type MethodInput,
  type MethodName,
} from '../../src/wire/amqp/methods.ts'
import { decodeProperties, type Properties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import type { World } from './session-harness.ts'

export interface PeerOptions {
  readonly frameMax?: number
  readonly channelMax?: number
  readonly heartbeat?: number
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly user?: string
  readonly virtualHost?: string
  /** Bytes that the socket takes before it says that it has enough. */
  readonly highWaterMark?: number
}

export interface Arrival {
  readonly channel: number
  readonly name: MethodName
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for
  readonly args: any
  properties?: Properties
  body?: Buffer
}

interface Incomplete {
  readonly arrival: Arrival
  missing: number
  readonly parts: Buffer[]
}

const CAPABILITIES = { consumer_cancel_notify: true, 'connection.blocked': true, authentication_failure_close: true }

export class Peer implements Transport, TurnTask {
  scheduled = false
  readonly output = new Output()
  readonly peer: PeerAddress = { address: '::1', port: 1, localAddress: '::1', localPort: 2, loopback: true, tls: null }
  unsent = 0
  bytesIn = 0
  bytesOut = 0
  readsIn = 0
  writesOut = 0
  readonly options: PeerOptions
  /** What arrived and nobody took yet. */
  readonly arrivals: Arrival[] = []
  heartbeats = 0
  /** Everything that arrived, when it is wanted. */
  recorded: Buffer[] | null = null
  session!: AmqpSession
  /** The broker has ended the connection. */
  ended = false
  gone = false
  private readonly turn: Turn
  private readonly world: World
  reading = true
  private pauses = 0
  private destroyed = false
  private toSend: Uint8Array[] = []
  private kept: Buffer[] = []
  private unread: Buffer = Buffer.alloc(0)
  private readonly incomplete = new Map<number, Incomplete>()

  constructor(world: World, turn: Turn, options: PeerOptions) {
    this.world = world
    this.turn = turn
    this.options = options
  }

  attach(session: AmqpSession): void {
    this.session = session
  }

  // The broker's side

  flushSoon(): void {
    this.turn.schedule(TurnPhase.flush, this)
  }

  runTurn(): void {
    if (this.output.pending === 0) return
    this.bytesOut += this.output.pending
    const { parts, chunks } = this.output.take()
    const bytes = Buffer.concat(parts)
    releaseChunks(chunks)
    if (this.gone) return
    if (this.reading) this.take(bytes)
    else this.kept.push(bytes)
    const kept = this.kept.reduce((sum, one) => sum + one.length, 0)
    this.unsent = kept > (this.options.highWaterMark ?? 65536) ? kept : 0
    if (this.unsent === 0) this.session.writable()
  }

  pause(reason: PauseReason): void {
    this.pauses |= reason
  }

  resume(reason: PauseReason): void {
    this.pauses &= ~reason
  }

  get paused(): boolean {
    return this.pauses !== 0
  }

  end(): void {
    this.runTurn()
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
  }

  // The client's side

  write(octets: Uint8Array): void {
    this.toSend.push(octets)
  }

  send<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void {
    this.write(encodeMethod(channel, name, args))
  }

  publish(key: string, body: Uint8Array | string, options: PublishOptions = {}): void {
    const { channel = 1, exchange = '', mandatory = false, properties = {} } = options
    const octets = typeof body === 'string' ? Buffer.from(body) : body
    this.send(channel, 'basic.publish', { exchange, routingKey: key, mandatory })
    this.write(encodeContent(channel, properties, octets, this.options.frameMax ?? 131072))
  }

  /** Protocol header to open channel. */
  greet(): void {
    const {
      frameMax = 131072,
      channelMax = 2047,
      heartbeat = 0,
      capabilities = CAPABILITIES,
      user = 'guest',
      virtualHost = '/',
    } = this.options
    this.write(PROTOCOL_HEADER)
    const response = `\0${user}\0${user}`
    this.send(0, 'connection.start-ok', {
      clientProperties: { capabilities },
      mechanism: 'PLAIN',
      response,
      locale: '',
    })
    this.send(0, 'connection.tune-ok', { channelMax, frameMax, heartbeat })
    this.send(0, 'connection.open', { virtualHost })
    this.send(1, 'channel.open', {})
  }

  /** Sends a method and takes the answer, which must be the next thing to arrive on the channel. */
  async ask<N extends MethodName>(
    channel: number,
    name: N,
    args: MethodInput<N>,
    answer = `${name}-ok`,
  ): Promise<Arrival> {
    this.send(channel, name, args)
    await this.world.settle()
    return this.expect(answer, channel)
  }

  /** The next thing that arrived on the channel. */
  expect(name: string, channel = 1): Arrival {
    const at = this.arrivals.findIndex((arrival) => arrival.channel === channel)
    const found = at < 0 ? 'nothing' : this.arrivals[at].name
    assert.equal(found, name, at < 0 ? '' : JSON.stringify(this.arrivals[at].args))
    return this.arrivals.splice(at, 1)[0]
  }

  /** Takes all that arrived, in words. */
  heard(): string[] {
    return this.arrivals.splice(0).map(inWords)
  }

  /** Takes all that arrived. */
  taken(): Arrival[] {
    return this.arrivals.splice(0)
  }

  stopReading(): void {
    this.reading = false
  }

  /** Reads on, and takes what was kept back. */
  readAgain(): void {
    this.reading = true
    const bytes = Buffer.concat(this.kept)
    this.kept = []
    this.take(bytes)
    this.unsent = 0
    if (!this.gone) this.session.writable()
  }

  /** The connection breaks. */
  cut(): void {
    this.gone = true
    this.toSend = []
    this.world.peers.delete(this)
    this.session.closed()
  }

  /** Moves bytes to the broker. @returns whether anything happened. */
  pump(): boolean {
    if (this.destroyed || this.ended) {
      this.cut()
      return true
    }
    if (this.toSend.length === 0 || this.paused) return false
    const chunk = this.toSend.length === 1 ? this.toSend[0] : Buffer.concat(this.toSend)
    this.toSend = []
    this.deliver(chunk)
    return true
  }

  /** Bytes reach the broker now, as one chunk. */
  deliver(chunk: Uint8Array): void {
    this.bytesIn += chunk.length
    this.session.receive(chunk)
  }

  private take(bytes: Buffer): void {
    this.recorded?.push(bytes)
    this.unread = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes])
    let pos = 0
    for (; this.unread.length - pos >= 8; ) {
      const end = pos + 7 + this.unread.readUInt32BE(pos + 3)
      if (this.unread.length <= end) break
      assert.equal(this.unread[end], FRAME_END)
      assert.ok(end + 1 - pos <= (this.options.frameMax ?? 131072), 'a frame larger than agreed')
      this.takeFrame(this.unread[pos], this.unread.readUInt16BE(pos + 1), this.unread.subarray(pos + 7, end))
      pos = end + 1
    }
    this.unread = this.unread.subarray(pos)
  }

  private takeFrame(type: number, channel: number, payload: Buffer): void {
    const open = this.incomplete.get(channel)
    if (type === FrameType.HEARTBEAT) {
      this.heartbeats++
    } else if (type === FrameType.METHOD) {
      assert.equal(open, undefined, `a method amid content on channel ${channel}`)
      const { name, args } = decodeMethod(payload, 0, payload.length)
      const arrival: Arrival = { channel, name, args }
      if (hasContent(name)) this.incomplete.set(channel, { arrival, missing: -1, parts: [] })
      else this.arrivals.push(arrival)
    } else if (type === FrameType.HEADER && open?.missing === -1) {
      const { bodySize, propertiesPos } = decodeContentHeader(payload, 0, payload.length)
      open.arrival.properties = decodeProperties(payload, propertiesPos, payload.length)
      open.missing = bodySize
      this.completeContent(open)
    } else {
      assert.ok(type === FrameType.BODY && open && open.missing >= payload.length, `frame of type ${type} out of place`)
      open.parts.push(payload)
      open.missing -= payload.length
      this.completeContent(open)
    }
  }

  private completeContent(open: Incomplete): void {
    if (open.missing > 0) return
    open.arrival.body = Buffer.concat(open.parts)
    this.incomplete.delete(open.arrival.channel)
    this.arrivals.push(open.arrival)
  }
}

export interface PublishOptions {
  readonly channel?: number
  readonly exchange?: string
  readonly mandatory?: boolean
  readonly properties?: PropertiesInput
}

/** An arrival in short: what tests compare. */
function inWords({ channel, name, args, body }: Arrival): string {
  const on = channel === 1 ? '' : `${channel}: `
  if (name === 'basic.deliver') return `${on}deliver ${args.consumerTag} ${args.deliveryTag}${mark(args)} ${body}`
  if (name === 'basic.get-ok') return `${on}get-ok ${args.deliveryTag}${mark(args)} ${body} left ${args.messageCount}`
  if (name === 'basic.ack') return `${on}ack ${args.deliveryTag}${args.multiple ? '+' : ''}`
  if (name === 'basic.return') return `${on}return ${args.replyCode} ${body}`
  if (name === 'basic.cancel') return `${on}cancel ${args.consumerTag}`
  if (name === 'channel.close' || name === 'connection.close') return `${on}${name} ${args.replyText}`
  return `${on}${name}`
}

function mark({ redelivered }: { redelivered: boolean }): string {
  return redelivered ? '!' : ''
}
