/**
 * Walks what was read of a partition and gives its records as messages (message-record.ts is the way in): no control
 * records, nothing of aborted transactions. One reused object; all it gives is valid until the next call of `next`.
 *
 * A message is looked at when it is asked for, and put together in one piece of memory: names, property block and small
 * body; a large body goes by reference. A batch that cannot be read (packed data that does not open, records that do not
 * fit their lengths) is passed over, as Kafka's consumers could not read it either: `unreadable` counts, `fault` tells why.
 */
import { NO_BYTES } from '../../base/bytes.ts'
import { AbortedBatches } from '../../log/partition/aborted-batches.ts'
import type { AbortedTransaction } from '../../log/partition/partition-log.ts'
import { InvalidBatch, inspectBatch } from '../../record/batch.ts'
import type { RecordHeader } from '../../record/batch-builder.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { openBatch } from '../../record/compressed-batch.ts'
import { CompressionError } from '../../record/compression.ts'
import type { MessageDraft, MessageView } from '../../record/message.ts'
import { RecordCursor } from '../../record/record-cursor.ts'
import { OPEN_FACTOR_MAX } from '../../record/validate.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import type { Headers } from '../routing/headers.ts'
import { RecordMessage } from './record-message.ts'

/** What a batch of any size may open to, at least. */
const OPEN_BYTES_MIN = 1 << 20

export class RecordReader {
  offset = 0
  /** ms since 1970 */
  timestamp = 0
  /** Behind all that was passed so far, what was left out included. */
  nextOffset = 0
  /** Batches passed over since `open` because they cannot be read, and why the last of them. */
  unreadable = 0
  fault: Error | null = null
  /** Whether a body that lies in the parts given to `open` went out by reference: their memory is then not to be used again. */
  holder = { lent: false }

  private parts: readonly Uint8Array[] = []
  private from = 0
  private aborted: AbortedBatches | null = null
  private part = 0
  private position = 0
  private isInBatch = false
  private isDamaged = false
  /** Of the record come to last in this batch. */
  private lastOffset = -1
  private batchEnd = 0
  /** The batch that the record lies in, unpacked. */
  private opened = NO_BYTES.array
  private readonly head = new BatchHead()
  private readonly cursor = new RecordCursor()
  private readonly message: RecordMessage

  constructor(properties: PropertyBlocks) {
    this.message = new RecordMessage(properties, this.cursor)
  }

  /** Stands before the first record at or above `from` of whole batches, none of them changed while they are read. */
  open(parts: readonly Uint8Array[], from: number, aborted: readonly AbortedTransaction[], topicName: string): void {
    this.parts = parts
    this.from = this.nextOffset = from
    this.aborted = aborted.length === 0 ? null : new AbortedBatches(aborted)
    this.part = this.position = 0
    this.isInBatch = false
    this.unreadable = 0
    this.fault = null
    this.holder = { lent: false }
    this.message.topicName = topicName
  }

  /** To the next record at or above `from`; false behind the last. */
  next(): boolean {
    for (;;) {
      if (!this.isInBatch && !this.nextBatch()) return false
      try {
        if (this.nextRecord()) return true
      } catch (error) {
        this.passOver(error)
      }
      this.isInBatch = false
      this.nextOffset = Math.max(this.nextOffset, this.batchEnd)
    }
  }

  /** The routing key as text, for bindings. */
  get key(): string {
    return this.message.key
  }

  /** The key as its producer sent it. */
  get keyBytes(): Uint8Array | null {
    const { keyPosition, keyLength } = this.cursor
    return keyLength < 0 ? null : this.opened.subarray(keyPosition, keyPosition + keyLength)
  }

  get valueBytes(): Uint8Array | null {
    const { valuePosition, valueLength } = this.cursor
    return valueLength < 0 ? null : this.opened.subarray(valuePosition, valuePosition + valueLength)
  }

  /** The record's own headers, in order. */
  *recordHeaders(): Iterable<RecordHeader> {
    const { cursor, opened } = this
    cursor.rewindHeaders()
    while (cursor.nextHeader()) {
      const { headerKeyPosition: at, headerKeyLength, headerValuePosition: valueAt, headerValueLength } = cursor
      const value = headerValueLength < 0 ? null : opened.subarray(valueAt, valueAt + headerValueLength)
      yield { key: opened.subarray(at, at + headerKeyLength), value }
    }
  }

  /** The headers in plain form, for bindings and filters; null if it has none. */
  headers(): Headers | null {
    return this.message.headers()
  }

  /** Points `view` at the record as a message. */
  describe(view: MessageView): void {
    this.message.describe(view, this.holder)
    view.offset = this.offset
  }

  /** Fills a draft with the record as a message: persistent, arrived at the record's time. */
  draft(into: MessageDraft): void {
    this.message.draft(into)
  }

  /** To the next batch that may hold something; false if there is none. */
  private nextBatch(): boolean {
    const { head, parts } = this
    while (this.part < parts.length) {
      const bytes = parts[this.part]
      if (this.position >= bytes.length) {
        this.part++
        this.position = 0
        continue
      }
      if (!this.readHead(bytes)) continue
      const isWanted = !head.isControl && this.batchEnd > this.from && this.aborted?.of(head) === undefined
      if (isWanted && this.openBatch(bytes)) return true
      this.nextOffset = Math.max(this.nextOffset, this.batchEnd)
    }
    this.parts = []
    this.opened = NO_BYTES.array
    this.message.closeBatch()
    return false
  }

  /** False: nothing can be read from here on in this part. */
  private readHead(bytes: Uint8Array): boolean {
    const { head } = this
    const state = inspectBatch(bytes, this.position, bytes.length)
    try {
      // What a checksum would have to show may still tell how long the batch is.
      if (state !== 'valid' && state !== 'bad checksum')
        throw new InvalidBatch(`no batch behind ${this.nextOffset}: ${state}`)
      head.read(bytes, this.position)
    } catch (error) {
      this.passOver(error)
      this.position = bytes.length
      return false
    }
    this.position += head.length
    this.batchEnd = head.lastOffset + 1
    this.isDamaged = state !== 'valid'
    return true
  }

  private openBatch(bytes: Uint8Array): boolean {
    const { head, cursor } = this
    try {
      if (this.isDamaged) throw new InvalidBatch(`the batch at offset ${head.baseOffset} has a bad checksum`)
      const open = openBatch(bytes, head.at, Math.max(head.length, OPEN_BYTES_MIN) * OPEN_FACTOR_MAX)
      cursor.open(open, 0)
      this.opened = open
      this.message.openBatch(open, head.codec === 0)
      this.lastOffset = head.baseOffset - 1
      this.isInBatch = true
    } catch (error) {
      this.passOver(error)
    }
    return this.isInBatch
  }

  private nextRecord(): boolean {
    const { cursor } = this
    while (cursor.next()) {
      const { offset } = cursor
      // Nobody looked at the records when the batch was appended.
      if (offset <= this.lastOffset || offset >= this.batchEnd) {
        throw new InvalidBatch(`the batch at offset ${this.head.baseOffset} has a record of offset ${offset}`)
      }
      this.lastOffset = offset
      if (offset < this.from) continue
      this.message.look()
      this.offset = offset
      this.timestamp = cursor.timestamp
      this.nextOffset = offset + 1
      return true
    }
    return false
  }

  /** Numbers beyond 2^53 are a RangeError; anything else is an error of ours. */
  private passOver(error: unknown): void {
    const isUnreadable =
      error instanceof InvalidBatch || error instanceof CompressionError || error instanceof RangeError
    if (!isUnreadable) throw error
    this.unreadable++
    this.fault = error
  }
}
