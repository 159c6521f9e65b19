/**
 * Recovery of one shard: find the journal's files, walk the chain of entries, cut what was torn, refuse what is damaged,
 * and bring back into memory what is still needed. Until the opening entry is written nothing but never-promised bytes
 * was cut, so that a crash in here only means to run it again.
 */
import type { Logger } from '../base/logger.ts'
import { Damage } from './damage.ts'
import { decodeEntryHead, ENTRY_JOINED, JOURNAL_BLOCK_BYTES } from './entry.ts'
import type { JournalFile, JournalFileHead } from './journal-file.ts'
import { type Chain, JournalWalk, type VisitEntry } from './journal-walk.ts'
import { LoadJournaled } from './load-journaled.ts'
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
}

/** @throws Damage */
export async function recoverShard(recovery: ShardRecovery): Promise<void> {
  const { shard, state, fileBytes } = recovery
  const { used, spares } = await filesBySeq(recovery)
  const walk = new JournalWalk(fileBytes)
  const replay = new Replay(state, shard)
  const chain: Chain = { entryNumber: used[0].head.firstEntry - 1, crc: used[0].head.previousCrc, epoch: 0 }
  let position = 0
  for (let i = 0; i < used.length; i++) {
    const { file, head } = used[i]
    if (head.firstEntry !== chain.entryNumber + 1 || head.previousCrc !== chain.crc) {
      throw new Damage(
        used[i - 1].file.path,
        `entry ${chain.entryNumber + 1} at byte ${position} does not check, but later ones exist`,
      )
    }
    position = await walk.walk(file, chain, (entry, bytes, view, from, to) =>
      replay.entry(file.path, entry, bytes, view, from, to),
    )
  }
  const last = used[used.length - 1].file
  await cutTornTail(recovery, walk, last, position, chain)
  replay.finish()
  const load = new LoadJournaled(state.logs, shard)
  const again: Chain = { entryNumber: used[0].head.firstEntry - 1, crc: used[0].head.previousCrc, epoch: 0 }
  for (const { file } of used) {
    const visit: VisitEntry = (entry, bytes, view, from, to) =>
      load.sections.walk(file.path, entry.number, bytes, view, from, to)
    await walk.walk(file, again, visit, recovery.settleDown)
  }
  load.finish()
  const files = used.map((one) => one.file)
  shard.journal.resume(files, spares, position, chain)
}

/** The files in use, in order, and the others. */
async function filesBySeq(recovery: ShardRecovery): Promise<{ used: Headed[]; spares: JournalFile[] }> {
  const { shard } = recovery
  const used: Headed[] = []
  const spares: JournalFile[] = []
  for (const file of await shard.journal.openFiles()) {
    const head = await file.readHead()
    if (head === null) spares.push(file)
    else if (head.shard === shard.number && Buffer.from(head.storeId).equals(recovery.storeId))
      used.push({ file, head })
    else throw new Damage(file.path, 'it belongs to another store')
  }
  used.sort((a, b) => a.head.seq - b.head.seq)
  if (used.length === 0) throw new Damage(shard.journal.folder, 'no journal file has a head that checks')
  if (used[0].head.firstEntry !== 1) throw new Damage(used[0].file.path, 'the files before it are missing')
  for (let i = 1; i < used.length; i++) {
    if (used[i].head.seq !== used[i - 1].head.seq + 1)
      throw new Damage(used[i].file.path, 'the file before it is missing')
  }
  for (const spare of spares) await refuseLostHead(spare, used[used.length - 1].head.seq)
  return { used, spares }
}

/** A file whose head does not check and that yet holds entries of a later use is no spare. */
async function refuseLostHead(file: JournalFile, lastSeq: number): Promise<void> {
  const block = Buffer.alloc(JOURNAL_BLOCK_BYTES)
  await file.read(block, JOURNAL_BLOCK_BYTES)
  const first = decodeEntryHead(block, 0)
  if (first !== null && first.fileSeq > lastSeq) {
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
  for (const one of behind.reverse()) await file.write([zeros], one.position, zeros.length)
  if (!dirty) return
  recovery.logger.info({ file: file.path, position }, 'cut what stood behind the last entry')
  await file.write([zeros], position, zeros.length)
}
