/** What all random histories of a whole broker or engine have in common: their sizes, and what is said of one that fails. */

const TRACE_LINES = 8

interface Sizes {
  readonly seed: number
  readonly shards: number
  readonly tailBytesMax: number
  readonly journalFileBytes: number
}

/** Small enough that some seeds spill, retire and recycle. */
export function sizesOf(seed: number): Sizes {
  return {
    seed,
    shards: seed % 2 === 0 ? 1 : 3,
    tailBytesMax: seed % 3 === 0 ? 1 << 20 : 4 << 20,
    journalFileBytes: 1 << 20,
  }
}

interface History {
  /** Named as the file that runs it. */
  readonly name: string
  readonly seed: number
  /** How its generations ended so far. */
  readonly ends: readonly string[]
  /** Every operation on the disk so far. */
  trace(): readonly string[]
}

/** @throws what `live` throws, as the cause of an error that tells how to see it again */
export async function told<T>({ name, seed, ends, trace }: History, live: () => Promise<T>): Promise<T> {
  try {
    return await live()
  } catch (error) {
    const last = trace().slice(-TRACE_LINES).join('\n    ')
    const alone = `SEEDS=1 FIRST_SEED=${seed} npx node --test test/simulation/${name}.test.ts`
    throw new Error(`seed ${seed} of ${name} (alone: ${alone}) after ${ends.join(', ')}\n    ${last}`, { cause: error })
  }
}
