/** Random work on an engine, as a broker would give it, all drawn from the run's seed. */
import type { Durability } from '../../src/log/engine.ts'
import type { StoredRecord } from './oracle.ts'
import type { Run } from './run.ts'

const LOGS_MAX = 8
const BODY_BYTES = [0, 10, 100, 100, 300, 300, 2000, 2000, 9000, 40_000]
const DURABILITIES: Durability[] = ['synced', 'synced', 'synced', 'synced', 'written', 'scratch']
const HUGE_BODY_BYTES = 1_200_000

/** Does `count` random things; ends early when the power goes off or the engine stops. */
export async function randomLoad(run: Run, count: number): Promise<void> {
  for (let i = 0; i < count && !run.isOff && run.fatal === undefined; i++) await act(run)
}

async function act(run: Run): Promise<void> {
  const { random } = run
  const ids = [...run.oracle.logs.values()].filter((model) => run.log(model.id) !== undefined).map((model) => model.id)
  if (ids.length < 2) return createLog(run)
  const id = random.pick(ids)
  const records = run.records(id)
  const draw = random.below(100)
  if (draw < 34) append(run, ids)
  else if (draw < 40) copy(run, ids)
  else if (draw < 58) settleSome(run, id, records)
  else if (draw < 66) deliverSome(run, id, records)
  else if (draw < 72) returnOne(run, id, records)
  else if (draw < 75) purgePart(run, id, records)
  else if (draw < 78) run.define(`d${random.below(5)}`, random.chance(1, 4) ? null : `value ${random.below(1000)}`)
  else if (draw < 80 && ids.length < LOGS_MAX) createLog(run)
  else if (draw < 81) run.delete(id)
  else if (draw < 86) await run.read(id, random.below((records.at(-1)?.offset ?? 0) + 2))
  else if (draw < 89) run.clock.advance(random.below(60))
  else if (draw < 91) await run.durable()
  else await run.turns(random.below(12))
}

function createLog(run: Run): void {
  const durability = run.random.pick(DURABILITIES)
  run.create(`queue:/:${run.random.below(1000)}`, durability)
}

function append(run: Run, ids: readonly number[]): void {
  const { random } = run
  const several = random.chance(1, 5)
  const some = several ? ids.filter(() => random.chance(1, 2)) : [random.pick(ids)]
  if (some.length === 0) return
  for (let count = random.chance(1, 4) ? random.below(30) : 1; count > 0; count--) {
    const bodyLength = random.chance(1, 400) ? HUGE_BODY_BYTES : random.pick(BODY_BYTES)
    run.append(some, bodyLength, !random.chance(1, 8))
  }
}

/** Records of a partition into some logs, or into none; and its reader goes on. */
function copy(run: Run, ids: readonly number[]): void {
  const { random } = run
  for (let count = 1 + random.below(8); count > 0; count--) {
    const bodyLength = random.chance(1, 100) ? HUGE_BODY_BYTES : random.pick(BODY_BYTES)
    const some = ids.filter(() => random.chance(1, 2))
    run.copy(some, bodyLength)
  }
  if (random.chance(1, 2)) run.book?.settle(run.engine!, 1 + random.below(30))
}

/** From the front in order, as quick consumers do, or here and there. */
function settleSome(run: Run, id: number, records: readonly StoredRecord[]): void {
  const { random } = run
  const inOrder = random.chance(2, 3)
  let left = random.below(random.chance(1, 5) ? 200 : 12)
  for (const record of records) {
    if (left === 0) return
    if (!inOrder && random.chance(1, 2)) continue
    run.settle(id, record)
    left--
  }
}

function deliverSome(run: Run, id: number, records: readonly StoredRecord[]): void {
  for (const record of records.slice(0, run.random.below(20))) run.deliver(id, record)
}

function returnOne(run: Run, id: number, records: readonly StoredRecord[]): void {
  if (records.length === 0) return
  const record = run.random.pick(records)
  const count = Number.parseInt(record.returns.at(-1)!.value, 10) + 1
  run.setReturns(id, record, count, run.random.chance(1, 2) ? run.clock.now() + run.random.below(10_000) : 0)
}

function purgePart(run: Run, id: number, records: readonly StoredRecord[]): void {
  if (records.length === 0) return
  const from = run.random.chance(1, 2) ? 0 : run.random.pick(records).offset
  run.settleRange(id, from, run.random.chance(1, 2) ? run.log(id).endOffset : from + run.random.below(50))
}
