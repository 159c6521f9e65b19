/**
 * Recovery of one shard: find the journal's files, walk the chain of entries, cut what was torn, refuse what is damaged,
 * and bring back into memory what is still needed. Until the opening entry is written nothing but never-promised bytes
 * was cut, so that a crash in here only means to run it again.
 */
import type { Logger } from '../base/logger.ts'
import type { CheckpointFolder } from './checkpoint.ts'
import { Damage } from './damage.ts'
import { ENTRY_JOINED, JOURNAL_BLOCK_BYTES, readEntryHead } from './entry.ts'
import type { FileLog } from './file-log.ts'
import type { JournalFile, JournalFileHead } from './journal-file.ts'
import { type Chain, JournalWalk, type VisitEntry } from './journal-walk.ts'
import { LoadJournaled } from './load-journaled.ts'
import { finishPartitions, recoverPartitions } from './partition/recover-partitions.ts'
import { recoverSegments } from './recover-segments.ts'
import { type RecoveredState, Replay } from './replay.ts'
import type { Shard } from './shard.ts'

interface Headed {
  file: JournalFile
  head: JournalFileHead
}

export interface ShardRecovery {
  shard: Shard
  state: RecoveredState
  fileBytes: number
  storeId: Uint8Array
  logger: Logger
  /** Awaited between pieces of what is loaded: keeps memory within its budget. */
  settleDown: () => Promise<void>
  checkpoints: CheckpointFolder
}

interface Files {
  /** In use by the newest checkpoint, in order. */
  used: Headed[]
  /** In use by the older checkpoint only. */
  held: JournalFile[]
  spares: JournalFile[]
}

/** @returns the seq of the first journal file that the newest checkpoint needs. @throws Damage */
export async function recoverShard(recovery: ShardRecovery): Promise<number> {
  const { shard, state, fileBytes } = recovery
  const checkpoints = await recovery.checkpoints.read()
  const checkpoint = checkpoints[0] ?? null
  const replay = new Replay(state, shard)
  if (checkpoint !== null) {
    if (!Buffer.from(recovery.storeId).equals(checkpoint.head.storeId) || checkpoint.head.shard !== shard.number) {
      throw new Damage(recovery.checkpoints.folder, 'it belongs to another store')
    }
    state.nextLogId = Math.max(state.nextLogId, checkpoint.head.nextLogId)
    checkpoint.visit(replay)
  }
  const journalFrom = checkpoint?.head.journalFrom ?? 1
  const { used, held, spares } = await sortFiles(recovery, journalFrom, checkpoints[1]?.head.journalFrom ?? journalFrom)
  const walk = new JournalWalk(fileBytes)
  const chain = startOf(used)
  let position = 0
  for (let i = 0; i < used.length; i++) {
    const { file, head } = used[i]
    if (head.firstEntry !== chain.entryNumber + 1 || head.previousCrc !== chain.crc) {
      const place = `entry ${chain.entryNumber + 1} at byte ${position} does not check`
      throw new Damage(used[i - 1].file.path, `${place}, but later ones exist`)
    }
    if (i > 0) for (const log of logsOf(recovery)) log.noteFile(used[i - 1].head.seq)
    position = await walk.walk(file, chain, (entry, bytes, view, from, to) =>
      replay.entry(file.path, entry, bytes, view, from, to),
    )
  }
  const last = used[used.length - 1].file
  await cutTornTail(recovery, walk, last, position, chain)
  if (checkpoint !== null && chain.entryNumber < checkpoint.lastEntry) {
    const reached = `the journal ends with entry ${chain.entryNumber}`
    throw new Damage(last.path, `${reached}, but the checkpoint counts in entry ${checkpoint.lastEntry}`)
  }
  replay.finish()
  await recoverSegments(shard.segments, logsOf(recovery))
  await recoverPartitions(shard.partitions, recovery.logger)
  await load(recovery, walk, used, replay.hasCarries)
  await finishPartitions(shard.partitions)
  const files = [...held, ...used.map((one) => one.file)]
  shard.journal.resume(files, spares, position, chain)
  return journalFrom
}

/** Keeps memory within bounds while messages and batches come back. */
async function settleDown(recovery: ShardRecovery): Promise<void> {
  await recovery.settleDown()
  await recovery.shard.partitions.settleDown()
}

function startOf(used: readonly Headed[]): Chain {
  return { entryNumber: used[0].head.firstEntry - 1, crc: used[0].head.previousCrc, epoch: 0 }
}

function logsOf(recovery: ShardRecovery): FileLog[] {
  return [...recovery.state.logs.values()].filter((log) => log.shard === recovery.shard)
}

/** Brings back into memory what is needed and lies in no segment. */
async function load(
  recovery: ShardRecovery,
  walk: JournalWalk,
  used: readonly Headed[],
  hasCarries: boolean,
): Promise<void> {
  const loading = new LoadJournaled(recovery.state.logs, recovery.shard)
  for (const carriesOnly of hasCarries ? [true, false] : [false]) {
    loading.carriesOnly = carriesOnly
    loading.sections.begin()
    const chain = startOf(used)
    for (const { file } of used) {
      const visit: VisitEntry = (entry, bytes, view, from, to) =>
        loading.sections.walk(file.path, entry.number, bytes, view, from, to)
      await walk.walk(file, chain, visit, () => settleDown(recovery))
    }
  }
  loading.finish()
}

/** Reads the heads of all files and tells them apart. */
async function sortFiles(recovery: ShardRecovery, journalFrom: number, heldFrom: number): Promise<Files> {
  const { shard } = recovery
  const headed: Headed[] = []
  const headless: JournalFile[] = []
  const spares: JournalFile[] = []
  for (const file of await shard.journal.openFiles()) {
    const head = await file.readHead()
    if (head === null) headless.push(file)
    else if (head.seq < Math.min(heldFrom, journalFrom)) spares.push(file)
    else if (head.shard === shard.number && Buffer.from(head.storeId).equals(recovery.storeId))
      headed.push({ file, head })
    else throw new Damage(file.path, 'it belongs to another store')
  }
  headed.sort((a, b) => a.head.seq - b.head.seq)
  for (const file of headless) await refuseLostHead(file, journalFrom)
  spares.push(...headless)
  const held = headed.filter((one) => one.head.seq < journalFrom).map((one) => one.file)
  const used = headed.filter((one) => one.head.seq >= journalFrom)
  if (used.length === 0) throw new Damage(shard.journal.folder, `journal file ${journalFrom} is missing`)
  for (let i = 0; i < used.length; i++) {
    const seq = journalFrom + i
    if (used[i].head.seq !== seq)
      throw new Damage(shard.journal.folder, `journal file ${seq} is missing, but later ones exist`)
  }
  return { used, held, spares }
}

/** A file whose head does not check and that yet holds entries that are needed is no spare. */
async function refuseLostHead(file: JournalFile, journalFrom: number): Promise<void> {
  const first = await file.firstEntry()
  if (first !== null && first.fileSeq >= journalFrom) {
    throw new Damage(file.path, `its head does not check, but it holds entries from ${first.number} on`)
  }
}

/**
 * Nothing valid may follow the place where the walk ended, save what was written together with the torn entry. The
 * heads that remain are zeroed, so that they can never be taken for entries again.
 */
async function cutTornTail(
  recovery: ShardRecovery,
  walk: JournalWalk,
  file: JournalFile,
  position: number,
  chain: Chain,
): Promise<void> {
  if (position + JOURNAL_BLOCK_BYTES > recovery.fileBytes) return
  const behind = await walk.entriesBehind(file, position)
  const proof = behind.find(({ head }) => head.number > chain.entryNumber && (head.flags & ENTRY_JOINED) === 0)
  if (proof !== undefined && proof.head.number > chain.entryNumber + 1) {
    const place = `entry ${chain.entryNumber + 1} at byte ${position} does not check, but entry ${proof.head.number}`
    throw new Damage(file.path, `${place} at byte ${proof.position} does`)
  }
  const block = Buffer.alloc(JOURNAL_BLOCK_BYTES)
  const count = await file.read(block, position)
  const dirty = block.subarray(0, count).some((byte) => byte !== 0)
  const zeros = new Uint8Array(JOURNAL_BLOCK_BYTES)
  for (const one of behind.reverse()) await file.write([zeros], one.position, zeros.length, true)
  if (!dirty) return
  const said = readEntryHead(block, 0)
  const entry = chain.entryNumber + 1
  if (said.number === entry && said.fileSeq === file.seq) {
    recovery.logger.warn(
      { file: file.path, position, entry },
      'the last entry does not check: it is cut as a torn write',
    )
  }
  await file.write([zeros], position, zeros.length, true)
}
