/** A fixed history that passes through everything an engine does to its files. */
import type { Run } from './run.ts'

const SMALL = 200
const LARGE = 40_000
const HUGE = 110_000

/** Stops wherever the power goes off. */
export async function script(run: Run): Promise<void> {
  for (const step of STEPS) {
    if (run.isOff) return
    await step(run)
    await run.durable()
  }
}

/** Ids follow from the owners' names. */
function idOf(run: Run, name: string): number {
  return [...run.oracle.logs.values()].find(({ owner }) => owner === `queue:/:${name}`)!.id
}
const jobs = (run: Run): number => idOf(run, 'jobs')
const events = (run: Run): number => idOf(run, 'events')
const idle = (run: Run): number => idOf(run, 'idle')

const STEPS: ((run: Run) => void | Promise<void>)[] = [
  (run) => {
    for (const name of ['jobs', 'events', 'idle']) run.create(`queue:/:${name}`, 'synced')
    run.define('exchange:/:orders', 'topic')
  },
  (run) => {
    for (let i = 0; i < 5; i++) run.append([jobs(run)], SMALL)
    run.append([jobs(run), events(run), idle(run)], SMALL)
    run.append([events(run)], LARGE)
  },
  async (run) => {
    for (const record of run.records(jobs(run))) run.deliver(jobs(run), record)
    for (const record of run.records(jobs(run)).slice(0, 3)) run.settle(jobs(run), record)
    await run.turns(3)
    run.setReturns(jobs(run), run.records(jobs(run))[0], 1)
    run.setReturns(jobs(run), run.records(jobs(run))[0], 2)
    run.clock.advance(25)
  },
  // More than memory may hold: spills into segments.
  async (run) => {
    for (let i = 0; i < 20; i++) {
      run.append([events(run)], LARGE)
      await run.turns(2)
    }
  },
  (run) => run.read(events(run), 0),
  (run) => {
    for (const record of run.records(events(run)).filter((_, i) => i % 2 === 0)) run.settle(events(run), record)
    run.define('exchange:/:orders', null)
    run.define('exchange:/:other', 'fanout')
  },
  // More than some journal files hold: retires, checkpoints, recycles; a few old records are carried along.
  async (run) => {
    for (let i = 0; i < 70; i++) {
      run.append([jobs(run)], HUGE)
      if (i > 2) run.settle(jobs(run), run.records(jobs(run))[3])
      await run.turns(6)
      if (i % 10 === 9) await run.durable()
    }
  },
  async (run) => {
    run.settleRange(jobs(run), 0, run.log(jobs(run)).endOffset)
    run.delete(events(run))
    await run.turns(5)
    run.append([jobs(run), idle(run)], SMALL)
  },
  (run) => run.read(idle(run), 0),
  (run) => run.restart(),
  (run) => {
    run.append([jobs(run)], SMALL)
    run.settle(idle(run), run.records(idle(run))[0])
  },
]

/** What a broker may do next after a start, ending in a power cut of its own. */
export async function aftermath(run: Run): Promise<void> {
  const ids = [...run.engine!.logs.keys()]
  for (const id of ids) {
    run.append([id], SMALL)
    const [first] = run.records(id)
    run.settle(id, first)
  }
  await run.durable()
  await run.crash('power')
}
