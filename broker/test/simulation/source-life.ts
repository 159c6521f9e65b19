/** A whole random history of queues over topics from one seed: work, ends of every kind, the judgement. */
import { sizesOf, told } from './history.ts'
import { SourceRun, Worker } from './source-run.ts'

const GENERATIONS = 4
const STEPS_MAX = 150

/** @throws with the seed in its message */
export async function liveThroughSources(seed: number): Promise<void> {
  const run = new SourceRun(sizesOf(seed))
  const ends: string[] = []
  await told({ name: 'source', seed, ends, trace: () => run.disk.trace }, async () => {
    await run.begin()
    for (let generation = 0; generation < GENERATIONS; generation++) await generate(run, ends)
    await run.finish()
  })
}

async function generate(run: SourceRun, ends: string[]): Promise<void> {
  const { random } = run
  const end = random.pick(['cut', 'cut', 'now', 'now', 'kill', 'restart'] as const)
  ends.push(end)
  if (end === 'cut') run.disk.powerOffAfter(random.below(120))
  for (let left = 10 + random.below(STEPS_MAX); left > 0 && !run.isOff; left--) await act(run)
  if (end === 'restart' && !run.isOff) {
    run.leave()
    return run.restart(0)
  }
  const cutStart = random.chance(1, 4) ? random.below(20) : undefined
  await run.crash(end === 'kill' && !run.isOff ? 'kill' : 'power', 0, cutStart)
}

async function act(run: SourceRun): Promise<void> {
  const { random } = run
  const draw = random.below(100)
  if (draw < 20) run.append(random.pick(run.lines), null)
  else if (draw < 30) run.transact(random.pick(run.lines))
  else if (draw < 70) random.pick(run.consumers).act()
  else if (draw < 72) replace(run)
  else if (draw < 74) run.deleteRecords(random.pick(run.lines))
  else if (draw < 75) run.compact(run.lines[3])
  else if (draw < 78) await run.sync()
  else if (draw < 82) run.clock.advance(random.below(60))
  else await run.turns(random.below(8))
}

/** A consumer dies, and another one comes. */
function replace(run: SourceRun): void {
  const at = run.random.below(run.consumers.length)
  const { book } = run.consumers[at]
  run.consumers[at].die()
  run.consumers[at] = new Worker(run, book)
}
