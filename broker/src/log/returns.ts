/**
 * How often records came back to their queue, and until when they are to rest there. Most never do, so that both stand
 * in maps that are made at first use. What is staged is written at the seal, behind the records.
 *
 *   return  { offset u64, count u32, not before u64: ms, 0 = at once } …
 *   before store format 2: { offset u64, count u32 } …
 */
import { readU64, writeU64 } from './section.ts'

export const RETURN_BYTES = 20
const RETURN_BYTES_FORMAT_1 = 12

export interface Return {
  offset: number
  count: number
  notBefore: number
}

export class Returns {
  private readonly counts = new Map<number, number>()
  private notBefores: Map<number, number> | null = null
  private staged = new Set<number>()

  count(offset: number): number {
    return this.counts.get(offset) ?? 0
  }

  notBefore(offset: number): number {
    return this.notBefores?.get(offset) ?? 0
  }

  set(offset: number, count: number, notBefore: number): void {
    this.counts.set(offset, count)
    if (notBefore > 0) {
      this.notBefores ??= new Map()
      this.notBefores.set(offset, notBefore)
    } else this.notBefores?.delete(offset)
  }

  delete(offset: number): void {
    this.counts.delete(offset)
    this.notBefores?.delete(offset)
  }

  /** Keeps only what `isKept` says. */
  filter(isKept: (offset: number) => boolean): void {
    for (const offset of this.counts.keys()) if (!isKept(offset)) this.delete(offset)
  }

  forEach(visit: (offset: number, count: number, notBefore: number) => void): void {
    for (const [offset, count] of this.counts) visit(offset, count, this.notBefore(offset))
  }

  /** To be written with the next seal. */
  stage(offset: number): void {
    this.staged.add(offset)
  }

  /** What was staged, as it is now; without what was settled since. */
  takeStaged(): Return[] {
    const offsets = this.staged
    this.staged = new Set()
    const taken: Return[] = []
    for (const offset of offsets) {
      const count = this.counts.get(offset)
      if (count !== undefined) taken.push({ offset, count, notBefore: this.notBefore(offset) })
    }
    return taken
  }

  get hasStaged(): boolean {
    return this.staged.size > 0
  }
}

export function encodeReturns(returns: readonly Return[], into: DataView, at: number): void {
  for (const { offset, count, notBefore } of returns) {
    writeU64(into, at, offset)
    into.setUint32(at + 8, count)
    writeU64(into, at + 12, notBefore)
    at += RETURN_BYTES
  }
}

/** Reads the body of a section. */
export function decodeReturns(view: DataView, at: number, length: number, isFormat1: boolean, into: Returns): void {
  const step = isFormat1 ? RETURN_BYTES_FORMAT_1 : RETURN_BYTES
  for (const end = at + length; at < end; at += step) {
    into.set(readU64(view, at), view.getUint32(at + 8), isFormat1 ? 0 : readU64(view, at + 12))
  }
}
