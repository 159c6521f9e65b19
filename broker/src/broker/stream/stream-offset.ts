/** Where in a stream a consumer begins: what its argument `x-stream-offset` says, and which offset that is. */
import { AbortedBatches } from '../../log/partition/aborted-batches.ts'
import { BatchHead } from '../../record/batch-head.ts'
import { type HeaderValue, isTyped } from '../routing/headers.ts'
import type { Partition } from '../topic/partition.ts'
import { intervalMs } from './interval.ts'

export type StreamOffset =
  | { readonly kind: 'first' | 'last' | 'next' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timeMs: number }

const NEXT: StreamOffset = { kind: 'next' }

/**
 * @param now ms since 1970: intervals count back from here
 * @returns null for what is no offset
 */
export function parseStreamOffset(value: HeaderValue | undefined, now: number): StreamOffset | null {
  if (value === undefined) return NEXT
  if (typeof value === 'bigint') return { kind: 'offset', offset: Number(value) }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { kind: 'offset', offset: value } : null
  if (value === 'first' || value === 'last' || value === 'next') return { kind: value }
  if (typeof value === 'string') {
    const ms = intervalMs(value)
    return ms === null ? null : { kind: 'time', timeMs: now - ms }
  }
  const isTime = value !== null && isTyped(value) && value.type === 'T'
  return isTime ? { kind: 'time', timeMs: Number(value.value) * 1000 } : null
}

/** Calls back, at once unless a time must be looked up, with the offset to read from; with an error if files are damaged. */
export function resolveStreamOffset(
  offset: StreamOffset,
  partition: Partition,
  done: (error: Error | null, offset: number) => void,
): void {
  const { log } = partition
  const end = partition.limit('committed')
  if (offset.kind === 'offset') done(null, Math.min(Math.max(offset.offset, log.startOffset), end))
  else if (offset.kind === 'time')
    log.offsetForTime(offset.timeMs, end, (error, found) => done(error, found?.offset ?? end))
  else if (offset.kind === 'first') done(null, log.startOffset)
  else if (offset.kind === 'next') done(null, end)
  else
    lastRecord(partition, end).then(
      (found) => done(null, found),
      (error) => done(error, -1),
    )
}

/** The newest record: markers of transactions, and what was aborted, are none. Where there is none, the end. */
async function lastRecord(partition: Partition, end: number): Promise<number> {
  const head = new BatchHead()
  for (let at = end - 1; at >= partition.log.startOffset; at = head.baseOffset - 1) {
    const batch = await batchAt(partition, at)
    if (batch === undefined) break
    head.read(batch, 0)
    const aborted = partition.abortedTransactions(head.baseOffset, head.lastOffset + 1)
    const isRead = !head.isControl && new AbortedBatches(aborted).of(head) === undefined
    if (isRead && head.recordsCount > 0) return head.lastOffset
  }
  return end
}

function batchAt(partition: Partition, offset: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const refused = partition.read(offset, 'committed', 1, (error, parts) => {
      if (error === null) resolve(parts[0])
      else reject(error)
    })
    if (refused !== null) resolve(undefined)
  })
}
