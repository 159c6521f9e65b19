import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lender } from '../../src/base/loan.ts'

test('memory is lent again only after it came back, and never to two', () => {
  const lender = new Lender(1000, 2)
  const [a, b] = [lender.lend(1000), lender.lend(500)]
  assert.notEqual(a.bytes, b.bytes)
  assert.equal(b.bytes.length, 1000)
  a.giveBack()
  a.giveBack()
  const [c, d] = [lender.lend(1000), lender.lend(1000)]
  assert.equal(c.bytes, a.bytes, 'lent again')
  assert.notEqual(d.bytes, c.bytes)
  a.giveBack()
  assert.notEqual(lender.lend(1000).bytes, c.bytes, 'whoever gave it back before has no say any more')
})

test('so many pieces wait for a borrower, and none of another size', () => {
  const lender = new Lender(1000, 2)
  const lent = [lender.lend(1000), lender.lend(1000), lender.lend(1000), lender.lend(1001), lender.lend(10)]
  for (const loan of lent) loan.giveBack()
  const again = [1, 2, 3].map(() => lender.lend(1000).bytes)
  const known = again.filter((bytes) => lent.some((loan) => loan.bytes === bytes))
  assert.equal(known.length, 2)
  assert.deepEqual(
    again.map((bytes) => bytes.length),
    [1000, 1000, 1000],
  )
  assert.deepEqual([lender.lend(1001).bytes.length, lender.lend(10).bytes.length], [1001, 10])
})
