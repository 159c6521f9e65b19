/** One short history of schedules, cut at its disk operations one after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeUntilCut, liveUntilCut } from './schedule-cut.ts'

/** Of so many operations one is where the power goes. */
const STEP = Number(process.env.CUT_STEP ?? 1)

for (const shards of [1, 3]) {
  test(`schedules cut at their disk operations, ${shards} shard(s)`, async () => {
    let cuts = 0
    for (let isCut = true; isCut; cuts++) isCut = await liveUntilCut(cuts * STEP, shards)
    assert.ok(cuts > 10, 'there was something to cut')
  })
}

test('a definition that takes over in the round of a tick, cut at its disk operations', async () => {
  for (let cut = 0; cut < 24; cut++) await changeUntilCut(cut, 3)
})
