/** The scripted run, cut at its operations one after the other. */
import { Run } from './run.ts'
import { aftermath, script } from './script.ts'

/** Small enough that the script spills, retires and recycles. */
export const SCRIPT_SIZES = { tailBytesMax: 256 << 10, journalFileBytes: 1 << 20 }

/**
 * Cuts after every `step`-th operation and judges `outcomes` ways in which the disk may come out of it.
 * @returns the number of cuts. @throws with the cut in its message
 */
export async function cutScript(shards: number, step: number, outcomes: number): Promise<number> {
  for (let cut = 0; ; cut += step) {
    const run = new Run({ seed: 1, shards, ...SCRIPT_SIZES })
    run.disk.powerOffAfter(cut)
    try {
      if (await run.open()) await script(run)
      if (!run.isOff) return Math.ceil(cut / step)
      await run.judgeOutcomes(outcomes, aftermath)
    } catch (error) {
      const last = run.disk.trace.slice(-3).join(', ')
      throw new Error(`${shards} shard(s), cut after operation ${cut}: ${last}`, { cause: error })
    }
  }
}
