/**
 * Random histories with power losses, held against a plain model: what was confirmed is there, in order, unless its
 * settle was asked for; what was durably settled is gone; nothing is served that was never published.
 */
import assert from 'node:assert/strict'
import test from 'node:test'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { SeededRandom } from '../../src/base/random.ts'
import type { Log } from '../../src/log/engine.ts'
import { openStore, type Store, unsettled } from './store.ts'

interface Message {
  text: string
  persistent: boolean
  round: number
  /** The round open when it was settled; 0 when not. */
  settledIn: number
  /** Confirmed before the last power loss. */
  confirmed: boolean
  /** Its settle was durable before the last power loss. */
  gone: boolean
}

class Model {
  readonly messages = new Map<string, Map<number, Message>>()
  /** Durable at the moment of the power loss. */
  crash(durableRound: number): void {
    for (const log of this.messages.values()) {
      for (const one of log.values()) {
        one.confirmed ||= one.persistent && one.round > 0 && one.round <= durableRound
        one.gone ||= one.settledIn > 0 && one.settledIn <= durableRound
        one.round = 0
      }
    }
  }
}

async function history(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const options = { shards: 1 + random.below(3), tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 }
  const model = new Model()
  let disk = new SimulatedDisk(random)
  for (let life = 0; life < 4; life++) {
    const cutAfter = random.below(4) === 0 ? 1_000_000 : random.below(400)
    disk.powerOffAfter(cutAfter)
    await Promise.race([live(disk, options, model, random, `${seed}/${life}`), disk.poweredOff])
    disk = disk.powerLoss()
  }
  const store = await openStore(disk, options)
  await check(store, model, `${seed}/end`)
}

async function live(
  disk: SimulatedDisk,
  options: object,
  model: Model,
  random: SeededRandom,
  name: string,
): Promise<void> {
  const store = await openStore(disk, options)
  let stopped = false
  let durable = store.engine.durableRound
  const wake = store.engine.onDurable
  store.engine.onDurable = () => {
    wake()
    if (!stopped) durable = store.engine.durableRound
  }
  void disk.poweredOff.then(() => {
    if (!stopped) model.crash(durable)
    stopped = true
  })
  await check(store, model, name)
  const logs = [...store.engine.logs.values()]
  while (logs.length < 4) {
    const log = store.engine.createLog(`q${name}/${logs.length}`, 'synced')
    model.messages.set(log.owner, new Map())
    logs.push(log)
  }
  for (let step = 0; step < 300 && !stopped; step++) {
    act(store, logs, model, random, `${name}/${step}`)
    store.clock.advance(5)
    if (random.below(3) === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await store.durable()
  if (random.below(2) === 0) await store.engine.close()
  model.crash(store.engine.durableRound)
  stopped = true
}

function act(store: Store, logs: Log[], model: Model, random: SeededRandom, name: string): void {
  const { engine } = store
  const chosen = logs.filter(() => random.below(2) === 0)
  const what = random.below(10)
  if (what < 6 && chosen.length > 0) {
    const persistent = random.below(5) > 0
    const text = `${name} ${'.'.repeat(random.below(8) === 0 ? random.below(90_000) : random.below(3000))}`
    const offsets = chosen.map((log) => log.endOffset)
    const round = store.publish(text, chosen, persistent)
    for (const [i, log] of chosen.entries()) {
      const message = { text, persistent, round, settledIn: 0, confirmed: false, gone: false }
      model.messages.get(log.owner)!.set(offsets[i], message)
    }
    return
  }
  const log = random.pick(logs)
  const known = model.messages.get(log.owner)!
  const from = log.settledBelow + random.below(Math.max(1, log.endOffset - log.settledBelow))
  const to = what === 6 ? Math.min(log.endOffset, from + random.below(40)) : Math.min(log.endOffset, from + 1)
  if (what < 9) {
    if (what === 6) log.settleRange(from, to)
    else log.settle(from)
    for (let at = from; at < to; at++) {
      const message = known.get(at)
      if (message !== undefined && message.settledIn === 0) message.settledIn = engine.openRound
    }
  } else if (log.mayDeliver(from)) log.setReturns(from, random.below(5))
}

async function check(store: Store, model: Model, name: string): Promise<void> {
  const byOwner = new Map([...store.engine.logs.values()].map((log) => [log.owner, log]))
  for (const [owner, messages] of model.messages) {
    const log = byOwner.get(owner)
    if (log === undefined) {
      assert.ok(![...messages.values()].some((one) => one.confirmed), `${name}: ${owner} is lost`)
      model.messages.delete(owner)
      continue
    }
    const found = new Map(await unsettled(log))
    assert.equal(found.size, log.unsettled, `${name}: count of ${owner}`)
    for (const [offset, text] of found) {
      const message = messages.get(offset)
      assert.ok(
        message !== undefined && message.text === text,
        `${name}: ${owner} serves what was not published at ${offset}`,
      )
      assert.ok(!message.gone, `${name}: ${owner} serves settled ${offset}`)
    }
    for (const [offset, one] of messages) {
      if (one.confirmed && one.settledIn === 0) assert.ok(found.has(offset), `${name}: ${owner} lost ${offset}`)
      if (!found.has(offset)) messages.delete(offset)
      else one.settledIn = 0
    }
    for (const offset of messages.keys()) messages.get(offset)!.confirmed = true
  }
}

const [first, count] = (process.env.HISTORIES ?? '1,25').split(',').map(Number)
for (let seed = first; seed < first + count; seed++) {
  test(`history ${seed} survives its power losses`, () => history(seed))
}
