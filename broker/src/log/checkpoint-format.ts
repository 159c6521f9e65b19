/**
 * A checkpoint: the state of a shard's logs and definitions, so that journal files before it can go. All big-endian.
 *
 *  head   magic u32 'SBCP' | version u32 | store id 16 | shard u32 | E0 u64: the entry sealed when it was begun
 *         | journal from u64: seq of the first journal file still needed | next log id u64 | crc u32
 *  chunk  kind u8: 1 logs, 2 definitions, 3 partitions, 4 parts of cursors, 5 ledgers | 0 u8 | objects u16 | length u32 | applied through u64: the entry just sealed
 *         | crc u32, over what comes before and what follows | objects
 *  foot   magic u32 'SBCF' | chunks u32 | E1 u64: the last entry any chunk counts in | crc of the crcs u32 | crc u32
 *
 *  log         id u64 | durability u8: 1 synced, 2 written | lane u8 | owner length u16 | owner
 *              | journalled end u64 | cold end u64: unsettled records below lie in segments
 *              | settled below u64 | maybe delivered below u64
 *              | segments u32 × { base, end, length, unsettled, unsettled body bytes (2^53 - 1: not known): u64 each }
 *              | settled above u32 × { gap varint, length varint } | returns u32 × { offset u64, count u32, not before u64 }
 *  definition  id length u16 | id | value length u32 | value
 *  partition   see partition/partition-state.ts
 *  cursor      see cursor.ts | ledger  see source-ledger.ts
 */
import { crc32 } from '../base/crc32c.ts'
import { type CursorState, decodeCursor } from './cursor.ts'
import { decodePartition, type PartitionState } from './partition/partition-state.ts'
import type { Return } from './returns.ts'
import { readU64, writeU64 } from './section.ts'
import { BYTES_UNKNOWN, type SegmentState } from './segment.ts'
import { decodeLedger, type LedgerState } from './source-ledger.ts'

const HEAD_MAGIC = 0x53424350
const FOOT_MAGIC = 0x53424346
/** Version 3 has no cursors and ledgers, version 2 no partitions. Version 1 has returns without `not before`, and bytes of segments that are estimates. */
const VERSION = 4
/** Of the file, before the first chunk. */
export const CHECKPOINT_HEAD_BYTES = 56
export const CHUNK_HEAD_BYTES = 20
const FOOT_BYTES = 24
export const CHUNK_BYTES_MAX = 65536
export const ChunkKind = { logs: 1, definitions: 2, partitions: 3, cursors: 4, ledgers: 5 } as const

export interface CheckpointHead {
  storeId: Uint8Array
  shard: number
  firstEntry: number
  journalFrom: number
  nextLogId: number
}

export interface LogState {
  id: number
  durability: number
  owner: string
  journalEnd: number
  coldEnd: number
  settledBelow: number
  maybeDeliveredBelow: number
  segments: SegmentState[]
  /** [from, to) pairs */
  settledAbove: number[]
  returns: Return[]
}

export interface CheckpointVisitor {
  log(state: LogState, appliedThrough: number): void
  definition(id: string, value: Uint8Array, appliedThrough: number): void
  /** Null: of a kind that is not known. */
  partition(state: PartitionState | null, appliedThrough: number): void
  cursor(state: CursorState, appliedThrough: number): void
  ledger(state: LedgerState, appliedThrough: number): void
}

/** Bytes that grow as they are written. */
export class ByteWriter {
  length = 0
  private bytes = Buffer.alloc(CHUNK_BYTES_MAX)
  private view = new DataView(this.bytes.buffer)

  u8(value: number): void {
    this.room(1)
    this.bytes[this.length++] = value
  }

  u16(value: number): void {
    this.room(2)
    this.view.setUint16(this.length, value)
    this.length += 2
  }

  u32(value: number): void {
    this.room(4)
    this.view.setUint32(this.length, value)
    this.length += 4
  }

  u64(value: number): void {
    this.room(8)
    writeU64(this.view, this.length, value)
    this.length += 8
  }

  varint(value: number): void {
    for (; value >= 128; value = Math.floor(value / 128)) this.u8((value % 128) | 128)
    this.u8(value)
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** What was written; the writer is not to be used again. */
  done(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + count))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}

export function encodeLog(into: ByteWriter, log: LogState): void {
  const owner = Buffer.from(log.owner)
  into.u64(log.id)
  into.u8(log.durability)
  into.u8(0)
  into.u16(owner.length)
  into.raw(owner)
  for (const value of [log.journalEnd, log.coldEnd, log.settledBelow, log.maybeDeliveredBelow]) into.u64(value)
  into.u32(log.segments.length)
  for (const { base, end, length, unsettled, unsettledBytes } of log.segments) {
    for (const value of [base, end, length, unsettled, unsettledBytes]) into.u64(value)
  }
  encodeProgress(into, log)
}

/** What is settled above the first unsettled offset, and what came back. */
export interface Progress {
  readonly settledBelow: number
  readonly settledAbove: readonly number[]
  readonly returns: readonly Return[]
}

export function encodeProgress(into: ByteWriter, { settledBelow, settledAbove, returns }: Progress): void {
  into.u32(settledAbove.length / 2)
  let before = settledBelow
  for (let i = 0; i < settledAbove.length; i++) {
    into.varint(settledAbove[i] - before)
    before = settledAbove[i]
  }
  into.u32(returns.length)
  for (const { offset, count, notBefore } of returns) {
    into.u64(offset)
    into.u32(count)
    into.u64(notBefore)
  }
}

export function decodeProgress(
  from: ByteReader,
  settledBelow: number,
  isVersion1: boolean,
): { settledAbove: number[]; returns: Return[] } {
  const settledAbove: number[] = []
  let before = settledBelow
  for (let left = from.u32() * 2; left > 0; left--) settledAbove.push((before += from.varint()))
  const returns: Return[] = []
  for (let left = from.u32(); left > 0; left--) {
    returns.push({ offset: from.u64(), count: from.u32(), notBefore: isVersion1 ? 0 : from.u64() })
  }
  return { settledAbove, returns }
}

export function encodeDefinition(into: ByteWriter, id: string, value: Uint8Array): void {
  const name = Buffer.from(id)
  into.u16(name.length)
  into.raw(name)
  into.u32(value.length)
  into.raw(value)
}

/** A chunk of objects already encoded. */
export function encodeChunk(kind: number, objects: number, body: Buffer, appliedThrough: number): Buffer {
  const chunk = Buffer.alloc(CHUNK_HEAD_BYTES + body.length)
  const view = new DataView(chunk.buffer, chunk.byteOffset)
  view.setUint8(0, kind)
  view.setUint16(2, objects)
  view.setUint32(4, body.length)
  writeU64(view, 8, appliedThrough)
  view.setUint32(16, crc32(body, crc32(chunk.subarray(0, 16))))
  body.copy(chunk, CHUNK_HEAD_BYTES)
  return chunk
}

export function encodeHead(head: CheckpointHead): Buffer {
  const into = new ByteWriter()
  into.u32(HEAD_MAGIC)
  into.u32(VERSION)
  into.raw(head.storeId)
  into.u32(head.shard)
  for (const value of [head.firstEntry, head.journalFrom, head.nextLogId]) into.u64(value)
  into.u32(crc32(into.done()))
  return into.done()
}

export function encodeFoot(chunks: readonly Buffer[], lastEntry: number): Buffer {
  const into = new ByteWriter()
  into.u32(FOOT_MAGIC)
  into.u32(chunks.length)
  into.u64(lastEntry)
  into.u32(chunks.reduce((crc, chunk) => crc32(chunk.subarray(16, 20), crc), 0))
  into.u32(crc32(into.done()))
  return into.done()
}

export interface DecodedCheckpoint {
  head: CheckpointHead
  /** The last entry any chunk counts in: the walk of the journal must reach it. */
  lastEntry: number
  visit(visitor: CheckpointVisitor): void
}

/** @returns null unless head, all chunks and foot check. */
export function decodeCheckpoint(bytes: Buffer): DecodedCheckpoint | null {
  if (bytes.length < CHECKPOINT_HEAD_BYTES + FOOT_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0) !== HEAD_MAGIC || view.getUint32(4) > VERSION) return null
  if (crc32(bytes.subarray(0, CHECKPOINT_HEAD_BYTES - 4)) !== view.getUint32(CHECKPOINT_HEAD_BYTES - 4)) return null
  const footAt = bytes.length - FOOT_BYTES
  if (view.getUint32(footAt) !== FOOT_MAGIC) return null
  if (crc32(bytes.subarray(footAt, footAt + 20)) !== view.getUint32(footAt + 20)) return null
  const chunks: { at: number }[] = []
  let crcs = 0
  for (let at = CHECKPOINT_HEAD_BYTES; at < footAt; ) {
    const end = chunkEnd(bytes, view, at, footAt)
    if (end < 0) return null
    crcs = crc32(bytes.subarray(at + 16, at + 20), crcs)
    chunks.push({ at })
    at = end
  }
  if (chunks.length !== view.getUint32(footAt + 4) || crcs !== view.getUint32(footAt + 16)) return null
  return {
    head: {
      storeId: bytes.subarray(8, 24),
      shard: view.getUint32(24),
      firstEntry: readU64(view, 28),
      journalFrom: readU64(view, 36),
      nextLogId: readU64(view, 44),
    },
    lastEntry: readU64(view, footAt + 8),
    visit: (visitor) => {
      for (const { at } of chunks) visitChunk(bytes, view, at, visitor)
    },
  }
}

/** Where the chunk at `at` ends; -1 unless a whole one stands there, below `limit`. */
export function chunkEnd(bytes: Buffer, view: DataView, at: number, limit: number): number {
  if (at + CHUNK_HEAD_BYTES > limit) return -1
  const end = at + CHUNK_HEAD_BYTES + view.getUint32(at + 4)
  if (end > limit) return -1
  const crc = crc32(bytes.subarray(at + CHUNK_HEAD_BYTES, end), crc32(bytes.subarray(at, at + 16)))
  return crc === view.getUint32(at + 16) ? end : -1
}

/** Tells the objects of the chunk at `at`, which was checked. */
export function visitChunk(bytes: Buffer, view: DataView, at: number, visitor: CheckpointVisitor): void {
  const appliedThrough = readU64(view, at + 8)
  const reader = new ByteReader(bytes, view, at + CHUNK_HEAD_BYTES)
  const isVersion1 = view.getUint32(4) === 1
  for (let left = view.getUint16(at + 2); left > 0; left--) {
    const kind = view.getUint8(at)
    if (kind === ChunkKind.logs) visitor.log(decodeLog(reader, isVersion1), appliedThrough)
    else if (kind === ChunkKind.partitions) visitor.partition(decodePartition(reader), appliedThrough)
    else if (kind === ChunkKind.cursors) visitor.cursor(decodeCursor(reader), appliedThrough)
    else if (kind === ChunkKind.ledgers) visitor.ledger(decodeLedger(reader), appliedThrough)
    else {
      const id = reader.text(reader.u16())
      visitor.definition(id, Buffer.from(reader.raw(reader.u32())), appliedThrough)
    }
  }
}

function decodeLog(from: ByteReader, isVersion1: boolean): LogState {
  const id = from.u64()
  const durability = from.u8()
  from.u8()
  const owner = from.text(from.u16())
  const [journalEnd, coldEnd, settledBelow, maybeDeliveredBelow] = [from.u64(), from.u64(), from.u64(), from.u64()]
  const segments: SegmentState[] = []
  for (let left = from.u32(); left > 0; left--) {
    const [base, end, length, unsettled, unsettledBytes] = [from.u64(), from.u64(), from.u64(), from.u64(), from.u64()]
    segments.push({ base, end, length, unsettled, unsettledBytes: isVersion1 ? BYTES_UNKNOWN : unsettledBytes })
  }
  const progress = decodeProgress(from, settledBelow, isVersion1)
  return {
    id,
    durability,
    owner,
    journalEnd,
    coldEnd,
    settledBelow,
    maybeDeliveredBelow,
    segments,
    ...progress,
  }
}

export class ByteReader {
  private readonly bytes: Buffer
  private readonly view: DataView
  private at: number

  constructor(bytes: Buffer, view: DataView, at: number) {
    this.bytes = bytes
    this.view = view
    this.at = at
  }

  u8(): number {
    return this.bytes[this.at++]
  }

  u16(): number {
    this.at += 2
    return this.view.getUint16(this.at - 2)
  }

  u32(): number {
    this.at += 4
    return this.view.getUint32(this.at - 4)
  }

  u64(): number {
    this.at += 8
    return readU64(this.view, this.at - 8)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  raw(length: number): Buffer {
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  text(length: number): string {
    return this.raw(length).toString('utf8')
  }
}
