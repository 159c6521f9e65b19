/** A short history of schedules, always the same, in which the power goes at one disk operation. */
import { ScheduleRun } from './schedule-run.ts'

const TICKS = 12
/** As many as a round has operations in several shards, and some. */
const CUTS = 8
/** Long enough for some to be missed. */
const DOWN_MS = 2200

/** @returns false if the history ended before the power went */
export async function liveUntilCut(cut: number, shards: number): Promise<boolean> {
  const run = new ScheduleRun({ seed: 5, shards, tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
  try {
    await run.open()
    run.disk.powerOffAfter(cut)
    for (let tick = 0; tick < TICKS && !run.isOff; tick++) {
      run.clock.advance(1000)
      if (tick % 5 === 4) run.fill()
      if (tick % 4 === 1) run.tickAndChange()
      if (tick % 4 === 3) run.changeAndTick()
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

/** As `liveUntilCut`, of nothing but a tick, and a definition that takes over in its round. */
export async function changeUntilCut(cut: number, shards: number): Promise<void> {
  const run = new ScheduleRun({ seed: cut, shards, tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
  try {
    await run.open()
    await run.confirm()
    run.disk.powerOffAfter(cut % CUTS)
    run.tickAndChange()
    await run.settle()
    await run.crash('power', 0)
    await run.finish()
  } catch (error) {
    throw new Error(`${shards} shard(s), cut after operation ${cut % CUTS}, seed ${cut}`, { cause: error })
  }
}
