/** A whole random history of topics and the queues bound to them from one seed: work, ends of every kind, the judgement. */
import { FeedRun } from './feed-run.ts'
import { sizesOf, told } from './history.ts'

const GENERATIONS = 4
const STEPS_MAX = 100

/** @throws with the seed in its message */
export async function liveThroughFeeds(seed: number): Promise<void> {
  const run = new FeedRun(sizesOf(seed))
  const ends: string[] = []
  await told({ name: 'feed', seed, ends, trace: () => run.disk.trace }, async () => {
    await run.open()
    await run.caughtUp()
    for (let generation = 0; generation < GENERATIONS; generation++) await generate(run, ends)
    await run.finish()
  })
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
