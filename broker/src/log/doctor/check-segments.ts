/**
 * The segments of queues: every record that is not settled and lies in one is to be there. A batch that does not check is
 * replaced by a filler of its size, what was in it is settled; a file that is missing, or too short, the same.
 */
import { RecordCursor } from '../../record/record-cursor.ts'
import { OffsetSet } from '../offset-set.ts'
import type { SegmentState } from '../segment.ts'
import { BatchScan, type Scanned, type Stretch } from './batch-scan.ts'
import type { Case } from './case.ts'
import type { ExpectedFile } from './check-misplaced.ts'
import { FILLER_BYTES_MIN, fillerBatch } from './filler-batch.ts'
import { finding, type LostRecords } from './finding.ts'
import { batchOfCopies } from './journal-copies.ts'
import type { ShardCheck } from './shard-check.ts'
import type { LogCase, ShardState } from './shard-state.ts'
import { keepCopy, type Step } from './treatment.ts'
import { setOffsetRight } from './wrong-offset.ts'

export async function checkSegments(shard: ShardCheck, folder: string): Promise<void> {
  const names = new Set(await shard.open.disk.list(folder))
  for (const log of shard.state.logs.values()) {
    const check = new LogCheck(shard, folder, log)
    for (const segment of log.segments) {
      const name = nameOf(log.id, segment.base)
      shard.known.add(`${folder}/${name}`)
      await check.segment(segment, `${folder}/${name}`, names.has(name))
    }
    await check.finish()
  }
}

/** Those that a start needs. */
export function segmentFiles(folder: string, state: ShardState): ExpectedFile[] {
  return [...state.logs.values()].flatMap((log) =>
    log.segments
      .filter(({ base, end }) => log.ledger.countUnsettled(base, end) > 0)
      .map(({ base, end, length }) => ({ path: `${folder}/${nameOf(log.id, base)}`, base, end, length })),
  )
}

function nameOf(logId: number, base: number): string {
  return `${logId}-${String(base).padStart(20, '0')}.log`
}

class LogCheck {
  private readonly shard: ShardCheck
  private readonly open: Case
  private readonly folder: string
  private readonly log: LogCase
  /** What stands behind the counted length may be all there is. */
  private readonly hasHoles: boolean
  /** Offsets that a segment answers for, or that were named. */
  private readonly answered = new OffsetSet()

  constructor(shard: ShardCheck, folder: string, log: LogCase) {
    this.shard = shard
    this.open = shard.open
    this.folder = folder
    this.log = log
    this.hasHoles = shard.state.holes.length > 0
  }

  async segment(segment: SegmentState, path: string, isThere: boolean): Promise<void> {
    const { ledger } = this.log
    const { base, end, length } = segment
    this.answered.addRange(base, end)
    if (ledger.countUnsettled(base, end) === 0) return
    const size = isThere ? await this.open.size(path) : 0
    const stored = new OffsetSet()
    const { damaged, displaced, next } = await this.scan(path, Math.min(size, length), segment, stored)
    if (size < length && damaged.at(-1)?.to !== size) {
      const what = size === 0 ? 'the file is missing, or empty' : `the file has ${size} bytes, but ${length} are needed`
      damaged.push({ position: size, to: size, from: next, next: end, what })
    }
    for (const { position, offset } of displaced) await setOffsetRight(this.open, this.owners, path, position, offset)
    for (const stretch of damaged) await this.stretch(path, stretch, size, length, stored)
    await this.missing(path, base, end, stored)
    if (size > length && !this.hasHoles) await this.surplus(path, length, size)
  }

  /** What lies below the end of the segments, and in none of them. */
  async finish(): Promise<void> {
    if (this.log.coldEnd > 0) await this.missing(this.folder, 0, this.log.coldEnd, this.answered)
  }

  private async scan(path: string, to: number, { base, end }: SegmentState, stored: OffsetSet): Promise<Scanned> {
    const record = new RecordCursor()
    const scan = new BatchScan(this.open, path, to)
    return scan.run({ from: 0, to, first: base, limit: end }, (bytes, at, _position, from) => {
      const found: number[] = []
      record.open(bytes, at)
      while (record.next()) found.push(from + record.offsetDelta)
      for (const offset of found) stored.add(offset)
    })
  }

  private async stretch(
    path: string,
    stretch: Stretch,
    size: number,
    length: number,
    stored: OffsetSet,
  ): Promise<void> {
    const { position, from, next, what } = stretch
    // What is behind the end of a short file is filled along.
    const to = stretch.to === size && size < length ? length : stretch.to
    const bytes = await this.replacement(from, next, to - position, stored)
    const steps: Step[] = keepCopy(path, position, Math.min(to, size))
    if (bytes !== null && size === 0) steps.push({ kind: 'compose', path, parts: [bytes] })
    else if (bytes !== null) steps.push({ kind: 'write', path, position, bytes })
    await this.lose(
      path,
      position,
      `bytes ${position} to ${to - 1}: ${what}`,
      this.unsettled(from, next, stored),
      steps,
    )
  }

  /** A batch of what the journal still has, noted in `stored`, or one without anything that is of use. */
  private async replacement(from: number, next: number, length: number, stored: OffsetSet): Promise<Buffer | null> {
    const { id, ledger } = this.log
    const wants = (offset: number): boolean =>
      offset >= from && offset < next && !ledger.isSettled(offset) && !stored.has(offset)
    if (ledger.countUnsettled(from, next) > 0) {
      const copies = await this.shard.copies.messages(id, wants)
      const batch = batchOfCopies(copies, from, next, length)
      if (batch !== null) {
        for (const offset of copies.keys()) stored.add(offset)
        return batch
      }
    }
    return next > from && length >= FILLER_BYTES_MIN ? fillerBatch(from, next, length) : null
  }

  /** Offsets that are not settled, of which nothing was said yet and there is no record. */
  private async missing(path: string, from: number, to: number, stored: OffsetSet): Promise<void> {
    const lost = this.unsettled(from, to, stored)
    if (lost.length === 0) return
    await this.lose(path, null, `${sum(lost)} records of log ${this.log.id} stand in no segment`, lost, [])
  }

  private async surplus(path: string, length: number, size: number): Promise<void> {
    const what = `bytes ${length} to ${size - 1} stand behind what counts; the journal has them`
    const steps: Step[] = [{ kind: 'truncate', path, size: length }]
    await this.open.found(finding('leftover', path, what, 'they are cut', { position: length }), steps)
  }

  private async lose(
    path: string,
    position: number | null,
    what: string,
    lost: readonly LostRecords[],
    steps: readonly Step[],
  ): Promise<void> {
    for (const one of lost) {
      this.shard.closing.settle(one)
      this.log.ledger.settleRange(one.from, one.to)
    }
    const nothing = lost.length === 0
    const remedy = nothing
      ? 'its place is filled; all that stood there is settled, or still in the journal, from which it is taken'
      : 'its place is filled, what is lost is settled, the bytes are set aside'
    await this.open.found(
      finding(nothing ? 'mend' : 'loss', path, what, remedy, { position, lost, owners: this.owners }),
      steps,
    )
  }

  private get owners(): string[] {
    return this.log.owner === null ? [] : [this.log.owner]
  }

  private unsettled(from: number, to: number, stored: OffsetSet): LostRecords[] {
    const { ledger, id, owner } = this.log
    const lost: LostRecords[] = []
    for (let at = ledger.nextUnsettled(from); at < to; ) {
      let end = at
      while (end < to && !ledger.isSettled(end) && !stored.has(end)) end++
      if (end > at) lost.push({ logId: id, owner, from: at, to: end, records: end - at })
      at = ledger.nextUnsettled(Math.max(end, at + 1))
    }
    return lost
  }
}

function sum(lost: readonly LostRecords[]): number {
  return lost.reduce((total, { records }) => total + records, 0)
}
