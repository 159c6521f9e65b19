/**
 * Goes through the records of a topic without consuming them: one partition by offset, or several at once in the order of
 * their time. Control records and what was aborted are left out. Looks at so many bytes and no more, tells how far it
 * came, and goes on from there when it is asked again. Others have their turn in between.
 */
import type { Loan } from '../../base/loan.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import type { Partition } from '../topic/partition.ts'
import { RecordReader } from '../topic/record-reader.ts'
import { othersTurn } from './walk.ts'

/** A record passes if it has everything that is named here. */
export interface RecordFilter {
  /** Stands in the key. */
  readonly key?: string | undefined
  /** Is there, with this value if one is named. */
  readonly header?: { readonly name: string; readonly value: string | null } | undefined
  /** Stands in the value. */
  readonly text?: string | undefined
}

export interface Stretch {
  readonly partition: Partition
  readonly from: number
  /** Not behind what may be read. */
  readonly to: number
}

export interface ScanOptions {
  readonly filter: RecordFilter
  /** Of bytes read. */
  readonly scanBytes: number
  /** Whether nobody waits for the result any more. */
  isGone(): boolean
}

export interface ScanResult {
  /** By partition, where to go on; null at the end. */
  readonly next: Readonly<Record<string, number>> | null
  readonly scanned: { readonly records: number; readonly bytes: number }
}

/** The record that the reader stands at. @returns false to stop before it */
export type VisitRecord = (reader: RecordReader, partition: Partition) => boolean

const READ_BYTES = 256 << 10
/** Of all that is read at the same time. */
const READ_BYTES_ALL = 4 << 20
const READ_BYTES_MIN = 4096
const SLICE = 512

/** @throws StreamRefusal kafka-storage-error for records that cannot be read */
export async function scanTopic(
  properties: PropertyBlocks,
  stretches: readonly Stretch[],
  { filter, scanBytes, isGone }: ScanOptions,
  visit: VisitRecord,
): Promise<ScanResult> {
  const fits = fitting(filter)
  const readBytes = Math.max(READ_BYTES_MIN, Math.min(READ_BYTES, Math.floor(READ_BYTES_ALL / stretches.length)))
  const walkers = stretches.map((stretch) => new Walker(stretch, properties, readBytes))
  const budget = { left: scanBytes, bytes: 0 }
  let records = 0
  let left = SLICE
  try {
    for (;;) {
      const walker = await earliest(walkers, budget)
      if (walker === null || isGone()) break
      records++
      if (fits(walker.reader) && !visit(walker.reader, walker.partition)) {
        records--
        break
      }
      walker.passed()
      if (left-- > 0) continue
      left = SLICE
      await othersTurn()
    }
  } finally {
    for (const walker of walkers) walker.close()
  }
  const isDone = walkers.every((walker) => walker.isAtEnd)
  const next = Object.fromEntries(walkers.map(({ partition, next: offset }) => [partition.index, offset]))
  return { next: isDone ? null : next, scanned: { records, bytes: budget.bytes } }
}

interface Budget {
  left: number
  bytes: number
}

/** The one that stands at the oldest record; null if none has one, or what may be looked at is used up. */
async function earliest(walkers: readonly Walker[], budget: Budget): Promise<Walker | null> {
  let first: Walker | null = null
  for (const walker of walkers) {
    while (!walker.stands && !walker.isAtEnd) {
      if (budget.left <= 0) return null
      const bytes = await walker.read()
      budget.left -= bytes
      budget.bytes += bytes
    }
    if (walker.stands && (first === null || walker.reader.timestamp < first.reader.timestamp)) first = walker
  }
  return first
}

/** One partition on its way from `from` to `to`. */
class Walker {
  readonly partition: Partition
  readonly reader: RecordReader
  /** All below was visited, or passed over. */
  next: number
  /** The reader stands at a record that was not visited yet. */
  stands = false
  private readonly to: number
  private readonly bytesMax: number
  private loan: Loan | null = null

  constructor({ partition, from, to }: Stretch, properties: PropertyBlocks, bytesMax: number) {
    this.partition = partition
    this.next = from
    this.to = to
    this.bytesMax = bytesMax
    this.reader = new RecordReader(properties)
  }

  get isAtEnd(): boolean {
    return !this.stands && this.next >= this.to
  }

  /** Reads on. @returns how many bytes that were */
  async read(): Promise<number> {
    this.close()
    const { log } = this.partition
    // Retention may have passed by.
    this.next = Math.max(this.next, log.startOffset)
    const from = this.next
    const limit = this.partition.limit('committed')
    if (from >= Math.min(this.to, limit)) {
      this.next = Math.max(from, this.to)
      return 0
    }
    const aborted = this.partition.abortedTransactions(from, limit)
    const parts = await new Promise<readonly Uint8Array[]>((resolve, reject) => {
      const refused = this.partition.read(from, 'committed', this.bytesMax, (error, found, loan) => {
        if (error !== null) reject(new StreamRefusal('kafka-storage-error', error.message))
        else {
          this.loan = loan
          resolve(found)
        }
      })
      if (refused !== null) reject(new StreamRefusal(refused, `${this.partition} cannot be read from ${from} on`))
    })
    this.reader.open(parts, from, aborted, this.partition.topicName)
    this.step()
    return parts.reduce((sum, { length }) => sum + length, 0)
  }

  /** The record was visited. */
  passed(): void {
    this.next = this.reader.nextOffset
    this.step()
  }

  close(): void {
    // What went out by reference is somebody else's now.
    if (!this.reader.holder.lent) this.loan?.giveBack()
    this.loan = null
  }

  private step(): void {
    this.stands = this.reader.next() && this.reader.offset < this.to
    if (this.stands) this.next = this.reader.offset
    else this.next = Math.min(Math.max(this.next, this.reader.nextOffset), this.to)
  }
}

function fitting({ key, header, text }: RecordFilter): (reader: RecordReader) => boolean {
  const keyBytes = key === undefined ? null : Buffer.from(key)
  const textBytes = text === undefined ? null : Buffer.from(text)
  return (reader) => {
    if (keyBytes !== null && !holds(reader.keyBytes, keyBytes)) return false
    if (textBytes !== null && !holds(reader.valueBytes, textBytes)) return false
    return header === undefined || hasHeader(reader, header)
  }
}

function hasHeader(reader: RecordReader, { name, value }: NonNullable<RecordFilter['header']>): boolean {
  for (const header of reader.recordHeaders()) {
    if (Buffer.from(header.key).toString() !== name) continue
    if (value === null || (header.value !== null && Buffer.from(header.value).toString() === value)) return true
  }
  return false
}

function holds(bytes: Uint8Array | null, wanted: Buffer): boolean {
  return bytes !== null && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(wanted)
}
