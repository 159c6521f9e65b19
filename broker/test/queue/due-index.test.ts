import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DueIndex } from '../../src/broker/queue/due-index.ts'

function takeAll(index: DueIndex, nowMs: number): number[] {
  const into: number[] = []
  into.length = index.take(nowMs, into, Number.MAX_SAFE_INTEGER)
  return into
}

test('gives what is due by time, ties in the order of adding, and nothing else', () => {
  const index = new DueIndex()
  index.add(7, 2_000)
  index.add(9, 1_500)
  index.add(3, 2_000)
  index.add(2 ** 53 - 1, 9_000_000_000_000)
  assert.equal(index.next(), 1_500)
  assert.deepEqual(takeAll(index, 1_499), [])
  assert.deepEqual(takeAll(index, 2_000), [9, 7, 3])
  assert.equal(index.size, 1)
  assert.equal(index.next(), 9_000_000_000_000)
  assert.deepEqual(takeAll(index, 9_000_000_000_000), [2 ** 53 - 1])
  assert.equal(index.next(), Number.POSITIVE_INFINITY)
})

test('takes what was added with a time in the past before what is due later', () => {
  const index = new DueIndex()
  index.add(1, 5_000)
  index.add(2, 5_001)
  assert.deepEqual(takeAll(index, 5_000), [1])
  index.add(3, 10)
  assert.equal(index.next(), 10)
  assert.deepEqual(takeAll(index, 6_000), [3, 2])
})

test('keeps the order of adding over many chunks of one time', () => {
  const index = new DueIndex()
  const count = 5_000
  for (let place = 0; place < count; place++) index.add(count - place, 1)
  const taken = takeAll(index, 1)
  assert.deepEqual(
    taken,
    Array.from({ length: count }, (_, i) => count - i),
  )
})

test('clears', () => {
  const index = new DueIndex()
  for (let place = 0; place < 3_000; place++) index.add(place, place)
  index.clear()
  assert.equal(index.size, 0)
  assert.equal(index.next(), Number.POSITIVE_INFINITY)
  index.add(5, 5)
  assert.deepEqual(takeAll(index, 10), [5])
})

type Step =
  | { do: 'add'; due: number; times: number }
  | { do: 'take'; by: number; max: number }
  | { do: 'forget'; modulus: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      due: fc.integer({ min: -500, max: 4_000 }),
      times: fc.integer({ min: 1, max: 400 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      due: fc.integer({ min: 0, max: 2 ** 40 }),
      times: fc.constant(1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('take' as const),
      by: fc.integer({ min: 0, max: 1_500 }),
      max: fc.integer({ min: 1, max: 1_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), modulus: fc.integer({ min: 1, max: 5 }) }) },
)

test('answers as a sorted list does, whatever is added, taken and dropped in which order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const index = new DueIndex()
      let model: { place: number; due: number }[] = []
      let now = 1_700_000_000_000
      let place = 2 ** 40
      for (const each of steps) {
        if (each.do === 'add') {
          for (let i = 0; i < each.times; i++) {
            const due = now + each.due + ((i * 37) % 11)
            model.push({ place, due })
            index.add(place, due)
            place = (place * 31 + 7) % 2 ** 48
          }
          model.sort((a, b) => a.due - b.due)
        } else if (each.do === 'forget') {
          const keep = (place: number): boolean => place % each.modulus === 0
          model = model.filter((entry) => keep(entry.place))
          for (let before = -1; before !== index.size; ) {
            before = index.size
            index.forgetSome(keep, before)
          }
        } else {
          now += each.by
          const expected = model.filter((entry) => entry.due <= now).slice(0, each.max)
          model = model.slice(expected.length)
          const into: number[] = []
          into.length = index.take(now, into, each.max)
          assert.deepEqual(
            into,
            expected.map((entry) => entry.place),
          )
        }
        assert.equal(index.size, model.length)
        assert.equal(index.next(), model[0]?.due ?? Number.POSITIVE_INFINITY)
      }
    }),
    { numRuns: 60 },
  )
})

test('forgets in passing what nobody waits for any more', () => {
  const index = new DueIndex()
  const live = new Set<number>()
  for (let place = 0; place < 20_000; place++) {
    live.add(place)
    index.add(place, 1_000_000 - ((place * 7919) % 65_536))
    index.forgetSome((place) => live.has(place), 2)
    if (place >= 100) live.delete(place - 100)
  }
  assert.ok(index.size < 400, `${index.size} for 100`)
  const left = new Set(takeAll(index, 1_000_000))
  for (const place of live) assert.ok(left.has(place))
})
