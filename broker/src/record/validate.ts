/**
 * What a producer's batch must be record by record. Its head, checked elsewhere, tells enough for most topics; the records
 * are walked, and opened if they are packed, only where a topic's rules ask what no head tells. So a batch whose records
 * are no records can enter a topic without such rules, and its readers find out: they always have to check.
 */
import { writeInt64 } from '../base/bytes.ts'
import { Attribute, Field, InvalidBatch } from './batch.ts'
import { BatchHead } from './batch-head.ts'
import { openBatch, sumBatch } from './compressed-batch.ts'
import { CompressionError } from './compression.ts'
import { RecordCursor } from './record-cursor.ts'

/** A packed batch may open to so many times the size that a batch may have. */
export const OPEN_FACTOR_MAX = 64

/** What a topic asks of each record. */
export interface RecordRules {
  /** As `orders-0`, for texts. */
  readonly topicPartition: string
  /** Compacted topics keep by key. */
  readonly keysRequired: boolean
  /** Of records' own timestamps, ms; -Infinity and Infinity for none. */
  readonly timestampMin: number
  readonly timestampMax: number
  /** What a packed batch may open to. */
  readonly openBytesMax: number
}

/** `batchIndex`: which record of the batch. */
export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

export interface RecordsRefused {
  readonly error: 'invalid-record' | 'invalid-timestamp' | 'message-too-large' | 'unsupported-compression-type'
  readonly message: string
  readonly recordErrors: readonly RecordError[]
}

const NO_TIMESTAMP = -1
/** Records whose errors the summary repeats. */
const ERRORS_SHOWN = 3
/** What a batch that cannot be opened is refused for. */
export const FAULT_ERRORS = {
  missing: 'unsupported-compression-type',
  damaged: 'invalid-record',
  large: 'message-too-large',
} as const

const head = new BatchHead()
const cursor = new RecordCursor()

/**
 * Checks a batch whose head and checksum were found right. Where the head lacks the largest timestamp, as some libraries
 * leave it, it is put in. Null: it may be appended.
 */
export function checkRecords(bytes: Uint8Array, at: number, rules: RecordRules): RecordsRefused | null {
  head.read(bytes, at)
  if (head.attributes & Attribute.appendTime) {
    const message = `Invalid timestamp type in ${rules.topicPartition}. Producer should not set timestamp type to LogAppendTime.`
    return { error: 'invalid-timestamp', message, recordErrors: [] }
  }
  if (!mustWalk(rules)) return null
  try {
    return walk(bytes, at, rules)
  } catch (error) {
    if (error instanceof CompressionError)
      return { error: FAULT_ERRORS[error.fault], message: error.message, recordErrors: [] }
    if (error instanceof InvalidBatch) return { error: 'invalid-record', message: error.message, recordErrors: [] }
    throw error
  }
}

function mustWalk(rules: RecordRules): boolean {
  if (rules.keysRequired || rules.timestampMin > 0) return true
  return head.maxTimestamp > rules.timestampMax || head.maxTimestamp < head.baseTimestamp
}

function walk(bytes: Uint8Array, at: number, rules: RecordRules): RecordsRefused | null {
  cursor.open(openBatch(bytes, at, rules.openBytesMax), 0)
  const recordErrors: RecordError[] = []
  let untimely = false
  let maxTimestamp = NO_TIMESTAMP
  for (let index = 0; cursor.next(); index++) {
    while (cursor.nextHeader());
    if (cursor.offsetDelta !== index) {
      throw new InvalidBatch(`record ${index} of the batch has offset delta ${cursor.offsetDelta}`)
    }
    if (rules.keysRequired && cursor.keyLength < 0) {
      const message = `Compacted topic cannot accept message without key in topic partition ${rules.topicPartition}`
      recordErrors.push({ batchIndex: index, message })
    } else if (isUntimely(rules)) {
      untimely = true
      recordErrors.push({ batchIndex: index, message: untimelyMessage(rules) })
    }
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp
  }
  if (recordErrors.length > 0) return refused(recordErrors, untimely)
  if (maxTimestamp !== head.maxTimestamp) {
    writeInt64(bytes, at + Field.maxTimestamp, maxTimestamp)
    sumBatch(bytes, at)
  }
  return null
}

function isUntimely(rules: RecordRules): boolean {
  const { timestamp } = cursor
  return timestamp !== NO_TIMESTAMP && (timestamp < rules.timestampMin || timestamp > rules.timestampMax)
}

function untimelyMessage(rules: RecordRules): string {
  const range = `[${rules.timestampMin}, ${rules.timestampMax}]`
  return `Timestamp ${cursor.timestamp} of message with offset ${cursor.offset} is out of range. The timestamp should be within ${range}`
}

function refused(recordErrors: RecordError[], untimely: boolean): RecordsRefused {
  if (untimely) {
    const message = 'One or more records have been rejected due to invalid timestamp'
    return { error: 'invalid-timestamp', message, recordErrors }
  }
  const shown = recordErrors.slice(0, ERRORS_SHOWN)
  const texts = shown.map((one) => `RecordError(batchIndex=${one.batchIndex}, message='${one.message}')`)
  const message =
    `One or more records have been rejected due to ${recordErrors.length} record errors in total, ` +
    `and only showing the first three errors at most: [${texts.join(', ')}]`
  return { error: 'invalid-record', message, recordErrors }
}
