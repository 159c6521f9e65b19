/**
 * Publishes one pre-encoded message over and over, as fast as the broker takes it.
 *
 * Without confirms the socket's back-pressure is the only brake. With confirms at most `window` messages are in
 * flight; every chunk of confirms is answered by one write of as many messages as it freed.
 */
import type { Connection } from './connection.ts'
import { basicAck, confirmSelect, confirmSelectOk, METHOD, publish } from './frames.ts'

const blockBytes = 256 * 1024
const STEP_MS = 10
/** A confirm may come out of order, so tags in flight may span more than the window. */
const tagsTracked = 1 << 20

export interface PublisherOptions {
  channel: number
  exchange: string
  routingKey: string
  bodyBytes: number
  persistent: boolean
  /** Messages in flight; 0 publishes without confirms. */
  window: number
  /** Stops by itself after so many messages. */
  limit?: number
  /** Not faster than that, in steps of ten milliseconds. */
  perSecond?: number
}

export class Publisher {
  published = 0
  confirmed = 0
  readonly done: Promise<void>
  readonly #connection: Connection
  readonly #options: PublisherOptions
  readonly #messageBytes: number
  readonly #block: Buffer
  readonly #blockMessages: number
  readonly #pending = new Uint8Array(tagsTracked)
  #oldest = 1
  #running = false
  #startedMs = 0
  #finish!: () => void

  private constructor(connection: Connection, options: PublisherOptions) {
    this.#connection = connection
    this.#options = options
    const body = Buffer.alloc(options.bodyBytes, 'x')
    const message = publish(options.channel, options.exchange, options.routingKey, body, options.persistent)
    this.#messageBytes = message.length
    this.#blockMessages = Math.max(1, Math.floor(blockBytes / message.length))
    this.#block = Buffer.concat(Array<Buffer>(this.#blockMessages).fill(message))
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  static async open(connection: Connection, options: PublisherOptions): Promise<Publisher> {
    if (options.window > 0) await connection.call(confirmSelect(options.channel), confirmSelectOk)
    return new Publisher(connection, options)
  }

  start(): void {
    this.#running = true
    this.#startedMs = performance.now()
    if (this.#options.perSecond !== undefined) setInterval(() => this.#pump(), STEP_MS).unref()
    this.#connection.onFrame = (type, _channel, id, bytes, payload) => {
      if (type === METHOD && id === basicAck) {
        this.#confirm(
          bytes.readUInt32BE(payload + 4) * 0x100000000 + bytes.readUInt32BE(payload + 8),
          bytes[payload + 12],
        )
      }
    }
    this.#connection.onChunk = () => this.#pump()
    this.#connection.socket.on('drain', () => this.#pump())
    this.#pump()
  }

  stop(): void {
    this.#running = false
  }

  #pump(): void {
    const socket = this.#connection.socket
    const { window, limit, perSecond } = this.#options
    while (this.#running && socket.writableLength < 2 * blockBytes) {
      let count = this.#blockMessages
      if (window > 0) count = Math.min(count, window - (this.published - this.confirmed))
      if (perSecond !== undefined) {
        const due = ((performance.now() - this.#startedMs) / 1000) * perSecond - this.published
        count = Math.min(count, Math.floor(due))
      }
      if (limit !== undefined) count = Math.min(count, limit - this.published)
      if (count <= 0) break
      if (window > 0) this.#track(count)
      this.published += count
      socket.write(this.#block.subarray(0, count * this.#messageBytes))
    }
    if (limit !== undefined && this.published >= limit && (window === 0 || this.confirmed >= limit)) this.#finish()
  }

  #track(count: number): void {
    if (this.published + count - this.#oldest >= tagsTracked) throw new Error('a confirm is missing')
    for (let tag = this.published + 1; tag <= this.published + count; tag++) this.#pending[tag % tagsTracked] = 1
  }

  #confirm(tag: number, multiple: number): void {
    if (tag > this.published) throw new Error(`confirm of tag ${tag}, which was never published`)
    if (multiple & 1) {
      for (let settled = this.#oldest; settled <= tag; settled++) this.#settle(settled)
      this.#oldest = Math.max(this.#oldest, tag + 1)
      return
    }
    if (this.#settle(tag) === 0) throw new Error(`confirmed twice: ${tag}`)
    while (this.#oldest <= this.published && this.#pending[this.#oldest % tagsTracked] === 0) this.#oldest++
  }

  #settle(tag: number): number {
    const slot = tag % tagsTracked
    const was = this.#pending[slot]
    this.#pending[slot] = 0
    this.confirmed += was
    return was
  }
}
