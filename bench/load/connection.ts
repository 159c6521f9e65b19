/**
 * A raw connection: the handshake and the set-up calls in plain async code, then `onFrame` on the hot path.
 *
 * Received bytes land in one reused buffer and are walked frame by frame without an object per frame. A frame that
 * continues in the next chunk is only gathered when somebody needs its payload (`gather`); otherwise its tail is
 * skipped by count, so a body costs the reading of eleven bytes whatever its size.
 */
import { connect, type Socket } from 'node:net'
import * as frames from './frames.ts'

const chunkBytesDefault = 256 * 1024
const headBytes = 11

/** Called at the start of each frame. `id` is the method, 0 for other frames; `payload` is where the payload begins. */
export type OnFrame = (type: number, channel: number, id: number, bytes: Buffer, payload: number, size: number) => void

export interface Address {
  host: string
  port: number
}

export class Connection {
  readonly socket: Socket
  /** Called after each received chunk: the place to answer many frames with one write. */
  onChunk: () => void = () => {}
  onFrame: OnFrame = () => {}
  /** Name and version, from the broker's first words. */
  product = ''
  #skip = 0
  #gather = true
  readonly #bytes: Buffer
  /** How many bytes of an unfinished frame stand at the start of `#bytes`; the next chunk lands behind them. */
  #rest = 0
  #waiting: { id: number; resolve: (payload: Buffer) => void; reject: (error: Error) => void } | undefined
  #failed: Error | undefined
  readonly #failure = Promise.withResolvers<never>()
  #closing = false

  private constructor(address: Address, chunkBytes: number) {
    this.#failure.promise.catch(() => {})
    this.#bytes = Buffer.allocUnsafe(2 * chunkBytes)
    this.socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer: () => this.#bytes.subarray(this.#rest, this.#rest + chunkBytes),
        callback: (count) => {
          this.#receive(this.#rest + count)
          return true
        },
      },
    })
    this.socket.on('error', (error) => this.#fail(error))
    this.socket.on('close', () => this.#closing || this.#fail(new Error('the broker closed the connection')))
  }

  /** A connection holds twice `chunkBytes`; a gathered frame may be that long. */
  static async open(address: Address, chunkBytes = chunkBytesDefault): Promise<Connection> {
    const connection = new Connection(address, chunkBytes)
    connection.product = productOf(await connection.call(frames.protocolHeader, frames.connectionStart))
    const tune = await connection.call(frames.startOk(), frames.connectionTune)
    connection.socket.write(frames.tuneOk(tune.readUInt16BE(4), tune.readUInt32BE(6)))
    await connection.call(frames.open(), frames.connectionOpenOk)
    return connection
  }

  /** Writes a request and resolves with the payload of the answer, which begins with class and method. */
  call(request: Buffer, answer: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed)
      this.#waiting = { id: answer, resolve, reject }
      this.socket.write(request)
    })
  }

  openChannel(channel: number): Promise<Buffer> {
    return this.call(frames.channelOpen(channel), frames.channelOpenOk)
  }

  /** Rejects when the connection fails: race it against the measurement. */
  get failure(): Promise<never> {
    return this.#failure.promise
  }

  /** From now on a frame is reported when its first eleven bytes are there; its payload may be incomplete. */
  skipPayloads(): void {
    this.#gather = false
  }

  close(): void {
    this.#closing = true
    this.socket.destroy()
  }

  #fail(error: Error): void {
    if (this.#failed || this.#closing) return
    this.#failed = error
    this.#waiting?.reject(error)
    this.#failure.reject(error)
    this.socket.destroy()
  }

  #receive(end: number): void {
    const position = this.#walk(this.#bytes, end)
    this.#bytes.copyWithin(0, position, end)
    this.#rest = end - position
    this.onChunk()
  }

  /** Reports every frame that begins in `bytes`; returns where the part to keep for the next chunk begins. */
  #walk(bytes: Buffer, end: number): number {
    let position = Math.min(this.#skip, end)
    this.#skip -= position
    while (end - position >= headBytes) {
      const type = bytes[position]
      const channel = (bytes[position + 1] << 8) | bytes[position + 2]
      const size =
        (bytes[position + 3] << 24) | (bytes[position + 4] << 16) | (bytes[position + 5] << 8) | bytes[position + 6]
      const next = position + size + 8
      if (type === 0 || type > 3) throw new Error(`lost the frame boundary: type ${type} at ${position}`)
      const gather = this.#gather || type === frames.METHOD
      if (gather && next > end) return position
      let id = 0
      if (type === frames.METHOD) {
        id =
          ((bytes[position + 7] << 24) |
            (bytes[position + 8] << 16) |
            (bytes[position + 9] << 8) |
            bytes[position + 10]) >>>
          0
        if (id !== frames.basicDeliver && id !== frames.basicAck) this.#control(id, bytes, position + 7, size)
      }
      this.onFrame(type, channel, id, bytes, position + 7, size)
      if (next > end) {
        this.#skip = next - end
        return end
      }
      position = next
    }
    return position
  }

  #control(id: number, bytes: Buffer, payload: number, size: number): void {
    if (id === frames.connectionClose || id === frames.channelClose) {
      const code = bytes.readUInt16BE(payload + 4)
      const text = bytes.toString('utf8', payload + 7, payload + 7 + bytes[payload + 6])
      this.#fail(new Error(`the broker closed: ${code} ${text}`))
    } else if (id === frames.basicNack) {
      this.#fail(new Error('the broker refused a message (basic.nack)'))
    } else if (this.#waiting?.id === id) {
      const { resolve } = this.#waiting
      this.#waiting = undefined
      resolve(Buffer.from(bytes.subarray(payload, payload + size)))
    }
  }
}

/** Reads three text fields of the server properties by their names; the rest of the table does not matter here. */
function productOf(start: Buffer): string {
  const field = (name: string) => {
    const at = start.indexOf(String.fromCharCode(name.length) + name + 'S', 'latin1')
    if (at < 0) return undefined
    const text = at + name.length + 6
    return start.toString('utf8', text, text + start.readUInt32BE(text - 4))
  }
  return `${field('product')} ${field('signalbox_version') ?? field('version')}`
}
