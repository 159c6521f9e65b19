/**
 * Segments that stand under the names of others. A file does not say whose it is, but offsets and lengths tell: one that
 * is not as its name wants it, and just as another name wants it, goes there. Looked for only where a size is wrong.
 */
import { BatchScan } from './batch-scan.ts'
import type { Case } from './case.ts'
import { finding } from './finding.ts'
import { type Step, setAside } from './treatment.ts'

/** What the checkpoint says of a segment. */
export interface ExpectedFile {
  readonly path: string
  readonly base: number
  readonly end: number
  readonly length: number
}

const MOVING = '.moving'

export async function checkMisplaced(open: Case, expected: readonly ExpectedFile[]): Promise<void> {
  await finishMoves(open, expected)
  const strange: ExpectedFile[] = []
  for (const one of expected) {
    if ((await sizeOf(open, one.path)) !== one.length && !(await fits(open, one.path, one))) strange.push(one)
  }
  /** Where each strange file belongs. */
  const homes = new Map<string, ExpectedFile>()
  for (const { path } of strange) {
    for (const other of expected) {
      if (other.path === path || (await sizeOf(open, path)) !== other.length || !(await fits(open, path, other)))
        continue
      homes.set(path, other)
      break
    }
  }
  await moveHome(open, homes)
  await finishMoves(open, expected)
}

/** A repair was cut off while files were on their way. */
async function finishMoves(open: Case, expected: readonly ExpectedFile[]): Promise<void> {
  for (const { path } of expected) {
    const moving = path + MOVING
    if (!(await open.disk.exists(moving)) || (await open.disk.exists(path))) continue
    const found = finding('mend', moving, 'a repair was cut off while it gave the file its name', 'it gets its name')
    await open.found(found, [{ kind: 'move', path: moving, to: path }])
  }
}

async function moveHome(open: Case, homes: ReadonlyMap<string, ExpectedFile>): Promise<void> {
  const first: Step[] = []
  const then: Step[] = []
  const taken = new Set<string>()
  for (const [path, { path: home }] of homes) {
    // A copy of what stands in its place already, or of what goes there, has no other place.
    const isCopy = taken.has(home) || (!homes.has(home) && (await open.disk.exists(home)))
    if (isCopy) {
      const to = setAside(path)
      const found = finding('mend', path, `it is a copy of ${home}`, `it is moved to ${to}`)
      await open.found(found, [{ kind: 'move', path, to }])
      continue
    }
    taken.add(home)
    first.push({ kind: 'move', path, to: home + MOVING })
    then.push({ kind: 'move', path: home + MOVING, to: home })
  }
  if (first.length === 0) return
  const [path] = homes.keys()
  const what = `${first.length} segments stand under the names of others`
  await open.found(finding('mend', path, what, 'they get their own names back'), [...first, ...then])
}

async function sizeOf(open: Case, path: string): Promise<number> {
  return (await open.disk.exists(path)) ? open.size(path) : 0
}

/** Whether a file holds just what is expected under another, or its own, name. */
async function fits(open: Case, path: string, { base, end, length }: ExpectedFile): Promise<boolean> {
  if ((await sizeOf(open, path)) < length) return false
  const {
    damaged,
    displaced,
    next,
    end: at,
  } = await new BatchScan(open, path, length).run({ from: 0, to: length, first: base, limit: end }, () => {})
  return damaged.length === 0 && displaced.length === 0 && next === end && at === length
}
