import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { openStore } from './store.ts'

test('what is staged at the last moment before a seal belongs to its round', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const { engine, durable } = await openStore(disk)
  const seen: number[] = []
  engine.onSeal = () => {
    seen.push(engine.openRound)
    engine.define(`round ${engine.openRound}`, Buffer.from('late'))
  }
  const round = engine.openRound
  engine.define('first', Buffer.from('early'))
  await durable()
  assert.deepEqual(seen, [round])
  assert.equal(engine.durableRound, round)
  const again = await openStore(disk.powerLoss())
  assert.ok(again.engine.definitions.has(`round ${round}`))
  await again.engine.close()
})

test('a stop asks once more', async () => {
  const disk = new SimulatedDisk(new SeededRandom(1))
  const { engine } = await openStore(disk)
  engine.onSeal = () => engine.define('last', Buffer.from('word'))
  await engine.close()
  const again = await openStore(disk.powerLoss())
  assert.ok(again.engine.definitions.has('last'))
  await again.engine.close()
})
