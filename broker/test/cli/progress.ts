/** Six seconds of progress in one, for a test to look at; `unknown` without a total. */
import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { Progress } from '../../src/cli/progress.ts'

const FASTER = 6

const { monotonic } = systemClock
mock.method(systemClock, 'monotonic', () => monotonic() * FASTER)
const progress = new Progress('moving', 'messages', process.argv[2] === 'unknown' ? null : 60)
for (let done = 0; done < 60; done += 2) {
  progress.add(2)
  await sleep(200 / FASTER)
}
progress.stop()
console.log('moved')
