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

const STEPS: ((run: Run) => void | Promise<void>)[] = [
  (run) => {
    for (const name of ['jobs', 'events', 'idle']) run.create(`queue:/:${name}`, 'synced')
    run.define('exchange:/:orders', 'topic')
  },
  (run) => {
    for (let i = 0; i < 5; i++) run.append([1], SMALL)
    run.append([1, 2, 3], SMALL)
    run.append([2], LARGE)
  },
  async (run) => {
    for (const record of run.records(1)) run.deliver(1, record)
    for (const record of run.records(1).slice(0, 3)) run.settle(1, record)
    await run.turns(3)
    run.setReturns(1, run.records(1)[0], 1)
    run.setReturns(1, run.records(1)[0], 2)
    run.clock.advance(25)
  },
  // More than memory may hold: spills into segments.
  async (run) => {
    for (let i = 0; i < 20; i++) {
      run.append([2], LARGE)
      await run.turns(2)
    }
  },
  (run) => run.read(2, 0),
  (run) => {
    for (const record of run.records(2).filter((_, i) => i % 2 === 0)) run.settle(2, record)
    run.define('exchange:/:orders', null)
    run.define('exchange:/:other', 'fanout')
  },
  // More than some journal files hold: retires, checkpoints, recycles; a few old records are carried along.
  async (run) => {
    for (let i = 0; i < 70; i++) {
      run.append([1], HUGE)
      if (i > 2) run.settle(1, run.records(1)[3])
      await run.turns(6)
      if (i % 10 === 9) await run.durable()
    }
  },
  async (run) => {
    run.settleRange(1, 0, run.log(1).endOffset)
    run.delete(2)
    await run.turns(5)
    run.append([1, 3], SMALL)
  },
  (run) => run.read(3, 0),
  (run) => run.restart(),
  (run) => {
    run.append([1], SMALL)
    run.settle(3, run.records(3)[0])
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
