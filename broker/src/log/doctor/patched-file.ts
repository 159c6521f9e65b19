/**
 * A file of batches without its damaged stretches: in the place of each stand the batches that are known from elsewhere,
 * and where none is, one without records, so that no offset is missing.
 */
import { baseOffset, batchLength, nextOffset } from '../../record/batch.ts'
import { blankBatch } from '../../record/blank-batch.ts'
import type { Stretch } from './batch-scan.ts'
import type { Extract } from './treatment.ts'

/** Offsets [from, next), of some of which there are copies. */
type Torn = Pick<Stretch, 'from' | 'next' | 'copies'>

/** What the first `size` bytes of the file are made of then. */
export function patched(path: string, size: number, stretches: readonly Stretch[]): (Uint8Array | Extract)[] {
  const parts: (Uint8Array | Extract)[] = []
  let at = 0
  for (const stretch of stretches) {
    if (stretch.position > at) parts.push({ path, from: at, to: Math.min(stretch.position, size) })
    parts.push(...patchOf(stretch))
    at = stretch.to
  }
  if (at < size) parts.push({ path, from: at, to: size })
  return parts
}

function patchOf(torn: Torn): Uint8Array[] {
  const blanks = gapsIn(torn).map((gap) => blankBatch(gap.from, gap.to, 0))
  return [...blanks, ...batchesIn(torn)].sort((a, b) => baseOffset(a, 0) - baseOffset(b, 0))
}

/** Offsets that no copy has. */
export function gapsIn(torn: Torn): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = []
  let at = torn.from
  for (const batch of batchesIn(torn)) {
    if (baseOffset(batch, 0) > at) gaps.push({ from: at, to: baseOffset(batch, 0) })
    at = nextOffset(batch, 0)
  }
  if (torn.next > at) gaps.push({ from: at, to: torn.next })
  return gaps
}

/** The copies, one by one. */
export function batchesIn({ copies }: Pick<Torn, 'copies'>): Uint8Array[] {
  const batches: Uint8Array[] = []
  if (copies === undefined) return batches
  for (let at = 0; at < copies.length; at += batchLength(copies, at)) {
    batches.push(copies.subarray(at, at + batchLength(copies, at)))
  }
  return batches
}
