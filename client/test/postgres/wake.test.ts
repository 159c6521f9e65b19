/** Nobody sleeps through a signal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseMs, Wake } from '../../src/postgres/wake.ts'

test('a signal ends a sleep, or the next one if there is none', async () => {
  const wake = new Wake()
  const asleep = wake.sleep(Number.POSITIVE_INFINITY)
  wake.signal()
  await asleep
  wake.signal()
  wake.signal()
  await wake.sleep(Number.POSITIVE_INFINITY)
})

test('signals are not kept for a second sleep', async () => {
  const wake = new Wake()
  wake.signal()
  await wake.sleep(Number.POSITIVE_INFINITY)
  let awake = false
  const asleep = wake.sleep(Number.POSITIVE_INFINITY).then(() => (awake = true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(awake, false)
  wake.signal()
  await asleep
})

test('without a signal the sleep ends by itself', () => new Wake().sleep(5))

test('pauses grow, up to 7.5 s', () => {
  for (const [failures, most] of [
    [0, 150],
    [3, 1200],
    [30, 7500],
    [5000, 7500],
  ] as const) {
    const pause = pauseMs(failures)
    assert.ok(pause >= most / 3 && pause <= most, `${pause} ms after ${failures}`)
  }
})
