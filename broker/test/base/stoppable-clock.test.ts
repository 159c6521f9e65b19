import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, StoppableClock } from '../../src/base/clock.ts'

test('a stopped clock drops its timers and takes no more', () => {
  const manual = new ManualClock()
  const clock = new StoppableClock(manual)
  const fired: string[] = []
  const cleared = clock.setTimer(5, () => fired.push('cleared'))
  clock.setTimer(10, () => fired.push('before'))
  clock.setTimer(20, () => fired.push('after'))
  clock.clearTimer(cleared)
  manual.advance(10)
  clock.stop()
  clock.clearTimer(clock.setTimer(1, () => fired.push('later')))
  assert.equal(manual.nextTimer(), undefined)
  manual.advance(100)
  assert.deepEqual(fired, ['before'])
  assert.equal(clock.now(), manual.now())
})
