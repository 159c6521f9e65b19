/**
 * The checkpoints of a shard. One that cannot be read costs nothing while the other one is there, or the journal from
 * its beginning: so it is the last resort to make one of what is left, of both, chunk by chunk.
 */
import { CheckpointFolder } from '../checkpoint.ts'
import { type DecodedCheckpoint, decodeCheckpoint } from '../checkpoint-format.ts'
import type { Case } from './case.ts'
import { finding } from './finding.ts'
import { journalFiles, seqOfEntries } from './journal-files.ts'
import { salvageCheckpoint } from './salvage-checkpoint.ts'
import { setAside } from './treatment.ts'

/** The readable ones, newest first, as a start would find them. */
export async function checkCheckpoints(
  open: Case,
  shardFolder: string,
  shard: number,
  storeId: Uint8Array,
): Promise<DecodedCheckpoint[]> {
  const folder = `${shardFolder}/checkpoint`
  const broken: { path: string; bytes: Buffer }[] = []
  let whole = 0
  for (const name of (await open.disk.list(folder)).reverse()) {
    const path = `${folder}/${name}`
    if (name.endsWith('.tmp')) {
      const what = 'a checkpoint that was never finished'
      await open.found(finding('leftover', path, what, 'it is removed'), [{ kind: 'remove', path }])
    }
    if (!name.endsWith('.ckp')) continue
    const bytes = await open.look(path, 0, await open.size(path))
    const decoded = decodeCheckpoint(bytes)
    if (decoded === null) broken.push({ path, bytes })
    else if (Buffer.from(decoded.head.storeId).equals(storeId) && decoded.head.shard === shard) whole++
    else await foreign(open, path)
  }
  if (whole > 0 || (await beginsAtOne(open, shardFolder))) for (const { path } of broken) await spare(open, path)
  else if (await isNeeded(open, shardFolder, broken.length)) {
    await salvageCheckpoint(open, { shardFolder, shard, storeId, broken })
  }
  return new CheckpointFolder(open.disk, shardFolder).read()
}

async function foreign(open: Case, path: string): Promise<void> {
  const remedy = `it is moved to ${setAside(path)}`
  const step = { kind: 'move', path, to: setAside(path) } as const
  await open.found(finding('mend', path, 'it belongs to another store or shard', remedy), [step])
}

async function spare(open: Case, path: string): Promise<void> {
  const what = 'it does not check; the other checkpoint, or the journal, says the same'
  const remedy = `it is moved to ${setAside(path)}`
  await open.found(finding('mend', path, what, remedy), [{ kind: 'move', path, to: setAside(path) }])
}

/** The journal from its first entry on says all that a checkpoint could. */
async function beginsAtOne(open: Case, shardFolder: string): Promise<boolean> {
  const files = await journalFiles(open, `${shardFolder}/journal`)
  if (files.some(({ head }) => head?.seq === 1)) return true
  for (const { path, size, head } of files) {
    if (head === null && seqOfEntries(await open.read(path, 0, size), 1) === 1) return true
  }
  return false
}

/** Without any checkpoint and any journal there is nothing to begin with. */
async function isNeeded(open: Case, shardFolder: string, broken: number): Promise<boolean> {
  return broken > 0 || (await journalFiles(open, `${shardFolder}/journal`)).some(({ head }) => head !== null)
}
