/**
 * Fills a hole of the journal with blank entries: as many as were lost, in the place where they stood. What was there is
 * copied first. A file that is missing is made again.
 */
import { JOURNAL_BLOCK_BYTES } from '../entry.ts'
import { encodeJournalFileHead } from '../journal-file.ts'
import { blankEntry, blankRoom, type Destination } from './blank-entry.ts'
import type { Case } from './case.ts'
import type { JournalCheck, JournalEnd } from './check-journal.ts'
import { finding } from './finding.ts'
import { lostOf } from './losses.ts'
import type { Hole, ShardState } from './shard-state.ts'
import { keepCopy, SET_ASIDE_FOLDER, type Step } from './treatment.ts'

/** A place for blank entries: where another entry follows they fill [from, to), else they take the blocks they need. */
export interface Gap {
  readonly path: string
  readonly seq: number
  /** 0: the file is to be made. */
  readonly from: number
  readonly to: number
  readonly isFollowed: boolean
}

export interface Wound {
  readonly hole: Hole
  readonly gaps: readonly Gap[]
  /** Number of the first lost entry, and how many they are. */
  readonly first: number
  readonly count: number
  /** Head crc of the entry before. */
  readonly previousCrc: number
  /** What the entry behind names; null: none follows. */
  readonly crc: number | null
  readonly epoch: number
  readonly what: string
}

/** Moves `end` where nothing stands behind the hole. */
export async function fillHole(
  open: Case,
  check: JournalCheck,
  wound: Wound,
  state: ShardState,
  end: JournalEnd,
): Promise<void> {
  const { gaps, first, count, what, hole } = wound
  const filling = new Filling(open, check, wound)
  const steps = await filling.run()
  const [gap] = gaps
  if (steps === null) {
    const remedy = 'nothing: restore the data directory from a backup'
    await open.found(finding('beyond', gap.path, what, remedy, { position: gap.from }), [])
    return
  }
  if (wound.crc === null) {
    const { path, seq } = filling.gap
    Object.assign(end, { path, seq, position: filling.position, crc: filling.crc })
  }
  const entries = count === 1 ? `entry ${first} is` : `entries ${first} to ${first + count - 1} are`
  const lost = lostOf(hole, state)
  await open.found(
    finding('loss', gap.path, what, `${entries} replaced by blank ones; the bytes are kept in ${SET_ASIDE_FOLDER}/`, {
      position: gap.from,
      lost,
      owners: [...new Set(lost.flatMap(({ owner }) => owner ?? []))],
      alsoLost: [
        'what was published last to queues that got nothing since',
        'acknowledgements, so that messages may come once more, and changes of definitions',
      ],
    }),
    steps,
  )
}

class Filling {
  gap: Gap
  position: number
  crc: number
  private readonly open: Case
  private readonly check: JournalCheck
  private readonly wound: Wound
  private readonly steps: Step[] = []
  private readonly destinations: Destination[]
  private number: number

  constructor(open: Case, check: JournalCheck, wound: Wound) {
    this.open = open
    this.check = check
    this.wound = wound
    this.gap = wound.gaps[0]
    this.position = this.gap.from
    this.crc = wound.previousCrc
    this.number = wound.first
    this.destinations = [...wound.hole.ends]
      .map(([logId, end]): Destination => ({ logId, offset: end - 1 }))
      .sort((a, b) => a.logId - b.logId)
  }

  /** @returns null if there is no room */
  async run(): Promise<Step[] | null> {
    const { gaps, count } = this.wound
    if (count < 0 || (count === 0 && gaps[0].from > 0)) return null
    for (const gap of gaps) {
      this.gap = gap
      this.position = gap.from
      if (gap.isFollowed) {
        if ((gap.to - gap.from) / JOURNAL_BLOCK_BYTES < count) return null
        await this.keep()
        await this.fillBetween()
      } else if (gap.from === 0) this.makeFile()
      else {
        await this.keep()
        this.write(this.blanksFrom(gap.from, gap.to))
      }
    }
    return this.left === 0 ? this.steps : null
  }

  private get left(): number {
    return this.wound.first + this.wound.count - this.number
  }

  private async keep(): Promise<void> {
    const { path, from, to } = this.gap
    const until = Math.min(to, await this.open.size(path))
    this.steps.push(...keepCopy(path, from, until))
  }

  private async fillBetween(): Promise<void> {
    const { path, from, to } = this.gap
    const blocks = (to - from) / JOURNAL_BLOCK_BYTES
    const { count } = this.wound
    for (let i = 1; i <= count; i++) {
      const until = from + Math.floor((i * blocks) / count) * JOURNAL_BLOCK_BYTES
      const told = this.told(until - this.position)
      const room = blankRoom(told)
      const behind = this.position + room
      const blank = this.next(told, room, await this.open.read(path, behind, until - behind))
      this.write([blank])
      this.position = until
    }
  }

  private makeFile(): void {
    const { path, seq, to } = this.gap
    const { storeId, shard } = this.check
    const head = encodeJournalFileHead({ storeId, shard, seq, firstEntry: this.number, previousCrc: this.crc })
    this.position = JOURNAL_BLOCK_BYTES
    this.steps.push({ kind: 'compose', path, parts: [head, ...this.blanksFrom(JOURNAL_BLOCK_BYTES, to)] })
  }

  /** Blank entries in a row, as many as are left and as there is room for. */
  private blanksFrom(from: number, to: number): Buffer[] {
    const blanks: Buffer[] = []
    this.position = from
    while (this.left > 0 && this.position + JOURNAL_BLOCK_BYTES <= to) {
      const told = this.told(to - this.position)
      const blank = this.next(told, blankRoom(told), Buffer.alloc(0))
      blanks.push(blank)
      this.position += blank.length
    }
    return blanks
  }

  private write(blanks: readonly Buffer[]): void {
    if (blanks.length === 0) return
    const bytes = Buffer.concat(blanks)
    const isRow = !this.gap.isFollowed
    this.steps.push({ kind: 'write', path: this.gap.path, position: isRow ? this.gap.from : this.position, bytes })
  }

  /** The last one tells the places; as many as there is room for. */
  private told(room: number): readonly Destination[] {
    if (this.left > 1) return []
    let told = this.destinations
    while (told.length > 0 && blankRoom(told) > room) told = told.slice(0, Math.floor(told.length / 2))
    return told
  }

  private next(told: readonly Destination[], room: number, rest: Uint8Array): Buffer {
    const { epoch, crc } = this.wound
    const isLast = this.left === 1
    const { bytes, crc: own } = blankEntry(
      {
        number: this.number++,
        epoch,
        shard: this.check.shard,
        fileSeq: this.gap.seq,
        previousCrc: this.crc,
        crc: isLast ? crc : null,
      },
      told,
      room,
      rest,
    )
    this.crc = own
    return bytes
  }
}
