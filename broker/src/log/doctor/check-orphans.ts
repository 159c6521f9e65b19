/**
 * Files that nothing tells of. Those of logs that are gone, which a crash leaves, are removed as a start would; all
 * others, and all of them where something is lost that may have told of them, are set aside.
 */

import type { Case } from './case.ts'
import { finding } from './finding.ts'
import type { ShardState } from './shard-state.ts'
import { SET_ASIDE_FOLDER, type Step, setAside, UNFINISHED } from './treatment.ts'

export async function checkOrphans(
  open: Case,
  shardFolder: string,
  state: ShardState,
  known: ReadonlySet<string>,
  folders: ReadonlySet<string>,
  isSuspect: boolean,
): Promise<void> {
  const segments = `${shardFolder}/segments`
  for (const name of await open.disk.list(segments)) {
    const path = `${segments}/${name}`
    if (known.has(path)) continue
    const isOurs = /^\d+-\d{20}\.log$/.test(name)
    await orphan(open, path, isOurs && !isSuspect && !state.unknown.has(Number.parseInt(name, 10)), isSuspect)
  }
  const partitions = `${shardFolder}/partitions`
  for (const folder of await open.disk.list(partitions)) {
    const isKnown = folders.has(folder)
    const names = await open.disk.list(`${partitions}/${folder}`).catch(() => null)
    if (names === null) await orphan(open, `${partitions}/${folder}`, false, isSuspect)
    for (const name of names ?? []) {
      const path = `${partitions}/${folder}/${name}`
      if (known.has(path)) continue
      const isOurs = /^\d{20}(\.\d+)?\.(log|index|timeindex)$/.test(name) && /\.\d+$/.test(folder)
      await orphan(open, path, isOurs && !isSuspect, isSuspect)
    }
    if (!isKnown && isSuspect) await folderGone(open, `${partitions}/${folder}`)
  }
}

async function orphan(open: Case, path: string, isLeftover: boolean, isSuspect: boolean): Promise<void> {
  if (isLeftover) {
    const what = 'it belongs to nothing any more'
    await open.found(finding('leftover', path, what, 'it is removed, as a start does'), [{ kind: 'remove', path }])
    return
  }
  const what = 'nothing tells whose it is; a start would remove it'
  const remedy = `it is moved to ${SET_ASIDE_FOLDER}/`
  await open.found(finding(isSuspect ? 'loss' : 'mend', path, what, remedy), [
    { kind: 'move', path, to: setAside(path) },
  ])
}

async function folderGone(open: Case, path: string): Promise<void> {
  const step: Step = { kind: 'remove folder', path }
  if ((await open.disk.list(path).catch(() => [path])).length === 0) await open.found(null, [step])
}

/** What a repair left that was cut off. */
export async function checkUnfinished(open: Case, folder: string): Promise<void> {
  // What cannot be listed is a file.
  for (const name of await open.disk.list(folder).catch(() => [])) {
    const path = `${folder}/${name}`
    if (name.endsWith(UNFINISHED)) {
      const what = 'a repair was cut off while it made this file'
      await open.found(finding('leftover', path, what, 'it is removed'), [{ kind: 'remove', path }])
    } else if (!/\.(jnl|ckp|log|index|timeindex)$/.test(name)) await checkUnfinished(open, path)
  }
}
