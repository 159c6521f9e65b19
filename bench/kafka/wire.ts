/**
 * The few requests that a stopwatch and a filler need, encoded by hand: a client library's start and its retries would
 * be a good part of what is measured. Each in a version that is not flexible and that every broker has.
 *
 *     request   size i32 | key i16 | version i16 | correlation i32 | client id i16 + bytes | body
 *     response  size i32 | correlation i32 | body
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { crc32c } from '@node-rs/crc32'
import type { Address } from '../load/connection.ts'

const timeoutMs = 60_000
const [PRODUCE, METADATA, API_VERSIONS, CREATE_TOPICS] = [0, 3, 18, 19]
const TOPIC_ALREADY_EXISTS = 36

/** A connection that asks one thing at a time. */
export class Wire {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: ((body: Buffer) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** Resolves when the broker has answered a first request. */
  static async open({ host, port }: Address): Promise<Wire> {
    const socket = connect({ host, port, noDelay: true })
    await once(socket, 'connect')
    const wire = new Wire(socket)
    expectNone('ApiVersions', (await wire.#ask(API_VERSIONS, 0, [])).readInt16BE(0))
    return wire
  }

  close(): void {
    this.#socket.destroy()
  }

  /** One partition each; one that is there already will do. */
  async createTopics(names: readonly string[], configs: Record<string, string> = {}): Promise<void> {
    const settings = Object.entries(configs).flatMap(([name, value]) => [text(name), text(value)])
    const each = names.flatMap((name) => [
      text(name),
      i32(1),
      i16(1),
      i32(0),
      i32(Object.keys(configs).length),
      ...settings,
    ])
    const answer = new Reader(await this.#ask(CREATE_TOPICS, 2, [i32(names.length), ...each, i32(timeoutMs), i8(0)]), 4)
    for (let left = answer.i32(); left > 0; left--) {
      const name = answer.text()
      const code = answer.i16()
      answer.text()
      if (code !== TOPIC_ALREADY_EXISTS) expectNone(`CreateTopics ${name}`, code)
    }
  }

  /** Whether partition 0 has a leader; asks for the topic to be made if it is not there. */
  async hasLeader(topic: string): Promise<boolean> {
    const answer = new Reader(await this.#ask(METADATA, 4, [i32(1), text(topic), i8(1)]), 4)
    for (let brokers = answer.i32(); brokers > 0; brokers--) {
      answer.i32()
      answer.text()
      answer.i32()
      answer.text()
    }
    answer.text()
    answer.i32()
    if (answer.i32() !== 1 || answer.i16() !== 0) return false
    answer.text()
    answer.skip(1)
    if (answer.i32() < 1 || answer.i16() !== 0) return false
    answer.i32()
    return answer.i32() >= 0
  }

  /** Kafka's error code, 0 when the batch is in partition 0. */
  async produce(topic: string, batch: Buffer, acks: -1 | 1): Promise<number> {
    const partition = [i32(1), i32(0), i32(batch.length), batch]
    const body = [i16(-1), i16(acks), i32(timeoutMs), i32(1), text(topic), ...partition]
    const answer = new Reader(await this.#ask(PRODUCE, 3, body))
    answer.i32()
    answer.text()
    answer.i32()
    answer.i32()
    return answer.i16()
  }

  async #ask(key: number, version: number, body: Buffer[]): Promise<Buffer> {
    const parts = [i16(key), i16(version), i32(0), text('bench'), ...body]
    const answered = new Promise<Buffer>((resolve) => {
      this.#waiting = resolve
    })
    this.#socket.write(Buffer.concat([i32(parts.reduce((sum, part) => sum + part.length, 0)), ...parts]))
    const wrong = new AbortController()
    const gone = once(this.#socket, 'close', { signal: wrong.signal }).then(() => {
      throw new Error(`the connection closed instead of an answer to request ${key}`)
    })
    const late = setTimeout(() => this.#socket.destroy(), timeoutMs)
    try {
      return await Promise.race([answered, gone])
    } finally {
      clearTimeout(late)
      gone.catch(() => {})
      wrong.abort()
    }
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    if (this.#received.length < 4) return
    const size = this.#received.readInt32BE(0)
    if (this.#received.length < 4 + size) return
    const body = this.#received.subarray(8, 4 + size)
    this.#received = this.#received.subarray(4 + size)
    this.#waiting?.(body)
  }
}

class Reader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  i16(): number {
    return this.#bytes.readInt16BE(this.skip(2))
  }

  i32(): number {
    return this.#bytes.readInt32BE(this.skip(4))
  }

  text(): string {
    const length = Math.max(this.i16(), 0)
    return this.#bytes.toString('utf8', this.skip(length), this.#at)
  }

  skip(bytes: number): number {
    this.#at += bytes
    return this.#at - bytes
  }
}

/**
 * One batch of `count` records without key, of `valueBytes` each.
 *
 *     base offset i64 | length i32 | leader epoch i32 | magic 2 | crc32c | attributes i16 | last offset delta i32
 *     | first and greatest timestamp i64 | producer id i64 and epoch i16 and sequence i32, all -1 | count i32 | records
 */
export function batchOf(count: number, valueBytes: number, now = Date.now()): Buffer {
  const records: Buffer[] = []
  for (let delta = 0; delta < count; delta++) {
    const rest = [i8(0), varint(0), varint(delta), varint(-1), varint(valueBytes), filler(valueBytes), varint(0)]
    records.push(varint(rest.reduce((sum, part) => sum + part.length, 0)), ...rest)
  }
  const checked = Buffer.concat([
    i16(0),
    i32(count - 1),
    i64(BigInt(now)),
    i64(BigInt(now)),
    i64(-1n),
    i16(-1),
    i32(-1),
    i32(count),
    ...records,
  ])
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(crc32c(checked))
  return Buffer.concat([i64(0n), i32(9 + checked.length), i32(-1), i8(2), crc, checked])
}

/** Not all alike, so that it does not compress to nothing; the same every time. */
function filler(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0, state = size + 1; at < size; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[at] = 65 + ((state >>> 16) % 26)
  }
  return bytes
}

function expectNone(what: string, code: number): void {
  if (code !== 0) throw new Error(`${what} was answered with error ${code}`)
}

function written(bytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes)
  write(buffer)
  return buffer
}

const i8 = (value: number) => written(1, (buffer) => buffer.writeInt8(value))
const i16 = (value: number) => written(2, (buffer) => buffer.writeInt16BE(value))
const i32 = (value: number) => written(4, (buffer) => buffer.writeInt32BE(value))
const i64 = (value: bigint) => written(8, (buffer) => buffer.writeBigInt64BE(value))
const text = (value: string) => Buffer.concat([i16(Buffer.byteLength(value)), Buffer.from(value)])

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
