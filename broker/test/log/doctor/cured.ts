/** Damages a store, lets the doctor repair it, and holds what a start then gives out against what was published. */
import assert from 'node:assert/strict'
import { SeededRandom } from '../../../src/base/random.ts'
import { examine, repair } from '../../../src/log/doctor/examine.ts'
import { isDamage } from '../../../src/log/doctor/finding.ts'
import { openStore, unsettled } from '../store.ts'
import { afterTornEnd, damage, isWhole, KINDS, type Places } from './damaged-files.ts'
import { diskOf, type Files, type Filled, filesOf, OPTIONS, recordsOf } from './filled-store.ts'

const DAMAGES_MAX = 3

/** One to three damages, of any kind, in files whose path has `part`. */
export function damagedAt(filled: Filled, seed: number, part: string): { files: Files; what: string } {
  const random = new SeededRandom(seed)
  let files: Files = filled.files
  const told: string[] = []
  for (let left = 1 + random.below(DAMAGES_MAX); left > 0; left--) {
    const paths = [...files].flatMap(([path, bytes]) => (path.includes(part) && bytes.length > 0 ? [path] : []))
    if (paths.length === 0) break
    const one = damage(files, random, random.pick(KINDS), random.pick(paths))
    files = one.files
    told.push(one.what)
  }
  return { files, what: `seed ${seed}: ${told.join('; ')}` }
}

/** @throws unless all that was not damaged comes back, and nothing else. */
export async function checkCured(filled: Filled, places: Places, files: Files, what: string): Promise<void> {
  const disk = await diskOf(files)
  const examination = await examine(disk, OPTIONS)
  assertSame(await filesOf(disk), files, what)
  assert.notEqual(examination.records, null, `${what}: would not start: ${JSON.stringify(examination.findings)}`)
  await repair(disk, examination, 'all')
  const again = await examine(disk, OPTIONS)
  assert.deepEqual(again.findings.filter(isDamage), [], what)
  const store = await openStore(disk, OPTIONS)
  const torn = afterTornEnd(filled.files, files)
  const isExcused = (id: number | undefined, offset: number): boolean => {
    const copies = id === undefined ? [] : (places.get(id)?.get(offset) ?? [])
    if (copies.flat().some((place) => torn.some((one) => one.path === place.path && one.from === place.from)))
      return true
    return !isWhole(copies, filled.files, files)
  }
  for (const [owner, kept] of filled.kept) {
    const log = [...store.engine.logs.values()].find((one) => one.owner === owner)
    const found = new Map(log === undefined ? [] : await unsettled(log))
    for (const [offset, body] of found) {
      assert.ok(body.includes(`${owner}@${offset} `), `${what}: ${owner}@${offset} was never published`)
      assert.equal(body, kept.get(offset) ?? body, `${what}: ${owner}@${offset} is another`)
    }
    for (const offset of kept.keys()) {
      assert.ok(found.has(offset) || isExcused(log?.id, offset), `${what}: ${owner}@${offset} is gone`)
    }
  }
  for (const log of store.engine.partitions.values()) {
    const found = await recordsOf(log)
    for (const [offset, value] of found) {
      assert.ok(value.startsWith(`${log.owner}@${offset} `), `${what}: ${log.owner}@${offset} was never produced`)
    }
    for (let offset = 0; offset < (filled.ends.get(log.owner) ?? 0); offset++) {
      assert.ok(found.has(offset) || isExcused(log.id, offset), `${what}: ${log.owner}@${offset} is gone`)
    }
  }
  for (const owner of filled.ends.keys()) {
    const isThere = [...store.engine.partitions.values()].some((log) => log.owner === owner)
    assert.ok(isThere || examination.findings.some(({ severity }) => severity === 'loss'), `${what}: ${owner} is gone`)
  }
  await store.engine.close()
}

export function assertSame(now: Files, before: Files, what: string): void {
  assert.deepEqual([...now.keys()].sort(), [...before.keys()].sort(), what)
  for (const [path, bytes] of before) assert.ok(now.get(path)!.equals(bytes), `${what}: ${path} was changed`)
}
