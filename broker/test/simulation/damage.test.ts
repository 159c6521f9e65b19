import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Damage } from '../../src/log/damage.ts'
import { Seek } from '../../src/log/engine.ts'
import { MessageView } from '../../src/record/message.ts'
import { differenceOf } from './numbered-message.ts'
import { Run } from './run.ts'

const SEGMENTS = 'store/0/segments'
const RECORDS = 150

/** One log, most of which lies in segments. */
async function spilled(seed: number): Promise<Run> {
  const run = new Run({ seed, tailBytesMax: 1 << 20, journalFileBytes: 4 << 20 })
  await run.open()
  run.create('queue:/:cold', 'synced')
  for (let i = 0; i < RECORDS; i++) {
    run.append([1], 20_000)
    if (i % 10 === 9) await run.durable()
  }
  await run.turns(200)
  return run
}

/** Reads the log to its end; a damaged place is noted and passed over. */
async function readOver(run: Run): Promise<{ found: number[]; damaged: [number, number][]; errors: Damage[] }> {
  const log = run.log(1)
  const view = new MessageView()
  const found: number[] = []
  const damaged: [number, number][] = []
  const errors: Damage[] = []
  for (let offset = 0; ; ) {
    const result = log.seek(offset, view)
    if (result === Seek.end) return { found, damaged, errors }
    if (result === Seek.found) {
      const record = run.oracle.logs.get(1)!.records.get(view.offset)!
      assert.equal(differenceOf(view, record.message, record.arrival), undefined)
      found.push(view.offset)
      offset = view.offset + 1
      continue
    }
    const error = await run.alive(new Promise<Error | null>((resolve) => log.load(offset, resolve)))
    if (error === null || error === undefined) continue
    assert.ok(error instanceof Damage, String(error))
    errors.push(error)
    const [, from, to] = /offsets (\d+) to (\d+)/.exec(error.message)!
    damaged.push([Number(from), Number(to)])
  }
}

test('a flipped bit in a segment is named with file and offsets; all else is served, nothing wrong is', async () => {
  for (let seed = 0; seed < 8; seed++) {
    const run = await spilled(seed)
    const [name] = await run.disk.list(SEGMENTS)
    const path = `${SEGMENTS}/${name}`
    const { length } = run.disk.contentOf(path)
    assert.ok(length > 100_000, `only ${length} bytes were spilled`)
    run.disk.flip(path, 1000 + run.random.below(length - 1000), run.random.below(8))
    const { found, damaged, errors } = await readOver(run)
    assert.equal(errors.length, 1)
    assert.ok(errors[0].message.includes(path))
    const [from, to] = damaged[0]
    const expected = Array.from({ length: RECORDS }, (_, i) => i).filter((offset) => offset < from || offset > to)
    assert.deepEqual(found, expected)
    assert.ok(to - from < RECORDS / 2, 'one bit takes more than its batch')
  }
})
