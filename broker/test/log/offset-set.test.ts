import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { OffsetSet } from '../../src/log/offset-set.ts'

const offset = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1e9, max: 1e9 + 3000 }))
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('add', 'delete', 'below', 'next', 'absent'), at: offset }),
  fc.record({ do: fc.constant('range'), at: offset, length: fc.integer({ min: 0, max: 2500 }) }),
)

test('an offset set does what a plain set does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const set = new OffsetSet()
      const plain = new Set<number>()
      for (const it of steps) {
        if (it.do === 'add') {
          assert.equal(set.add(it.at), !plain.has(it.at))
          plain.add(it.at)
        } else if (it.do === 'delete') assert.equal(set.delete(it.at), plain.delete(it.at))
        else if (it.do === 'range' && 'length' in it) {
          set.addRange(it.at, it.at + it.length)
          for (let i = 0; i < it.length; i++) plain.add(it.at + i)
        } else if (it.do === 'below') {
          set.deleteBelow(it.at)
          for (const one of plain) if (one < it.at) plain.delete(one)
        } else if (it.do === 'next') {
          const expected = Math.min(...[...plain].filter((one) => one >= it.at))
          assert.equal(set.nextAtOrAfter(it.at), Number.isFinite(expected) ? expected : -1)
        } else {
          let absent = it.at
          while (plain.has(absent)) absent++
          assert.equal(set.nextAbsent(it.at), absent)
        }
        assert.equal(set.size, plain.size)
        assert.equal(set.has(it.at), plain.has(it.at))
        assert.equal(set.first(), plain.size === 0 ? -1 : Math.min(...plain))
      }
      const seen: number[] = []
      set.forEachRange((from, to) => {
        for (let at = from; at < to; at++) seen.push(at)
      })
      assert.deepEqual(
        seen,
        [...plain].sort((a, b) => a - b),
      )
    }),
    { numRuns: 300 },
  )
})

test('settling in order keeps one page', () => {
  const set = new OffsetSet()
  for (let at = 0; at < 200_000; at++) {
    set.add(at)
    if (at % 100 === 99) set.deleteBelow(at)
  }
  assert.equal(set.size, 1)
  assert.equal(set.first(), 199_999)
})
