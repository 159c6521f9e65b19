/**
 * The journal of a shard, walked as a start does it, but on beyond what is damaged: an entry that does not check leaves
 * a hole, which blank entries fill so that the chain holds (see fill-hole.ts). What all the others say is taken in
 * meanwhile; the holes are filled at the end, because what stands in them follows from what comes behind.
 */
import { ENTRY_HEAD_BYTES, ENTRY_JOINED, entryRoom, JOURNAL_BLOCK_BYTES } from '../entry.ts'
import { encodeJournalFileHead } from '../journal-file.ts'
import type { Case } from './case.ts'
import { fillHole, type Gap, type Wound } from './fill-hole.ts'
import { finding } from './finding.ts'
import {
  type EntryFound,
  entryAt,
  type JournalFileFound,
  journalFiles,
  nextEntry,
  seqOfEntries,
} from './journal-files.ts'
import { endOfWhole, holdsTorn } from './last-entry.ts'
import type { ShardState } from './shard-state.ts'
import { keepCopy, type Step, setAside } from './treatment.ts'

const NOTHING_HELPS = 'nothing: restore the data directory from a backup'

export interface JournalCheck {
  readonly shard: number
  readonly folder: string
  readonly storeId: Uint8Array
  readonly fileBytes: number
  /** The first file that the newest checkpoint needs, and the first one that the older one does. */
  readonly journalFrom: number
  readonly heldFrom: number
  /** Which the journal has to reach. */
  readonly lastEntry: number
}

/** Where the journal ends: the next entry goes there. */
export interface JournalEnd {
  path: string
  seq: number
  position: number
  number: number
  crc: number
}

export class JournalWalkOn {
  readonly end: JournalEnd = { path: '', seq: 0, position: JOURNAL_BLOCK_BYTES, number: 0, crc: 0 }
  private epoch = 0
  private isBegun = false
  private readonly wounds: Wound[] = []
  /** Files that were missing, in a row up to here, and are made again. */
  private remade: Gap[] = []
  private nextName = 0
  private readonly open: Case
  private readonly check: JournalCheck
  private readonly state: ShardState

  constructor(open: Case, check: JournalCheck, state: ShardState) {
    this.open = open
    this.check = check
    this.state = state
  }

  async run(): Promise<void> {
    const bySeq = await this.sorted()
    const { journalFrom, lastEntry } = this.check
    const last = Math.max(journalFrom, ...bySeq.keys())
    for (let seq = journalFrom; seq <= last; seq++) {
      const found = bySeq.get(seq)
      if (found === undefined) this.missing(seq, bySeq)
      else await this.file(found, seq, seq === last)
    }
    if (this.end.number < lastEntry || this.remade.length > 0) this.lostEnd()
    for (const wound of this.wounds) await fillHole(this.open, this.check, wound, this.state, this.end)
    for (const puzzle of this.state.puzzles) {
      await this.open.found(finding('beyond', this.check.folder, puzzle, NOTHING_HELPS), [])
    }
  }

  /** A name for another file. */
  newPath(): string {
    return `${this.check.folder}/${String(this.nextName++).padStart(4, '0')}.jnl`
  }

  /** The files that are needed, by seq. */
  private async sorted(): Promise<Map<number, JournalFileFound>> {
    const { folder, journalFrom, heldFrom, storeId } = this.check
    const bySeq = new Map<number, JournalFileFound>()
    for (const file of await journalFiles(this.open, folder)) {
      this.nextName = Math.max(this.nextName, (Number.parseInt(file.path.slice(folder.length + 1), 10) || 0) + 1)
      const isOurs = file.head === null || Buffer.from(file.head.storeId).equals(storeId)
      const seq = file.head?.seq ?? seqOfEntries(await this.open.read(file.path, 0, file.size), journalFrom)
      if (isOurs && seq < Math.min(heldFrom, journalFrom)) continue
      if (isOurs && !bySeq.has(seq)) {
        bySeq.set(seq, file)
        continue
      }
      const what = isOurs ? `it says to be journal file ${seq}, which there is already` : 'it belongs to another store'
      const to = setAside(file.path)
      const severity = isOurs ? 'loss' : 'mend'
      await this.open.found(finding(severity, file.path, what, `it is moved to ${to}`), [
        { kind: 'move', path: file.path, to },
      ])
    }
    for (const seq of bySeq.keys()) if (seq < journalFrom) bySeq.delete(seq)
    return bySeq
  }

  private async file(found: JournalFileFound, seq: number, isLast: boolean): Promise<void> {
    const { end } = this
    const bytes = await this.open.look(found.path, 0, found.size)
    const head = found.head ?? this.headFromEntries(bytes, seq)
    if (!this.isBegun) {
      end.number = head.firstEntry - 1 - (this.remade.length > 0 ? 1 : 0)
      end.crc = this.remade.length > 0 ? 0 : head.previousCrc
    }
    if (head.firstEntry !== end.number + 1 || head.previousCrc !== end.crc) {
      this.wound(this.gapsBefore(), head.firstEntry, head.previousCrc, `entry ${end.number + 1} does not check`)
    }
    this.remade = []
    this.isBegun = true
    if (found.head === null) await this.mendHead(found.path, seq)
    Object.assign(end, { path: found.path, seq, position: JOURNAL_BLOCK_BYTES })
    await this.walk(bytes, isLast)
  }

  private async walk(bytes: Buffer, isLast: boolean): Promise<void> {
    const { end } = this
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (;;) {
      const head = entryAt(bytes, end.position, end.seq)
      if (head !== null && head.number === end.number + 1 && head.previousCrc === end.crc) {
        const from = end.position + ENTRY_HEAD_BYTES
        this.state.entry(end.path, head, bytes, view, from, from + head.length)
        end.number = head.number
        end.crc = head.crc
        end.position += entryRoom(head.length)
        this.epoch = head.epoch
        continue
      }
      const next = nextEntry(bytes, end.position, end.seq, end.number)
      if (next === null || (isLast && !this.isProven(bytes, next))) return isLast ? this.cut(bytes, next) : undefined
      const gap = { path: end.path, seq: end.seq, from: end.position, to: next.position, isFollowed: true }
      const what = `entry ${end.number + 1} does not check, but entry ${next.head.number} at byte ${next.position} does`
      this.wound([gap], next.head.number, next.head.previousCrc, what)
      end.position = next.position
    }
  }

  /** Something stands behind the place that was written later: it was no torn write. */
  private isProven(bytes: Buffer, first: EntryFound): boolean {
    const { end } = this
    if (end.number < this.check.lastEntry) return true
    for (let next: EntryFound | null = first; next !== null; next = behind(bytes, next, end)) {
      if ((next.head.flags & ENTRY_JOINED) === 0 && next.head.number > end.number + 1) return true
    }
    return false
  }

  /** As a start does it: what stands behind the end is never to be taken for entries. */
  private async cut(bytes: Buffer, next: EntryFound | null): Promise<void> {
    const { end } = this
    const { path, position } = end
    const dirty: number[] = []
    const wholeEnd = endOfWhole(bytes, end)
    let to = wholeEnd
    for (let one = next; one !== null; one = behind(bytes, one, end)) {
      dirty.push(one.position)
      to = one.position + entryRoom(one.head.length)
    }
    const whole = dirty.length === 0 ? '' : `, and ${dirty.length} entries that were written together with it`
    if (dirty[0] !== position && (wholeEnd >= 0 || holdsTorn(bytes, end))) dirty.unshift(position)
    if (dirty.length === 0) return
    const zeros = Buffer.alloc(JOURNAL_BLOCK_BYTES)
    const steps = dirty.reverse().map((at): Step => ({ kind: 'write', path, position: at, bytes: zeros }))
    if (wholeEnd < 0) {
      const what = `an entry that does not check stands behind the last one${whole}: a torn write, as far as can be told`
      await this.open.found(finding('leftover', path, what, 'it is cut', { position }), steps)
      return
    }
    const number = end.number + 1
    const what = `entry ${number}, the last one, does not check${whole}, but was there whole: it is damaged`
    const alsoLost = [`what was published, acknowledged or defined last, with entry ${number}`]
    const remedy = 'it is cut, the bytes are set aside'
    const kept = keepCopy(path, position, to)
    await this.open.found(finding('loss', path, what, remedy, { position, alsoLost }), [...kept, ...steps])
  }

  /** What block 0 said: where the chain stands, or, of the first file and behind a loss, what its first entry says. */
  private headFromEntries(bytes: Buffer, seq: number): { firstEntry: number; previousCrc: number } {
    const { end } = this
    const first = nextEntry(bytes, JOURNAL_BLOCK_BYTES, seq, -1)
    if (first?.position === JOURNAL_BLOCK_BYTES) {
      return { firstEntry: first.head.number, previousCrc: first.head.previousCrc }
    }
    if (this.isBegun || first === null) return { firstEntry: end.number + 1, previousCrc: end.crc }
    return { firstEntry: first.head.number - 1, previousCrc: 0 }
  }

  private async mendHead(path: string, seq: number): Promise<void> {
    const what = 'its head does not check, but it holds entries'
    const bytes = this.headOf(seq, this.end.number + 1, this.end.crc)
    const steps: Step[] = [...keepCopy(path, 0, JOURNAL_BLOCK_BYTES), { kind: 'write', path, position: 0, bytes }]
    await this.open.found(finding('mend', path, what, 'it is made again from the entries', { position: 0 }), steps)
  }

  /** Others follow, or the checkpoint needs it. */
  private missing(seq: number, bySeq: ReadonlyMap<number, JournalFileFound>): void {
    if (!this.isBegun && bySeq.size === 0) {
      this.end.number = this.check.lastEntry
      this.isBegun = true
    }
    if (this.isBegun && this.remade.length === 0 && this.end.seq > 0) this.remade = [this.restOfFile()]
    const path = this.newPath()
    this.remade.push({ path, seq, from: 0, to: this.check.fileBytes, isFollowed: false })
    if (bySeq.size === 0) Object.assign(this.end, { path, seq, position: JOURNAL_BLOCK_BYTES })
  }

  private headOf(seq: number, firstEntry: number, previousCrc: number): Uint8Array {
    const { storeId, shard } = this.check
    return encodeJournalFileHead({ storeId, shard, seq, firstEntry, previousCrc })
  }

  private gapsBefore(): Gap[] {
    return this.remade.length > 0 ? this.remade : [this.restOfFile()]
  }

  private restOfFile(): Gap {
    const { path, seq, position } = this.end
    return { path, seq, from: position, to: Math.max(position, this.check.fileBytes), isFollowed: false }
  }

  /** Entries from here to `next` are lost. */
  private wound(gaps: readonly Gap[], next: number, crc: number | null, place: string): void {
    const { end, epoch } = this
    const first = end.number + 1
    const missing = gaps.filter(({ from }) => from === 0).map(({ seq }) => seq)
    const what = missing.length > 0 ? `journal file ${missing.join(', ')} is missing` : place
    const hole = this.state.beginHole()
    this.wounds.push({ hole, gaps, first, count: next - first, previousCrc: end.crc, crc, epoch, what })
    end.number = next - 1
    if (crc !== null) end.crc = crc
  }

  /** The last entries that the checkpoint counts in are lost, perhaps with their files. */
  private lostEnd(): void {
    const { end, check } = this
    const gaps = [...this.gapsBefore()]
    const room = (): number => gaps.reduce((sum, { from, to }) => sum + (to - from) / JOURNAL_BLOCK_BYTES - 1, 0)
    while (room() < check.lastEntry - end.number) {
      gaps.push({ path: this.newPath(), seq: gaps.at(-1)!.seq + 1, from: 0, to: check.fileBytes, isFollowed: false })
    }
    const what = `the journal ends with entry ${end.number}, but the checkpoint counts in entry ${check.lastEntry}`
    this.wound(gaps, check.lastEntry + 1, null, what)
  }
}

function behind(bytes: Buffer, { head, position }: EntryFound, end: JournalEnd): EntryFound | null {
  return nextEntry(bytes, position + entryRoom(head.length), end.seq, end.number)
}
