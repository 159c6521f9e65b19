/** Where a group would go on reading, as the broker would set it. */
import type { PartitionRow } from '../topics/topic.ts'

export type TargetKind = 'earliest' | 'latest' | 'offset' | 'time' | 'shift'

/** As the request names it; null while something is missing. */
export function targetOf(kind: TargetKind, text: string): unknown {
  if (kind === 'earliest' || kind === 'latest') return kind
  if (text === '') return null
  if (kind === 'time') {
    const time = new Date(text).getTime()
    return Number.isNaN(time) ? null : { time }
  }
  return Number.isSafeInteger(Number(text)) ? { [kind]: Number(text) } : null
}

/** Null where only the broker knows: by time, or by a shift from nowhere. */
export function foreseen(
  kind: TargetKind,
  text: string,
  { start_offset: start, end_offset: end }: PartitionRow,
  committed: number | null,
): number | null {
  const within = (offset: number): number => Math.min(Math.max(offset, start), end)
  if (kind === 'earliest') return start
  if (kind === 'latest') return end
  if (text === '' || kind === 'time') return null
  if (kind === 'offset') return within(Number(text))
  return committed === null ? null : within(committed + Number(text))
}
