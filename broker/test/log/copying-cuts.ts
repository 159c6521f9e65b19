/** The copying of a partition, cut at its operations one after the other. */
import type { Faults } from '../../src/log/faults.ts'
import { Copying } from './copying.ts'

/**
 * Cuts the copying after every `step`-th operation and judges `outcomes` of it; then, often with the first start cut
 * short too, lets it come to its end. @returns the number of cuts
 */
export async function cutCopying(shards: number, step: number, outcomes: number, faults: Faults = {}): Promise<number> {
  for (let cut = 0; ; cut += step) {
    const copying = new Copying(shards, faults)
    try {
      await copying.live(cut)
      if (!copying.isOff) return Math.ceil(cut / step)
      await copying.judgeOutcomes(outcomes)
      copying.crash()
      await copying.live(cut % 3 === 0 ? cut % 40 : undefined)
      if (!copying.isOff) continue
      copying.crash()
      await copying.live()
    } catch (error) {
      const last = copying.trace.slice(-3).join(', ')
      throw new Error(`${shards} shard(s), cut after operation ${cut}: ${last}`, { cause: error })
    }
  }
}
