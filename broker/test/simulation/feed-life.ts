/** A whole random history of topics and the queues bound to them from one seed: work, ends of every kind, the judgement. */
import { FeedRun } from './feed-run.ts'

const GENERATIONS = 4
const STEPS_MAX = 100

/** @throws with the seed in its message */
export async function liveThroughFeeds(seed: number): Promise<void> {
  const run = new FeedRun({
    seed,
    shards: seed % 2 === 0 ? 1 : 3,
    tailBytesMax: seed % 3 === 0 ? 1 << 20 : 4 << 20,
    journalFileBytes: 1 << 20,
  })
  const ends: string[] = []
  try {
    await run.open()
    await run.caughtUp()
    for (let generation = 0; generation < GENERATIONS; generation++) await generate(run, ends)
    await run.finish()
  } catch (error) {
    const trace = run.disk.trace.slice(-4).join('\n    ')
    const alone = `SEEDS=1 FIRST_SEED=${seed} npx node --test test/simulation/feed.test.ts`
    throw new Error(`feed seed ${seed} (alone: ${alone}) after ${ends.join(', ')}\n    ${trace}`, { cause: error })
  }
}

async function generate(run: FeedRun, ends: string[]): Promise<void> {
  const { random } = run
  const end = random.pick(['cut', 'cut', 'now', 'now', 'kill', 'restart'] as const)
  ends.push(end)
  if (end === 'cut') run.disk.powerOffAfter(random.below(120))
  for (let left = 10 + random.below(STEPS_MAX); left > 0 && !run.isOff; left--) await act(run)
  if (end === 'restart' && !run.isOff) return run.restart(0)
  const cutStart = random.chance(1, 4) ? random.below(20) : undefined
  await run.crash(end === 'kill' && !run.isOff ? 'kill' : 'power', 0, cutStart)
}

async function act(run: FeedRun): Promise<void> {
  const { random } = run
  const draw = random.below(100)
  if (draw < 40) run.append(random.pick(run.lines), null)
  else if (draw < 58) run.transact(random.pick(run.lines))
  else if (draw < 64) run.bind(random.pick(run.moving))
  else if (draw < 66) run.deleteRecords(random.pick(run.lines))
  else if (draw < 70) await run.drain(random.pick(run.queues))
  else if (draw < 76) await run.caughtUp()
  else if (draw < 80) run.clock.advance(random.below(60))
  else await run.turns(random.below(8))
}
