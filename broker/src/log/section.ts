/**
 * Sections are what journal entries consist of. All numbers are big-endian.
 *
 *   0  kind u8 | flags u8: 1 first fragment, 2 last fragment | 0 u16
 *   4  length u32 of what follows the head
 *   8  log id u64, 0 where none is meant
 *  16  body
 *
 *   settle      { from u64, to u64 } …
 *   return      { offset u64, count u32, not before u64 } … (see returns.ts)
 *   mark        maybeDeliveredBelow u64
 *   cursor      next offset of the source u64
 *   definition  id length u16 | id | present u8 | value
 *   batch       record batches v2, back to back, as they stand in the partition's segment
 *   log         what u8: 1 create, 2 delete, 3 create a partition's, 4 start of a partition's, 5 compaction of a partition's,
 *               6 clip of a cursor's part or a ledger
 *               create: durability u8, 4 = part of a cursor, 5 = ledger | lane u8 | owner length u16 | owner
 *               | of cursors and ledgers: id of the source's log u64 | next or start offset u64
 *               clip: end of the source u64
 *               create a partition's: its state as in a checkpoint (see partition/partition-state.ts), empty
 *               start: offset u64 | transactions that reach over it u32 × { producer id u64, first offset u64 } | compaction: see partition/partition-state.ts
 *   open        what u8: 0 opened, 1 closed cleanly
 *   message, carry: see message-section.ts
 */
export const SectionKind = {
  batch: 1,
  message: 2,
  settle: 3,
  return: 4,
  mark: 5,
  cursor: 6,
  definition: 9,
  log: 10,
  carry: 12,
  open: 13,
} as const

export const SECTION_HEAD_BYTES = 16
export const FRAGMENT_FIRST = 1
export const FRAGMENT_LAST = 2
/** How durabilities are written. */
export const DURABILITY_CODE = { synced: 1, written: 2, scratch: 3 } as const
/** What stands in the durability's place where no log is made. */
export const CREATE_CURSOR = 4
export const CREATE_LEDGER = 5
export const LOG_CREATE = 1
export const LOG_DELETE = 2
export const LOG_CREATE_PARTITION = 3
export const LOG_START = 4
export const LOG_REPLACE = 5
export const LOG_CLIP = 6

const WHOLE = FRAGMENT_FIRST | FRAGMENT_LAST

export function writeSectionHead(
  view: DataView,
  at: number,
  kind: number,
  length: number,
  logId: number,
  flags: number = WHOLE,
): void {
  view.setUint32(at, (kind << 24) | (flags << 16))
  view.setUint32(at + 4, length)
  writeU64(view, at + 8, logId)
}

/** Safe integers only. */
export function writeU64(view: DataView, at: number, value: number): void {
  if (value <= 0x7fffffff) view.setUint32(at, 0)
  else view.setUint32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value)
}

export function readU64(view: DataView, at: number): number {
  const high = view.getUint32(at)
  const low = view.getUint32(at + 4)
  return high === 0 ? low : high * 0x1_0000_0000 + low
}
