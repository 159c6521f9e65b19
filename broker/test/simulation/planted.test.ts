import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveThrough, type Planted } from './life.ts'
import { checkpointSyncSkipped, folderSyncSkipped, syncSkipped } from './planted.ts'

const SEEDS_MAX = 100

const BUGS: [string, Planted, RegExp][] = [
  ['sync skipped', { tamper: syncSkipped }, /lost|damaged/],
  ['folder sync skipped', { tamper: folderSyncSkipped }, /lost|damaged/],
  ['checkpoint sync skipped', { tamper: checkpointSyncSkipped }, /lost|damaged/],
  ['confirm before sync', { faults: { confirmBeforeSync: true } }, /lost|is back|forgotten|came back|definition .* is/],
  ['settle ahead of its record', { faults: { settleAheadOfRecord: true } }, /settles offsets|damaged/],
  ['cursor ahead of its copy', { faults: { cursorAheadOfCopy: true } }, /the copy of .* is lost/],
  ['copy without its cursor', { faults: { copyWithoutCursor: true } }, /is there without its cursor/],
  ['retirement before checkpoint', { faults: { retireBeforeCheckpoint: true } }, /lost|damaged/],
]

for (const [name, planted, symptom] of BUGS) {
  test(`planted: ${name}`, async () => {
    for (let seed = 0; seed < SEEDS_MAX; seed++) {
      try {
        await liveThrough(seed, planted)
      } catch (error) {
        assert.match(String((error as Error).cause), symptom)
        return
      }
    }
    assert.fail(`not found in ${SEEDS_MAX} seeds`)
  })
}
