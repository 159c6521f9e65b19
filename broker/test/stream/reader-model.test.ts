// Any order of appends, transactions and credit: a reader gives each record that may be read once, in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endTransaction, produce } from '../topic/fed-queues.ts'
import { TopicWorld } from '../topic/harness.ts'
import { FIRST, streamOf, Taker } from './taker.ts'

const PRODUCER = 7

const step = fc.oneof(
  fc.record({ kind: fc.constant('plain' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('open' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('end' as const), count: fc.integer({ min: 0, max: 1 }) }),
  fc.record({ kind: fc.constant('credit' as const), count: fc.integer({ min: 1, max: 6 }) }),
)

test('a reader gives each record that may be read once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const world = await TopicWorld.open()
      const [partition] = world.create('a').partitions
      const taker = new Taker(streamOf(world, 'a'), FIRST, 2)
      /** In the order of the log; those of the open transaction are not decided. */
      const records: { value: string; fate: 'kept' | 'lost' | 'open' }[] = []
      let granted = 2
      let sequence = 0
      const append = async (count: number, fate: 'kept' | 'open'): Promise<void> => {
        const values = Array.from({ length: count }, (_, at) => String(records.length + at))
        const producer = fate === 'open' ? PRODUCER : -1
        await produce(
          world,
          partition,
          values.map((value) => ({ value })),
          producer,
          fate === 'open' ? sequence : 0,
        )
        if (fate === 'open') sequence += count
        for (const value of values) records.push({ value, fate })
      }
      const decide = async (commit: boolean): Promise<void> => {
        if (!records.some(({ fate }) => fate === 'open')) return
        await endTransaction(world, partition, PRODUCER, commit)
        for (const one of records) if (one.fate === 'open') one.fate = commit ? 'kept' : 'lost'
      }
      const readable = (): string[] => {
        const open = records.findIndex(({ fate }) => fate === 'open')
        const stable = open < 0 ? records : records.slice(0, open)
        return stable.filter(({ fate }) => fate === 'kept').map(({ value }) => value)
      }
      for (const { kind, count } of steps) {
        if (kind === 'plain') await append(count, 'kept')
        else if (kind === 'open') await append(count, 'open')
        else if (kind === 'end') await decide(count === 1)
        else {
          granted += count
          taker.credit += count
          taker.reader.wake()
          await world.settle()
        }
        assert.deepEqual(taker.bodies, readable().slice(0, granted))
      }
      await decide(true)
      taker.credit = Number.POSITIVE_INFINITY
      taker.reader.wake()
      await world.settle()
      assert.deepEqual(taker.bodies, readable())
      await world.engine.close()
    }),
    { numRuns: 60 },
  )
})
