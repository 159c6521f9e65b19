/**
 * The doctor of a data directory: looks at everything in it that a start would rely on, treats what it finds in an
 * overlay that changes nothing, and lets a start run on that overlay. So what a repair would do, and that it helps, is
 * known before a byte is changed. The lock of the directory is the caller's to take.
 */
import { systemClock } from '../../base/clock.ts'
import type { Disk } from '../../base/disk.ts'
import { silentLogger } from '../../base/logger.ts'
import { Turn } from '../../base/turn.ts'
import { Damage } from '../damage.ts'
import { JOURNAL_FILE_BYTES, openFileEngine } from '../file-engine.ts'
import { STORE_FOLDER } from '../store-version.ts'
import { Case, type Treated } from './case.ts'
import { checkCheckpoints } from './check-checkpoints.ts'
import { JournalWalkOn } from './check-journal.ts'
import { checkMisplaced } from './check-misplaced.ts'
import { checkOrphans, checkUnfinished } from './check-orphans.ts'
import { checkPartitions, partitionFiles } from './check-partitions.ts'
import { checkSegments, segmentFiles } from './check-segments.ts'
import { checkStore, type Identity } from './check-store.ts'
import { Closing } from './closing-entry.ts'
import { type Finding, finding } from './finding.ts'
import { JournalCopies } from './journal-copies.ts'
import { ShardState } from './shard-state.ts'
import { bytesOf, perform, SET_ASIDE_FOLDER } from './treatment.ts'
import { carryUncounted } from './uncounted-records.ts'

export interface ExamineOptions {
  readonly journalFileBytes?: number
  /** Bytes looked at so far, of `total`. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface Examination {
  /** False: there is nothing in the directory. */
  readonly hasStore: boolean
  readonly treated: readonly Treated[]
  readonly findings: readonly Finding[]
  readonly logs: number
  readonly partitions: number
  /** Free on the disk, and how much of it a repair takes. */
  readonly freeBytes: number
  readonly neededBytes: number
  /** Names of partitions by their owners. */
  readonly labels: ReadonlyMap<string, string>
  /** Records for queues, as a start finds them after the repair; null if it would not start. */
  readonly records: number | null
  readonly bytes: number
}

/** Changes nothing. @throws DiskError */
export async function examine(disk: Disk, options: ExamineOptions = {}): Promise<Examination> {
  const total = await bytesIn(disk, STORE_FOLDER)
  const open = new Case(disk, (done) => options.onProgress?.(Math.min(done, total), total))
  await checkUnfinished(open, STORE_FOLDER)
  await checkUnfinished(open, SET_ASIDE_FOLDER)
  const identity = await checkStore(open)
  let logs = 0
  const labels = new Map<string, string>()
  if (identity !== null) {
    for (let shard = 0; shard < identity.shards; shard++) {
      const state = await examineShard(open, identity, shard, options.journalFileBytes ?? JOURNAL_FILE_BYTES)
      logs += state.logs.size
      for (const { state: one } of state.partitions.values()) labels.set(one.owner, one.label)
    }
  }
  const records = identity === null ? 0 : await rehearse(open, options)
  options.onProgress?.(total, total)
  const findings = open.treated.flatMap((one) => one.finding ?? [])
  return {
    hasStore: identity !== null || findings.length > 0,
    treated: open.treated,
    findings,
    logs,
    partitions: labels.size,
    freeBytes: await disk.freeBytes(),
    neededBytes: bytesOf(open.treated.flatMap(({ steps }) => steps)),
    labels,
    records,
    bytes: total,
  }
}

/** Which findings are treated: those without a loss, or all. */
export type Extent = 'lossless' | 'all'

/** Makes on the disk what `examine` did in its overlay. @returns what was treated. @throws DiskError */
export async function repair(disk: Disk, { treated }: Examination, extent: Extent): Promise<Finding[]> {
  const done: Finding[] = []
  for (const { finding, steps } of treated) {
    if (extent === 'lossless' && (finding === null || finding.severity === 'loss')) continue
    await perform(disk, steps)
    if (finding !== null && finding.severity !== 'beyond') done.push(finding)
  }
  return done
}

async function examineShard(open: Case, identity: Identity, shard: number, fileBytes: number): Promise<ShardState> {
  const folder = `${STORE_FOLDER}/${shard}`
  const storeId = identity.id
  const before = open.treated.length
  const checkpoints = await checkCheckpoints(open, folder, shard, storeId)
  const [newest, older] = checkpoints
  const journalFrom = newest?.head.journalFrom ?? 1
  const check = {
    shard,
    folder: `${folder}/journal`,
    storeId,
    fileBytes,
    journalFrom,
    heldFrom: older?.head.journalFrom ?? journalFrom,
    lastEntry: newest?.lastEntry ?? 0,
  }
  const state = new ShardState()
  newest?.visit(state)
  const journal = new JournalWalkOn(open, check, state)
  await journal.run()
  const closing = new Closing()
  if (state.holes.length > 0) closing.delete(0)
  for (const hole of state.holes) {
    for (const [logId, end] of hole.ends) {
      const log = state.logs.get(logId)
      if (log !== undefined && !log.ledger.isSettled(end - 1)) closing.settle({ logId, from: end - 1, to: end })
    }
  }
  await strangers(open, check.folder, state, closing)
  const copies = new JournalCopies(open, check.folder)
  const known = new Set<string>()
  await checkMisplaced(open, segmentFiles(`${folder}/segments`, state))
  await checkMisplaced(open, partitionFiles(`${folder}/partitions`, state))
  const shared = { open, state, closing, copies, known }
  await checkSegments(shared, `${folder}/segments`)
  const folders = await checkPartitions(shared, `${folder}/partitions`)
  if (state.holes.length > 0) await carryUncounted(open, `${folder}/segments`, state, closing)
  const isSuspect = open.treated.slice(before).some(({ finding }) => finding?.severity === 'loss')
  await checkOrphans(open, folder, state, known, folders, isSuspect)
  const steps = closing.steps(check, journal.end, Math.max(1, state.epoch), () => journal.newPath())
  if (steps.length > 0) await open.found(null, steps)
  return state
}

/** Logs that are spoken of but were never made, as far as can be told. */
async function strangers(open: Case, place: string, state: ShardState, closing: Closing): Promise<void> {
  for (const [id, log] of state.unknown) {
    closing.delete(id)
    let records = 0
    log.journaled.forEachRange((from, to) => {
      records += log.ledger.countUnsettled(from, to)
    })
    const what = `log ${id} is spoken of, but what made it is lost: nobody knows whose it is`
    const remedy = 'it is deleted; its files are set aside'
    const first = log.journaled.first()
    const lost = records === 0 ? [] : [{ logId: id, owner: null, from: Math.max(0, first), to: log.end, records }]
    await open.found(finding('loss', place, what, remedy, { lost }), [])
  }
}

/** Lets the log start on the overlay. @returns how many records it finds for queues, null if it does not start */
async function rehearse(open: Case, { journalFileBytes = JOURNAL_FILE_BYTES }: ExamineOptions): Promise<number | null> {
  try {
    const engine = await openFileEngine({
      disk: open.disk,
      clock: systemClock,
      turn: new Turn(),
      logger: silentLogger(),
      journalFileBytes,
    })
    let records = 0
    for (const log of engine.logs.values()) records += log.unsettled
    await engine.close()
    return records
  } catch (error) {
    if (!(error instanceof Damage)) throw error
    const what = `a start would still be refused: ${error.message}`
    await open.found(finding('beyond', error.file, what, 'nothing: restore the data directory from a backup'), [])
    return null
  }
}

/** Of all files in a folder and below. */
async function bytesIn(disk: Disk, folder: string): Promise<number> {
  let bytes = 0
  for (const name of await disk.list(folder)) {
    const path = `${folder}/${name}`
    // What cannot be listed is a file.
    const inner = await disk.list(path).catch(() => [])
    bytes += inner.length > 0 ? await bytesIn(disk, path) : await sizeOf(disk, path)
  }
  return bytes
}

/** 0 for an empty folder. */
async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read').catch(() => null)
  if (file === null) return 0
  const size = await file.size().catch(() => 0)
  await file.close()
  return size
}
