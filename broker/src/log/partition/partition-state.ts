/**
 * What a checkpoint keeps of a partition's log. All big-endian; numbers that may be -1 are stored one larger.
 *
 *   id u64 | durability u8 | owner length u16 | owner | label length u16 | label
 *   | segment bytes u64 | segment ms u64 | index interval u32
 *   | start u64 | end u64: producers and epochs count in what is below | clean end u64: it was compacted up to there
 *   | epochs u32 × { epoch u32, start u64 }
 *   | segments u32 × { base u64, generation u32, length u64, end u64, max timestamp +1 u64, its offset +1 u64, created u64 }
 *   | producers u32 × { id u64, epoch u16, timestamp +1 u64, coordinator epoch +1 u32, transaction start +1 u64,
 *                       batches u8 × { first sequence u32, last sequence u32, base u64, last u64, timestamp +1 u64 } }
 *   | aborted u32 × { producer id u64, first u64, last u64, last stable u64 }
 *
 * And what a compaction puts in the place of the segments that begin in [from, to):
 *
 *   from u64 | to u64 | clean end u64 | segments u32 × as above | transactions of which nothing is left u32 × last offset u64
 */
import type { ByteReader, ByteWriter } from '../checkpoint-format.ts'
import { DURABILITY_CODE } from '../section.ts'
import type { AbortedTransaction, EpochStart, PartitionDurability, PartitionLogOptions } from './partition-log.ts'
import type { PartitionSegmentState } from './partition-segment.ts'
import type { OpenTransaction, ProducedBatch, ProducerState } from './producers.ts'

export interface PartitionState {
  id: number
  owner: string
  label: string
  options: PartitionLogOptions
  start: number
  /** Producers and epochs count in what is below. */
  end: number
  cleanEnd: number
  epochs: readonly EpochStart[]
  segments: readonly PartitionSegmentState[]
  producers: readonly ProducerState[]
  aborted: readonly AbortedTransaction[]
}

/** New segments for those that begin in [from, to). */
export interface Replacement {
  from: number
  to: number
  cleanEnd: number
  segments: readonly PartitionSegmentState[]
  /** Last offsets of aborted transactions of which no records are left. */
  spent: readonly number[]
}

export function encodeReplacement(into: ByteWriter, replacement: Replacement): void {
  for (const value of [replacement.from, replacement.to, replacement.cleanEnd]) into.u64(value)
  into.u32(replacement.segments.length)
  for (const segment of replacement.segments) encodeSegment(into, segment)
  into.u32(replacement.spent.length)
  for (const lastOffset of replacement.spent) into.u64(lastOffset)
}

export function decodeReplacement(from: ByteReader): Replacement {
  const [begin, to, cleanEnd] = [from.u64(), from.u64(), from.u64()]
  const segments = times(from.u32(), () => decodeSegment(from))
  return { from: begin, to, cleanEnd, segments, spent: times(from.u32(), () => from.u64()) }
}

/** What a section says of a raised start: the offset, and the transactions that reach over it. */
export function decodeStart(from: ByteReader): [offset: number, over: OpenTransaction[]] {
  const offset = from.u64()
  return [offset, times(from.u32(), () => ({ producerId: from.u64(), firstOffset: from.u64() }))]
}

function durabilityOf(code: number): PartitionDurability | null {
  if (code === DURABILITY_CODE.synced) return 'synced'
  return code === DURABILITY_CODE.written ? 'written' : null
}

export function encodePartition(into: ByteWriter, state: PartitionState): void {
  into.u64(state.id)
  into.u8(DURABILITY_CODE[state.options.durability])
  for (const text of [state.owner, state.label]) {
    const bytes = Buffer.from(text)
    into.u16(bytes.length)
    into.raw(bytes)
  }
  into.u64(state.options.segmentBytes)
  into.u64(state.options.segmentMs)
  into.u32(state.options.indexIntervalBytes)
  into.u64(state.start)
  into.u64(state.end)
  into.u64(state.cleanEnd)
  into.u32(state.epochs.length)
  for (const { epoch, startOffset } of state.epochs) {
    into.u32(epoch)
    into.u64(startOffset)
  }
  into.u32(state.segments.length)
  for (const segment of state.segments) encodeSegment(into, segment)
  into.u32(state.producers.length)
  for (const producer of state.producers) encodeProducer(into, producer)
  into.u32(state.aborted.length)
  for (const { producerId, firstOffset, lastOffset, lastStableOffset } of state.aborted) {
    for (const value of [producerId, firstOffset, lastOffset, lastStableOffset]) into.u64(value)
  }
}

function encodeSegment(into: ByteWriter, segment: PartitionSegmentState): void {
  into.u64(segment.base)
  into.u32(segment.generation)
  into.u64(segment.length)
  into.u64(segment.end)
  into.u64(segment.maxTimestamp + 1)
  into.u64(segment.offsetOfMaxTimestamp + 1)
  into.u64(segment.createdMs)
}

function encodeProducer(into: ByteWriter, producer: ProducerState): void {
  into.u64(producer.producerId)
  into.u16(producer.producerEpoch)
  into.u64(producer.lastTimestamp + 1)
  into.u32(producer.coordinatorEpoch + 1)
  into.u64(producer.transactionStart + 1)
  into.u8(producer.batches.length)
  for (const batch of producer.batches) {
    into.u32(batch.firstSequence)
    into.u32(batch.lastSequence)
    into.u64(batch.baseOffset)
    into.u64(batch.lastOffset)
    into.u64(batch.timestamp + 1)
  }
}

/** @returns null for a durability that is not known */
export function decodePartition(from: ByteReader): PartitionState | null {
  const id = from.u64()
  const durability = durabilityOf(from.u8())
  const owner = from.text(from.u16())
  const label = from.text(from.u16())
  const [segmentBytes, segmentMs, indexIntervalBytes] = [from.u64(), from.u64(), from.u32()]
  const [start, end, cleanEnd] = [from.u64(), from.u64(), from.u64()]
  const epochs = times(from.u32(), () => ({ epoch: from.u32(), startOffset: from.u64() }))
  const segments = times(from.u32(), () => decodeSegment(from))
  const producers = times(from.u32(), () => decodeProducer(from))
  const aborted = times(from.u32(), () => ({
    producerId: from.u64(),
    firstOffset: from.u64(),
    lastOffset: from.u64(),
    lastStableOffset: from.u64(),
  }))
  if (durability === null) return null
  const options = { durability, segmentBytes, segmentMs, indexIntervalBytes }
  return { id, owner, label, options, start, end, cleanEnd, epochs, segments, producers, aborted }
}

function decodeSegment(from: ByteReader): PartitionSegmentState {
  return {
    base: from.u64(),
    generation: from.u32(),
    length: from.u64(),
    end: from.u64(),
    maxTimestamp: from.u64() - 1,
    offsetOfMaxTimestamp: from.u64() - 1,
    createdMs: from.u64(),
  }
}

function decodeProducer(from: ByteReader): ProducerState {
  const state: ProducerState = {
    producerId: from.u64(),
    producerEpoch: from.u16(),
    lastTimestamp: from.u64() - 1,
    coordinatorEpoch: from.u32() - 1,
    transactionStart: from.u64() - 1,
    batches: [],
  }
  state.batches = times(
    from.u8(),
    (): ProducedBatch => ({
      firstSequence: from.u32(),
      lastSequence: from.u32(),
      baseOffset: from.u64(),
      lastOffset: from.u64(),
      timestamp: from.u64() - 1,
    }),
  )
  return state
}

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = []
  for (let left = count; left > 0; left--) made.push(make())
  return made
}
