/**
 * Damage to the files of a store, drawn from a seed, and the truth about it: which records stand nowhere but in what was
 * changed. It is read from the whole files, so that it does not rest on what the doctor finds.
 */

import type { SeededRandom } from '../../../src/base/random.ts'
import {
  decodeEntryHead,
  ENTRY_HEAD_BYTES,
  ENTRY_JOINED,
  entryRoom,
  JOURNAL_BLOCK_BYTES,
} from '../../../src/log/entry.ts'
import { forEachDestination } from '../../../src/log/message-section.ts'
import { SECTION_HEAD_BYTES, SectionKind } from '../../../src/log/section.ts'
import { batchLength } from '../../../src/record/batch.ts'
import { RecordCursor } from '../../../src/record/record-cursor.ts'
import type { Files } from './filled-store.ts'

export interface Damaged {
  readonly files: Map<string, Buffer>
  readonly what: string
}

export const KINDS = ['flip', 'zero', 'truncate', 'remove', 'extra'] as const

export function damage(files: Files, random: SeededRandom, kind: (typeof KINDS)[number], path: string): Damaged {
  const damaged = new Map(files)
  const bytes = Buffer.from(files.get(path)!)
  damaged.set(path, bytes)
  if (kind === 'flip') {
    const at = random.below(bytes.length)
    const bit = random.below(8)
    bytes[at] ^= 1 << bit
    return { files: damaged, what: `bit ${bit} of byte ${at} of ${path}` }
  }
  if (kind === 'zero') {
    const from = random.below(bytes.length)
    const to = Math.min(bytes.length, from + 1 + random.below(20_000))
    bytes.fill(0, from, to)
    return { files: damaged, what: `zeros in ${from} to ${to} of ${path}` }
  }
  if (kind === 'truncate') {
    const size = random.below(bytes.length)
    damaged.set(path, bytes.subarray(0, size))
    return { files: damaged, what: `${path} cut to ${size} of ${bytes.length}` }
  }
  if (kind === 'remove') {
    damaged.delete(path)
    return { files: damaged, what: `${path} removed` }
  }
  const extra = `${path.slice(0, path.lastIndexOf('/') + 1)}${random.below(2) === 0 ? 'foreign.txt' : `99-${'0'.repeat(20)}.log`}`
  damaged.set(path, files.get(path)!)
  damaged.set(extra, Buffer.from('nothing of ours'))
  return { files: damaged, what: `${extra} added` }
}

interface Place {
  readonly path: string
  readonly from: number
  readonly to: number
}

/** Where the record of each log's offset stands: each place is enough, but all of a place is needed. */
export type Places = Map<number, Map<number, Place[][]>>

export function placesIn(files: Files): Places {
  const places: Places = new Map()
  for (const [path, bytes] of files) {
    if (path.includes('/journal/')) journalPlaces(path, bytes, places)
    else if (path.includes('/segments/') || (path.includes('/partitions/') && path.endsWith('.log'))) {
      batchPlaces(path, bytes, places)
    }
  }
  return places
}

function add(places: Places, logId: number, offset: number, where: Place[]): void {
  const log = places.get(logId) ?? new Map<number, Place[][]>()
  places.set(logId, log)
  log.set(offset, [...(log.get(offset) ?? []), where])
}

function journalPlaces(path: string, bytes: Buffer, places: Places): void {
  const seq = Number(bytes.readBigUInt64BE(28))
  let unfinished: { destinations: [number, number][]; where: Place[] } | null = null
  for (let at = JOURNAL_BLOCK_BYTES; at < bytes.length; ) {
    const head = decodeEntryHead(bytes, at)
    if (head === null || head.fileSeq !== seq) break
    const where: Place = { path, from: at, to: at + ENTRY_HEAD_BYTES + head.length }
    for (let s = at + ENTRY_HEAD_BYTES; s < where.to; ) {
      const length = bytes.readUInt32BE(s + 4)
      const [kind, flags] = [bytes[s], bytes[s + 1]]
      if (kind === SectionKind.message || kind === SectionKind.carry) {
        if (flags & 1) {
          const destinations: [number, number][] = []
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
          forEachDestination(bytes, view, s, (logId, offset) => destinations.push([logId, offset]))
          unfinished = { destinations, where: [where] }
        } else if (unfinished !== null) unfinished.where.push(where)
        if (flags & 2 && unfinished !== null) {
          for (const [logId, offset] of unfinished.destinations) add(places, logId, offset, unfinished.where)
          unfinished = null
        }
      }
      if (kind === SectionKind.batch && flags === 3) {
        const logId = Number(bytes.readBigUInt64BE(s + 8))
        const end = s + SECTION_HEAD_BYTES + length
        for (let b = s + SECTION_HEAD_BYTES; b < end; b += batchLength(bytes, b)) {
          for (const offset of offsetsIn(bytes, b)) add(places, logId, offset, [where])
        }
      }
      s += SECTION_HEAD_BYTES + length
    }
    at += entryRoom(head.length)
  }
}

function batchPlaces(path: string, bytes: Buffer, places: Places): void {
  const [, name] = /([^/]+)\/\d+\.log$/.exec(path) ?? []
  const logId = Number(
    name?.slice(name.lastIndexOf('.') + 1) ?? Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10),
  )
  for (let at = 0; at < bytes.length; at += batchLength(bytes, at)) {
    const where = [{ path, from: at, to: at + batchLength(bytes, at) }]
    for (const offset of offsetsIn(bytes, at)) add(places, logId, offset, where)
  }
}

function offsetsIn(bytes: Buffer, at: number): number[] {
  const record = new RecordCursor()
  const offsets: number[] = []
  record.open(bytes, at)
  while (record.next()) offsets.push(record.offset)
  return offsets
}

/** True if some copy of the record is as it was. */
export function isWhole(copies: readonly (readonly Place[])[], before: Files, after: Files): boolean {
  return copies.some((places) => places.every((place) => isSame(place, before, after)))
}

function isSame({ path, from, to }: Place, before: Files, after: Files): boolean {
  const now = after.get(path)
  return now !== undefined && now.length >= to && before.get(path)!.subarray(from, to).equals(now.subarray(from, to))
}

/** Of the newest journal file of each shard, what stands behind the first damaged entry: taken for the end of a torn write. */
export function afterTornEnd(before: Files, after: Files): Place[] {
  const newest = new Map<string, { seq: number; path: string }>()
  for (const [path, bytes] of before) {
    if (!path.includes('/journal/') || bytes.readUInt32BE(0) !== 0x53424a46) continue
    const folder = path.slice(0, path.lastIndexOf('/'))
    const seq = Number(bytes.readBigUInt64BE(28))
    if (seq > (newest.get(folder)?.seq ?? -1)) newest.set(folder, { seq, path })
  }
  const places: Place[] = []
  for (const { path, seq } of newest.values()) {
    const bytes = before.get(path)!
    const entries: { place: Place; joined: boolean }[] = []
    for (let at = JOURNAL_BLOCK_BYTES; at < bytes.length; ) {
      const head = decodeEntryHead(bytes, at)
      if (head === null || head.fileSeq !== seq) break
      const place = { path, from: at, to: at + ENTRY_HEAD_BYTES + head.length }
      entries.push({ place, joined: (head.flags & ENTRY_JOINED) !== 0 })
      at += entryRoom(head.length)
    }
    const first = entries.findIndex(({ place }) => !isSame(place, before, after))
    if (first < 0) continue
    const behind = entries.slice(first + 1)
    const isProven = behind.some(({ place, joined }) => !joined && isSame(place, before, after))
    if (!isProven) places.push(...behind.map(({ place }) => place))
  }
  return places
}
