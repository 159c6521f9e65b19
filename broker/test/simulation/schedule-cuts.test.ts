/** One short history of schedules, cut at its disk operations one after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScheduleRun } from './schedule-run.ts'

/** Of so many operations one is where the power goes. */
const STEP = Number(process.env.CUT_STEP ?? 1)
const TICKS = 12
/** Long enough for some to be missed. */
const DOWN_MS = 2200

for (const shards of [1, 3]) {
  test(`schedules cut at their disk operations, ${shards} shard(s)`, async () => {
    let cuts = 0
    for (let isCut = true; isCut; cuts++) isCut = await liveTo(cuts * STEP, shards)
    assert.ok(cuts > 10, 'there was something to cut')
  })
}

/** @returns false if the history ended before the power went */
async function liveTo(cut: number, shards: number): Promise<boolean> {
  const run = new ScheduleRun({ seed: 5, shards, tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
  try {
    await run.open()
    run.disk.powerOffAfter(cut)
    for (let tick = 0; tick < TICKS && !run.isOff; tick++) {
      run.clock.advance(1000)
      if (tick % 5 === 4) run.fill()
      if (tick % 3 === 1) run.change()
      if (tick % 2 === 0) await run.turns(5)
      else await run.confirm()
    }
    const { isOff } = run
    if (isOff) await run.crash('power', DOWN_MS)
    else run.disk.powerOffAfter(Number.POSITIVE_INFINITY)
    await run.finish()
    return isOff
  } catch (error) {
    throw new Error(`${shards} shard(s), cut after operation ${cut}`, { cause: error })
  }
}
