/** One short history of a topic and its queues, cut at its disk operations one after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FeedRun } from './feed-run.ts'

/** Of so many operations one is where the power goes. */
const STEP = Number(process.env.CUT_STEP ?? 1)

for (const shards of [1, 3]) {
  test(`a feed cut at its disk operations, ${shards} shard(s)`, async () => {
    let cuts = 0
    for (let isCut = true; isCut; cuts++) isCut = await liveTo(cuts * STEP, shards)
    assert.ok(cuts > 10, 'there was something to cut')
  })
}

/** @returns false if the history ended before the power went */
async function liveTo(cut: number, shards: number): Promise<boolean> {
  const run = new FeedRun({ seed: 5, shards, tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
  try {
    await run.open()
    await run.caughtUp()
    run.disk.powerOffAfter(cut)
    await script(run)
    const { isOff } = run
    if (isOff) await run.crash('power', 0)
    else run.disk.powerOffAfter(Number.POSITIVE_INFINITY)
    await run.finish()
    return isOff
  } catch (error) {
    throw new Error(`${shards} shard(s), cut after operation ${cut}`, { cause: error })
  }
}

async function script(run: FeedRun): Promise<void> {
  const [orders, others, events] = run.lines
  const [moving, moved] = run.moving
  const steps = [
    () => run.bind(moving),
    () => run.append(orders, null),
    () => run.append(events, null),
    () => run.transact(others),
    () => run.append(others, null),
    () => run.bind(moved),
    () => run.drain(moving),
    () => run.transact(others),
    () => run.bind(moving),
    () => run.bind(moving),
    () => run.append(orders, null),
    () => run.transact(others),
    () => run.deleteRecords(orders),
    () => run.append(others, null),
    () => run.append(events, null),
    () => run.bind(moving),
    () => run.transact(others),
  ]
  for (const step of steps) {
    if (run.isOff) return
    await step()
    await run.turns(3)
  }
  await run.caughtUp()
}
