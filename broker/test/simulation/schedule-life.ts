/** A whole random history of schedules from one seed: ticks, ends of every kind, and the judgement. */
import { sizesOf, told } from './history.ts'
import { ScheduleRun } from './schedule-run.ts'

const GENERATIONS = 5
const STEPS_MAX = 30
const DOWN_MS = [0, 0, 1, 400, 1000, 2500, 9000]

/** @throws with the seed in its message */
export async function liveThroughSchedules(seed: number): Promise<void> {
  const run = new ScheduleRun(sizesOf(seed))
  const ends: string[] = []
  await told({ name: 'schedule', seed, ends, trace: () => run.disk.trace }, async () => {
    await run.open()
    for (let generation = 0; generation < GENERATIONS; generation++) await generate(run, ends)
    await run.finish()
  })
}

async function generate(run: ScheduleRun, ends: string[]): Promise<void> {
  const { random } = run
  const end = random.pick(['cut', 'cut', 'now', 'kill', 'restart'] as const)
  const downMs = random.pick(DOWN_MS)
  ends.push(`${end} (${downMs} ms down)`)
  if (end === 'cut') run.disk.powerOffAfter(random.below(60))
  for (let left = 3 + random.below(STEPS_MAX); left > 0 && !run.isOff; left--) {
    const draw = random.below(20)
    if (draw < 10) run.clock.advance(random.below(1200))
    else if (draw < 12) await run.confirm()
    else if (draw < 13) run.fill()
    else if (draw < 15) run.change()
    else if (draw < 16) run.tickAndChange()
    else if (draw < 17) run.changeAndTick()
    else await run.turns(random.below(12))
  }
  if (end === 'restart' && !run.isOff) return run.restart(downMs)
  const cutStart = random.chance(1, 3) ? random.below(20) : undefined
  await run.crash(end === 'kill' && !run.isOff ? 'kill' : 'power', downMs, cutStart)
}
