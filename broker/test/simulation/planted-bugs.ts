/** Bugs put into the broker's own steps: random histories must find each, or they prove nothing. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'

/** The first that finds it is the last that runs. */
const SEEDS_MAX = 25

export type Bug = readonly [name: string, plant: () => void, symptom: RegExp]

/** One test for each bug. */
export function testFound(bugs: readonly Bug[], live: (seed: number) => Promise<void>): void {
  for (const [name, plant, symptom] of bugs) {
    test(`planted: ${name}`, async () => {
      plant()
      try {
        for (let seed = 0; seed < SEEDS_MAX; seed++) await live(seed)
      } catch (error) {
        assert.match(String((error as Error).cause), symptom)
        return
      } finally {
        mock.restoreAll()
      }
      assert.fail(`not found in ${SEEDS_MAX} seeds`)
    })
  }
}

/** Until the end of the test. */
export function replace<T extends object, K extends keyof T & string>(
  target: T,
  name: K,
  planted: T[K] & ((...args: never[]) => unknown),
): void {
  mock.method(target, name as never, planted as never)
}
