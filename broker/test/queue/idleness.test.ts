// The end of unused queues, under clocks that are set.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './harness.ts'

for (const [name, jumpMs] of [
  ['forward', 3_600_000],
  ['back', -3_600_000],
] as const) {
  test(`a clock that is set ${name} neither shortens nor lengthens the time of a queue`, async () => {
    const world = await World.open()
    const queue = world.queue('q', { 'x-expires': 1000 })
    await world.pass(900)
    queue.touch()
    const now = world.clock.now.bind(world.clock)
    world.clock.now = () => now() + jumpMs
    await world.pass(900)
    assert.ok(!queue.gone)
    await world.pass(200)
    assert.ok(queue.gone)
  })
}
