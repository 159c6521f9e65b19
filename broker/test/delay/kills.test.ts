import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../src/base/random.ts'
import { World } from '../queue/harness.ts'
import { declareDelayed, delay, kill, runTurn } from './delayed.ts'

const SPANS_MS = [500, 10_000, 600_000, 20_000_000]

interface Kept {
  readonly due: number
  /** The broker that took it, and the round that makes it durable there. */
  readonly broker: unknown
  readonly round: number
  promised: boolean
}

/** Publishes, waits and kills at random; whatever was durable when the broker died is to come, and never early. */
async function play(seed: number): Promise<{ kept: Kept[]; arrivals: Map<number, number>; kills: number }> {
  const random = new SeededRandom(seed)
  const pick = (below: number): number => random.below(Math.max(1, below))
  const world = await World.open({ tailBytesMax: 1 << 20 })
  declareDelayed(world, 'later')
  world.vhost.bind('later', world.queue('jobs'), 'k', {})
  await world.settle()
  const kept: Kept[] = []
  const arrivals = new Map<number, number>()
  let kills = 0
  const drain = async (): Promise<void> => {
    for (const text of await world.drain(world.queue('jobs'))) {
      const number = Number.parseInt(text, 10)
      const now = world.clock.now()
      assert.ok(now >= kept[number].due, `seed ${seed}: message ${number} came ${kept[number].due - now} ms early`)
      arrivals.set(number, (arrivals.get(number) ?? 0) + 1)
    }
  }
  for (let step = 0; step < 60; step++) {
    switch (pick(4)) {
      case 0:
      case 1:
        for (let i = pick(200); i > 0; i--) {
          const due = world.clock.now() + pick(SPANS_MS[pick(SPANS_MS.length)])
          const text = `${kept.length}${'.'.repeat(pick(300))}`
          const round = delay(world, 'later', 'k', text, due)
          kept.push({ due, broker: world.broker, round, promised: false })
        }
        if (pick(2) === 0) runTurn(world)
        break
      case 2:
        await world.pass(pick(SPANS_MS[pick(SPANS_MS.length)]), 5_000)
        await drain()
        break
      case 3: {
        const { broker, engine } = world
        for (const one of kept) if (one.broker === broker && one.round <= engine.durableRound) one.promised = true
        await kill(world, pick(2) * pick(SPANS_MS[pick(SPANS_MS.length)]))
        kills++
      }
    }
  }
  for (const one of kept) if (one.broker === world.broker) one.promised = true
  await world.settle()
  await world.pass(45_000_000, 60_000)
  await drain()
  return { kept, arrivals, kills }
}

for (let seed = 1; seed <= 6; seed++) {
  test(`random kills, seed ${seed}`, async () => {
    const { kept, arrivals, kills } = await play(seed)
    assert.ok(kept.length > 500 && kills > 3, `${kept.length} messages, ${kills} kills`)
    const lost = kept.flatMap(({ promised }, number) => (promised && !arrivals.has(number) ? [number] : []))
    assert.deepEqual(lost, [])
  })
}
