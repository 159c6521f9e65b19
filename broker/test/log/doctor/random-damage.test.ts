/** The doctor on stores that were damaged at random: what is whole comes back, nothing is invented, nothing breaks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { examine } from '../../../src/log/doctor/examine.ts'
import { isDamage } from '../../../src/log/doctor/finding.ts'
import { assertSame, checkCured, damagedAt } from './cured.ts'
import { placesIn } from './damaged-files.ts'
import { diskOf, filesOf, filledStore, OPTIONS } from './filled-store.ts'

const SEEDS = 3

for (const [shards, stopped] of [
  [1, true],
  [1, false],
  [3, false],
] as const) {
  describe(`a store of ${shards} shards, ${stopped ? 'stopped' : 'killed'}`, async () => {
    const filled = await filledStore(shards + (stopped ? 1 : 0), shards, stopped)
    const places = placesIn(filled.files)

    it('is whole, and stays as it is', async () => {
      const disk = await diskOf(filled.files)
      const examination = await examine(disk, OPTIONS)
      assert.deepEqual(examination.findings.filter(isDamage), [])
      assert.equal(
        examination.records,
        [...filled.kept.values()].reduce((sum, kept) => sum + kept.size, 0),
      )
      assertSame(await filesOf(disk), filled.files, 'a check')
    })

    for (const part of ['/journal/', '/segments/', '/partitions/', 'store/']) {
      it(`gives out what is whole when files of ${part} are damaged`, async () => {
        for (let seed = 0; seed < SEEDS; seed++) {
          const { files, what } = damagedAt(filled, seed, part)
          await checkCured(filled, places, files, what)
        }
      })
    }
  })
}
