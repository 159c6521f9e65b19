/** A whole random history from one seed: loads and ends of every kind, each judged. */

import type { Faults } from '../../src/log/faults.ts'
import { CursorBook } from './cursor-book.ts'
import { told } from './history.ts'
import { randomLoad } from './random-load.ts'
import { Run, type Tamper } from './run.ts'

const GENERATIONS = 4

/** A bug that the history is to find. */
export interface Planted {
  tamper?: Tamper
  faults?: Faults
}

/** @returns every operation on the last disk. @throws with the seed in its message */
export async function liveThrough(seed: number, planted: Planted = {}): Promise<string[]> {
  const shards = seed % 2 === 0 ? 1 : 3
  const run = new Run({
    seed,
    shards,
    // Small enough that every seed spills, retires and recycles.
    tailBytesMax: seed % 3 === 0 ? 64 << 10 : 1 << 20,
    journalFileBytes: seed % 5 === 0 ? 3 << 20 : 1 << 20,
    ...planted,
  })
  const ends: string[] = []
  return told({ name: 'power-loss', seed, ends, trace: () => run.disk.trace }, async () => {
    await run.open()
    run.book = new CursorBook(shards)
    run.book.begin(run.engine!)
    await run.durable()
    for (let generation = 0; generation < GENERATIONS; generation++) await generate(run, ends)
    await run.restart()
    return run.trace
  })
}

async function generate(run: Run, ends: string[]): Promise<void> {
  const { random } = run
  const end = random.pick(['cut', 'cut', 'now', 'kill', 'restart', 'failure'] as const)
  ends.push(end)
  if (end === 'cut') run.disk.powerOffAfter(random.below(120))
  if (random.chance(1, 4)) run.disk.failNext('write', 'ENOSPC', 'segments')
  if (end === 'failure') run.disk.failNext(random.pick(['write', 'sync']), random.pick(['EIO', 'ENOSPC']), 'journal')
  await randomLoad(run, 20 + random.below(200))
  if (end === 'restart' && run.fatal === undefined) await run.restart()
  if (end !== 'restart' || run.isOff)
    await run.crash(end === 'kill' ? 'kill' : 'power', random.chance(1, 3) ? random.below(12) : undefined)
}
