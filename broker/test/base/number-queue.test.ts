import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NumberQueue } from '../../src/base/number-queue.ts'

test('numbers come out as they went in, however often it grew and emptied', () => {
  const queue = new NumberQueue()
  const expected: number[] = []
  let next = 0
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < (round * 7) % 50; i++) {
      queue.push(next)
      expected.push(next++)
    }
    for (let i = 0; i < (round * 5) % 60 && expected.length > 0; i++) {
      assert.equal(queue.first, expected[0])
      assert.equal(queue.shift(), expected.shift())
    }
    assert.equal(queue.length, expected.length)
  }
  queue.clear()
  assert.equal(queue.length, 0)
})

test('one that is never empty stays as small as what it holds', () => {
  const queue = new NumberQueue()
  queue.push(0)
  for (let i = 1; i < 100_000; i++) {
    queue.push(i)
    assert.equal(queue.shift(), i - 1)
  }
  const { ring } = queue as unknown as { ring: Float64Array }
  assert.equal(ring.length, 16)
})
