/** Waiting for what a broker brings about in its own time; the check that waits has its own end. */
import { setTimeout as sleep } from 'node:timers/promises'

const SECONDS = 15
/** Most of a check is waiting for groups to form, three seconds each. */
export const CHECKS_AT_ONCE = 6

/** Resolves once `holds`. @throws what `instead` says, 15 s later. */
export async function eventually(holds: () => boolean | Promise<boolean>, instead: () => string): Promise<void> {
  const deadline = performance.now() + SECONDS * 1000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`after ${SECONDS} s ${instead()}`)
    await sleep(20)
  }
}
