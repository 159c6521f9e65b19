// An AMQP client that hides nothing: it sends what it is told and hands over, per channel and in order, what arrives.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FRAME_END, FRAME_OVERHEAD, FrameType, PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { decodeContentHeader, encodeContent } from '../../src/wire/amqp/content.ts'
import { decodeTableTyped, type TypedTable } from '../../src/wire/amqp/field-table.ts'
import {
  decodeMethod,
  encodeMethod,
  hasContent,
  type Method,
  type MethodInput,
  type MethodName,
} from '../../src/wire/amqp/methods.ts'
import {
  decodeProperties,
  type Properties,
  type PropertiesInput,
  PropertyScan,
} from '../../src/wire/amqp/properties.ts'

/** A method that arrived, with its content if it carries any. */
export interface Arrival {
  readonly channel: number
  readonly name: MethodName
  readonly args: { readonly [field: string]: unknown }
  properties?: Properties
  /** The headers, with the type that each value has on the wire. */
  headers?: TypedTable
  body?: Buffer
}

/** Octets of a long string as text, for messages and comparisons. */
export function readable(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value
}

export function inWords({ channel, name, args }: Arrival): string {
  return `channel ${channel}: ${name} ${JSON.stringify(args, (_, value) => readable(value))}`
}

interface Incomplete {
  readonly arrival: Arrival
  missing: number
  readonly parts: Buffer[]
}

/** How long an answer may take before the transcript counts as broken, in ms. */
const PATIENCE = 60_000

export class Client {
  readonly socket: Socket
  /** Frames go out no larger than this, in octets. */
  frameMax = 131072
  heartbeats = 0
  /** Everything before the first frame, if the server answers with something else. */
  raw: Buffer = Buffer.alloc(0)
  ended = false
  private unread: Buffer = Buffer.alloc(0)
  private readonly arrivals: Arrival[] = []
  private readonly incomplete = new Map<number, Incomplete>()
  private wake = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.receive(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.ended = true
      this.wake()
    })
  }

  static async connect(host: string, port: number): Promise<Client> {
    const socket = connect(port, host)
    await once(socket, 'connect')
    socket.setNoDelay(true)
    return new Client(socket)
  }

  write(octets: Uint8Array): void {
    this.socket.write(octets)
  }

  send<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void {
    this.write(encodeMethod(channel, name, args))
  }

  sendContent(channel: number, properties: PropertiesInput, body: Uint8Array): void {
    this.write(encodeContent(channel, properties, body, this.frameMax))
  }

  /** The next method on a channel; rejects when another channel's close or the end of the connection comes first. */
  async next(channel: number): Promise<Arrival> {
    await this.until(() => this.has(channel) || this.has(0) || this.ended)
    const at = this.arrivals.findIndex((arrival) => arrival.channel === channel)
    if (at >= 0) return this.arrivals.splice(at, 1)[0]
    throw new Error(`expected something on channel ${channel}, but ${this.leftOver() || 'the connection ended'}`)
  }

  /** Resolves when `done` holds; looked at whenever something arrives. */
  async until(done: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE
    while (!done()) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`nothing came; at hand: ${this.leftOver() || 'nothing'}`)
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.wake = resolve
        timer = setTimeout(resolve, left)
      })
      clearTimeout(timer)
    }
  }

  /** What arrived and nobody asked for, in words. */
  leftOver(): string {
    return this.arrivals.map(inWords).join('; ')
  }

  async end(): Promise<void> {
    this.socket.destroy()
    await this.until(() => this.ended)
  }

  private has(channel: number): boolean {
    return this.arrivals.some((arrival) => arrival.channel === channel)
  }

  private receive(chunk: Buffer): void {
    this.unread = Buffer.concat([this.unread, chunk])
    if (this.unread[0] === PROTOCOL_HEADER[0]) {
      this.raw = this.unread
    } else {
      while (this.readFrame()) {}
    }
    this.wake()
  }

  private readFrame(): boolean {
    if (this.unread.length < FRAME_OVERHEAD) return false
    const size = this.unread.readUInt32BE(3)
    if (this.unread.length < size + FRAME_OVERHEAD) return false
    const frame = this.unread.subarray(0, size + FRAME_OVERHEAD)
    this.unread = this.unread.subarray(frame.length)
    if (frame[size + 7] !== FRAME_END) throw new Error(`frame without end: ${frame.toString('hex')}`)
    this.takeFrame(frame[0], frame.readUInt16BE(1), frame.subarray(7, -1))
    return true
  }

  private takeFrame(type: number, channel: number, payload: Buffer): void {
    const open = this.incomplete.get(channel)
    if (type === FrameType.HEARTBEAT) this.heartbeats++
    else if (type === FrameType.METHOD && open === undefined) {
      const { name, args } = decodeMethod(payload, 0, payload.length) as Method & { args: Arrival['args'] }
      const arrival = { channel, name, args }
      if (hasContent(name)) this.incomplete.set(channel, { arrival, missing: -1, parts: [] })
      else this.arrivals.push(arrival)
    } else if (type === FrameType.HEADER && open?.missing === -1) {
      const { bodySize, propertiesPos } = decodeContentHeader(payload, 0, payload.length)
      open.arrival.properties = decodeProperties(payload, propertiesPos, payload.length)
      open.arrival.headers = decodeHeaders(payload, propertiesPos)
      open.missing = bodySize
      this.completeContent(open)
    } else if (type === FrameType.BODY && open !== undefined && open.missing >= payload.length) {
      open.parts.push(payload)
      open.missing -= payload.length
      this.completeContent(open)
    } else throw new Error(`frame of type ${type} out of place on channel ${channel}`)
  }

  private completeContent(open: Incomplete): void {
    if (open.missing > 0) return
    open.arrival.body = Buffer.concat(open.parts)
    this.incomplete.delete(open.arrival.channel)
    this.arrivals.push(open.arrival)
  }
}

const scan = new PropertyScan()

function decodeHeaders(payload: Buffer, propertiesPos: number): TypedTable {
  scan.scan(payload, propertiesPos, payload.length)
  if (scan.headersPos < 0) return []
  return decodeTableTyped(payload, scan.headersPos, scan.headersPos + scan.headersLen)
}
