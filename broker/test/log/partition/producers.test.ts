import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryLog } from './compacted-log.ts'

const row = (key: string) => [{ key, value: key }]
const of = (producerId: number) => ({ producerId, baseSequence: 0, transactional: true })

/** 0 to 1 of producer 1 aborted at 3, 2 of producer 2 committed at 5, 4 of producer 3 open. */
function someLog(): MemoryLog {
  const log = new MemoryLog()
    .rows([...row('a'), ...row('b')], of(1))
    .rows(row('c'), of(2))
    .marker(1, false)
  return log.rows(row('d'), of(3)).marker(2, true)
}

describe('producers of a log whose start is raised', () => {
  it('know the transactions that reach over it', () => {
    const { producers } = someLog()
    const over = (offset: number) => producers.reachingOver(offset).map((one) => [one.producerId, one.firstOffset])
    assert.deepEqual(over(1), [[1, 0]])
    assert.deepEqual(over(3), [[1, 0]])
    assert.deepEqual(over(4), [])
    assert.deepEqual(over(5), [[3, 4]])
  })

  it('forget those that ended in what is gone, and keep the others', () => {
    const before = new MemoryLog().rows([...row('a'), ...row('b')], of(1)).rows(row('c'), of(2))
    const { producers } = before
    producers.restoreOver(5, [{ producerId: 3, firstOffset: 4 }])
    assert.equal(producers.get(1)?.transactionStart, -1)
    assert.equal(producers.get(2)?.transactionStart, -1)
    assert.equal(producers.firstUnstable(6), 4)
  })

  it('open none again whose marker they know', () => {
    const { producers } = someLog()
    producers.restoreOver(1, [{ producerId: 1, firstOffset: 0 }])
    assert.equal(producers.get(1)?.transactionStart, -1)
    assert.equal(producers.firstUnstable(6), 4)
    assert.deepEqual(
      producers.abortedIn(1, 4).map((one) => one.firstOffset),
      [0],
    )
    assert.deepEqual(producers.abortedIn(4, 6), [])
  })
})
