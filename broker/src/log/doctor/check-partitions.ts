/**
 * The partitions of topics. What the checkpoint counts has to be there; behind that a start takes whole batches that
 * follow each other, and would cut all that stands behind a damaged one, even where it is whole. A damaged segment is
 * written anew with a batch without records in the place of what is lost, as compaction would: under the next number
 * where the checkpoint counts on its length, else under its own name.
 */
import { blankBatch } from '../../record/blank-batch.ts'
import type { PartitionSegmentState } from '../partition/partition-segment.ts'
import { BatchScan, type Scanned } from './batch-scan.ts'
import type { Case } from './case.ts'
import type { ExpectedFile } from './check-misplaced.ts'
import { finding, type LostRecords, type Severity } from './finding.ts'
import { IndexCheck } from './index-check.ts'
import { batchesIn, gapsIn, patched } from './patched-file.ts'
import { SegmentTally } from './segment-tally.ts'
import type { ShardCheck } from './shard-check.ts'
import type { PartitionCase, ShardState } from './shard-state.ts'
import { keepCopy, type Step } from './treatment.ts'
import { setOffsetRight } from './wrong-offset.ts'

/** @returns the folders that are in use */
export async function checkPartitions(shard: ShardCheck, folder: string): Promise<Set<string>> {
  const folders = new Set<string>()
  for (const partition of shard.state.partitions.values()) {
    const { label, id } = partition.state
    const name = folderName(label, id)
    folders.add(name)
    await new PartitionCheck(shard, `${folder}/${name}`, partition).run()
  }
  return folders
}

/** Those of which all is counted: the last one of a partition may have grown. */
export function partitionFiles(folder: string, state: ShardState): ExpectedFile[] {
  return [...state.partitions.values()].flatMap(({ state: { label, id, start, segments } }) =>
    segments
      .filter((segment, i) => i < segments.length - 1 && segment.end > start)
      .map(({ base, generation, length, end }) => {
        const path = `${folder}/${folderName(label, id)}/${fileName(base, generation)}`
        return { path, base, end, length }
      }),
  )
}

class PartitionCheck {
  private readonly shard: ShardCheck
  private readonly open: Case
  private readonly folder: string
  private readonly partition: PartitionCase
  private readonly names = new Set<string>()

  constructor(shard: ShardCheck, folder: string, partition: PartitionCase) {
    this.shard = shard
    this.open = shard.open
    this.folder = folder
    this.partition = partition
  }

  async run(): Promise<void> {
    const { start, segments } = this.partition.state
    for (const name of await this.open.disk.list(this.folder)) this.names.add(name)
    const last = segments.at(-1)
    let next = last?.end ?? start
    for (const segment of segments) {
      if (segment.end <= start && segment !== last) continue
      const behind = await this.counted(segment, segment === last)
      if (segment === last) next = behind
    }
    next = await this.later(next, last === undefined ? 0 : last.end)
    await this.fromJournal(next)
  }

  /** A segment that the checkpoint, or a compaction, counts on. @returns the offset behind it */
  private async counted(segment: PartitionSegmentState, isLast: boolean): Promise<number> {
    const { base, length, end } = segment
    const path = this.use(base, segment.generation)
    const size = this.names.has(nameOf(path)) ? await this.open.size(path) : 0
    const tally = new SegmentTally(base, await this.indexesOf(path))
    const visit = tally.note.bind(tally)
    const to = Math.min(size, length)
    const first = await new BatchScan(this.open, path, to).run({ from: 0, to, first: base, limit: end }, visit)
    if (size < length && end <= this.partition.state.start) return end
    if (size < length && first.damaged.length === 0) {
      const what = size === 0 ? 'it is missing, or empty' : `it has ${size} bytes, but ${length} are needed`
      first.damaged.push({ position: size, to: length, from: first.next, next: end, what })
    }
    for (const { position, offset } of first.displaced)
      await setOffsetRight(this.open, this.owners, path, position, offset)
    await this.fromCopies(path, size, length, first)
    const isHurt = first.damaged.length > 0
    let rest: Scanned | null = null
    if (isLast && size > length) rest = await this.behind(path, size, length, end, visit, isHurt)
    if (isHurt) await this.rewrite(segment, path, size, first, rest, tally)
    else await this.indexes(path, tally)
    return Math.max(end, rest?.next ?? end)
  }

  /** Puts back what the journal still has, where that is all that stood in a stretch; else it is kept for the new file. */
  private async fromCopies(path: string, size: number, length: number, scanned: Scanned): Promise<void> {
    for (const stretch of [...scanned.damaged]) {
      const { position, from, next, what } = stretch
      const to = stretch.to === size && size < length ? length : stretch.to
      const bytes = await this.shard.copies.batches(this.partition.state.id, from, next)
      const at = scanned.damaged.indexOf(stretch)
      if (bytes.length !== to - position || next <= from) {
        scanned.damaged[at] = { ...stretch, copies: bytes }
        continue
      }
      scanned.damaged.splice(at, 1)
      const steps: Step[] = keepCopy(path, position, Math.min(to, size))
      if (size === 0) steps.push({ kind: 'compose', path, parts: [bytes] })
      else steps.push({ kind: 'write', path, position, bytes })
      const told = `bytes ${position} to ${to - 1}: ${what}`
      await this.lose('mend', path, position, told, 'the journal still has them: they are put back', [], steps)
    }
  }

  /** What stands in a file behind the counted length. */
  private async behind(
    path: string,
    size: number,
    from: number,
    first: number,
    visit: (bytes: Buffer, at: number, position: number, base: number) => void,
    isRewritten: boolean,
  ): Promise<Scanned> {
    const limit = Number.POSITIVE_INFINITY
    const scanned = await new BatchScan(this.open, path, size).run({ from, to: size, first, limit, dense: true }, visit)
    for (const { position, offset } of scanned.displaced)
      await setOffsetRight(this.open, this.owners, path, position, offset)
    const [hurt] = scanned.damaged
    if (hurt === undefined) return scanned
    if (hurt.to >= size || this.journalHas(hurt.from, scanned.next)) {
      const what = `what stands behind byte ${hurt.position} is no whole batch: ${hurt.what}`
      const remedy = this.journalHas(hurt.from, scanned.next) ? 'it is cut; the journal has it' : 'it is cut'
      const position = hurt.position
      const steps: Step[] = isRewritten ? [] : [{ kind: 'truncate', path, size: position }]
      await this.open.found(finding('leftover', path, what, remedy, { position, owners: this.owners }), steps)
      return { ...scanned, damaged: [{ ...hurt, to: size, next: hurt.from }], next: hurt.from, end: hurt.position }
    }
    if (!isRewritten) await this.rewriteInPlace(path, size, scanned)
    return scanned
  }

  /** Files that were begun after the checkpoint. @returns the offset behind the last batch */
  private async later(after: number, knownEnd: number): Promise<number> {
    const { start, segments } = this.partition.state
    let next = after
    let before = segments.length === 0 ? null : this.pathOf(segments.at(-1)!.base, segments.at(-1)!.generation)
    const bases = [...this.names]
      .filter((name) => /^\d{20}\.log$/.test(name) && Number.parseInt(name, 10) >= knownEnd)
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b)
    if (segments.length === 0)
      bases.splice(
        0,
        Math.max(
          0,
          bases.findLastIndex((base) => base <= start),
        ),
      )
    for (const [i, base] of bases.entries()) {
      const path = this.pathOf(base, 0)
      if (segments.some((one) => one.base === base && one.generation === 0)) continue
      const isFirst = i === 0 && segments.length === 0
      if (base !== next && !(isFirst && base <= start)) {
        if (base < next || this.journalHas(next, base)) break
        await this.bridge(before, next, base)
      }
      this.use(base, 0)
      const size = await this.open.size(path)
      const tally = new SegmentTally(base, await this.indexesOf(path))
      const { next: end } = await this.behind(path, size, 0, base, tally.note.bind(tally), false)
      await this.indexes(path, tally)
      next = end
      before = path
    }
    return next
  }

  /** Nothing tells of these offsets any more; without them a start would cut what follows. */
  private async bridge(before: string | null, from: number, to: number): Promise<void> {
    const path = before ?? this.use(from, 0)
    const blank = blankBatch(from, to, 0)
    const lost = this.lost(from, to)
    const steps: Step[] =
      before === null
        ? [{ kind: 'compose', path, parts: [blank] }]
        : [{ kind: 'write', path, position: await this.open.size(path), bytes: blank }]
    const what = `offsets ${from} to ${to - 1} stand in no file, but later ones do`
    await this.lose('loss', path, null, what, 'a batch without records takes their place', lost, steps)
  }

  /** What neither the files nor the journal have. */
  private async fromJournal(after: number): Promise<void> {
    // Entries of the journal are lost: what it does not give back may have stood there.
    if (this.shard.state.holes.length === 0) return
    let next = after
    for (const { from, to } of this.partition.journaled) {
      if (from > next) {
        const what = `offsets ${next} to ${from - 1} stand neither in a file nor in the journal`
        await this.lose(
          'loss',
          this.folder,
          null,
          what,
          'a start puts a batch without records there',
          this.lost(next, from),
          [],
        )
      }
      next = Math.max(next, to)
    }
  }

  /** Under the next number, which an entry of the journal puts in its place. */
  private async rewrite(
    segment: PartitionSegmentState,
    path: string,
    size: number,
    counted: Scanned,
    rest: Scanned | null,
    tally: SegmentTally,
  ): Promise<void> {
    const { base, length, createdMs, generation } = segment
    const damaged = [...counted.damaged, ...(rest?.damaged ?? []).filter(({ from, next }) => next > from)]
    const parts = patched(path, Math.min(size, rest === null ? length : size), [
      ...counted.damaged,
      ...(rest?.damaged ?? []),
    ])
    const to = this.use(base, generation + 1)
    const bytes = parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.length : part.to - part.from), 0)
    for (const stretch of counted.damaged) for (const batch of batchesIn(stretch)) tally.time(batch)
    const { maxTimestamp, offsetOfMaxTimestamp } = tally
    const end = rest === null ? segment.end : Math.max(segment.end, rest.next)
    const state = {
      base,
      generation: generation + 1,
      length: bytes,
      end,
      maxTimestamp,
      offsetOfMaxTimestamp,
      createdMs,
    }
    const { cleanEnd } = this.partition.state
    this.shard.closing.replace(this.partition.state.id, {
      from: base,
      to: base + 1,
      cleanEnd,
      segments: [state],
      spent: [],
    })
    for (const [i, stretch] of damaged.entries()) {
      const { position, to: until, what } = stretch
      const steps: Step[] = keepCopy(path, position, Math.min(until, size))
      if (i === damaged.length - 1) steps.push({ kind: 'compose', path: to, parts })
      const remedy = 'the segment is written anew without it, the bytes are set aside'
      const lost = gapsIn(stretch).flatMap((gap) => this.lost(gap.from, gap.to))
      await this.lose('loss', path, position, `bytes ${position} to ${until - 1}: ${what}`, remedy, lost, steps)
    }
  }

  private async rewriteInPlace(path: string, size: number, scanned: Scanned): Promise<void> {
    const parts = patched(path, size, scanned.damaged)
    for (const [i, { position, to, from, next, what }] of scanned.damaged.entries()) {
      const steps: Step[] = keepCopy(path, position, to)
      if (i === scanned.damaged.length - 1) steps.push({ kind: 'compose', path, parts })
      const remedy = 'the file is written anew without it, the bytes are set aside'
      const told = `bytes ${position} to ${to - 1}: ${what}; a start would cut all that stands behind`
      await this.lose('loss', path, position, told, remedy, this.lost(from, next), steps)
    }
  }

  private async indexesOf(path: string): Promise<IndexCheck> {
    const content = async (ending: string): Promise<Uint8Array> => {
      const file = path.replace(/\.log$/, ending)
      if (!this.names.has(nameOf(file))) return new Uint8Array(0)
      return this.open.look(file, 0, await this.open.size(file))
    }
    return new IndexCheck(await content('.index'), await content('.timeindex'))
  }

  private async indexes(path: string, tally: SegmentTally): Promise<void> {
    if (tally.indexes.isRight) return
    const files = ['.index', '.timeindex'].map((ending) => path.replace(/\.log$/, ending))
    const there = files.filter((file) => this.names.has(nameOf(file)))
    const steps = there.map((file): Step => ({ kind: 'remove', path: file }))
    const found = finding('mend', there[0], 'it does not fit the segment', 'it is removed: readers make it again', {
      owners: this.owners,
    })
    await this.open.found(found, steps)
  }

  private journalHas(from: number, to: number): boolean {
    let next = from
    for (const range of this.partition.journaled) if (range.from <= next) next = Math.max(next, range.to)
    return next >= to && next > from
  }

  private lost(from: number, to: number): LostRecords[] {
    const { id, owner, start } = this.partition.state
    const first = Math.max(from, start)
    return to > first ? [{ logId: id, owner, from: first, to, records: to - first }] : []
  }

  private lose(
    severity: Severity,
    path: string,
    position: number | null,
    what: string,
    remedy: string,
    lost: readonly LostRecords[],
    steps: readonly Step[],
  ): Promise<void> {
    return this.open.found(finding(severity, path, what, remedy, { position, lost, owners: this.owners }), steps)
  }

  private get owners(): string[] {
    return [this.partition.state.owner]
  }

  private pathOf(base: number, generation: number): string {
    return `${this.folder}/${fileName(base, generation)}`
  }

  private use(base: number, generation: number): string {
    const path = this.pathOf(base, generation)
    for (const ending of ['.log', '.index', '.timeindex']) this.shard.known.add(path.replace(/\.log$/, ending))
    return path
  }
}

function folderName(label: string, id: number): string {
  return `${label.slice(0, 200)}.${id}`
}

function fileName(base: number, generation: number): string {
  const name = String(base).padStart(20, '0')
  return `${generation === 0 ? name : `${name}.${generation}`}.log`
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
