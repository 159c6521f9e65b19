import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveThrough } from './life.ts'
import { confirmedBeforeSync, folderSyncSkipped, syncSkipped, withSettlesAhead } from './planted.ts'
import type { Tamper } from './run.ts'

const SEEDS_MAX = 60

/** The first seed whose judgement finds something, and what. */
async function find(tamper?: Tamper): Promise<string> {
  for (let seed = 0; seed < SEEDS_MAX; seed++) {
    try {
      await liveThrough(seed, tamper)
    } catch (error) {
      return String((error as Error).cause)
    }
  }
  throw new assert.AssertionError({ message: `not found in ${SEEDS_MAX} seeds` })
}

const BUGS: [string, Tamper, RegExp][] = [
  ['sync skipped', syncSkipped, /lost|damaged|does not check|missing/],
  ['confirm before sync', confirmedBeforeSync, /lost|damaged|definition .* is/],
  ['folder sync skipped', folderSyncSkipped, /lost|missing|damaged/],
]

for (const [name, tamper, symptom] of BUGS) {
  test(`planted: ${name}`, async () => assert.match(await find(tamper), symptom))
}

test('planted: settle ahead of its record', () =>
  withSettlesAhead(async () => assert.match(await find(), /settles offsets|settled and is back|is not known/)))
