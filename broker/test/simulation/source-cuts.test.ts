/** One short history of a queue over a topic, cut at its disk operations one after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SourceRun } from './source-run.ts'

/** Of so many operations one is where the power goes. */
const STEP = Number(process.env.CUT_STEP ?? 1)

for (const shards of [1, 3]) {
  for (const kind of ['power', 'kill'] as const) {
    test(`what is settled and returned, cut at each disk operation (${kind}), ${shards} shard(s)`, async () => {
      let cuts = 0
      for (let isCut = true; isCut; cuts++) isCut = await liveTo(cuts * STEP, shards, kind)
      assert.ok(cuts * STEP > 10, 'there was something to cut')
    })
  }
}

/** @returns false if the history ended before it was cut */
async function liveTo(cut: number, shards: number, kind: 'power' | 'kill'): Promise<boolean> {
  const run = new SourceRun({ seed: 5, shards, tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
  try {
    await run.begin()
    run.disk.powerOffAfter(cut)
    await script(run)
    const { isOff } = run
    if (isOff) await run.crash(kind, 0)
    else run.disk.powerOffAfter(Number.POSITIVE_INFINITY)
    await run.finish()
    return isOff
  } catch (error) {
    throw new Error(`${shards} shard(s), ${kind} after operation ${cut}`, { cause: error })
  }
}

async function script(run: SourceRun): Promise<void> {
  const [orders, others, events] = run.lines
  const work = (kind: 'acknowledge' | 'requeue' | 'reject') => () => {
    for (const consumer of run.consumers) consumer.settle(0, kind)
  }
  const steps = [
    () => run.append(orders, null),
    () => run.append(events, null),
    () => run.append(others, null),
    work('acknowledge'),
    work('requeue'),
    () => run.sync(),
    () => run.append(orders, null),
    work('reject'),
    work('requeue'),
    () => run.deleteRecords(orders),
    work('acknowledge'),
    () => run.clock.advance(60),
    work('acknowledge'),
    work('requeue'),
    work('reject'),
    () => run.sync(),
    work('acknowledge'),
  ]
  for (const step of steps) {
    if (run.isOff) return
    await step()
    await run.turns(3)
  }
  if (!run.isOff) await run.sync()
}
