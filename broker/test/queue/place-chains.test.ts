import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Chain, NO_LINK, PlaceChains } from '../../src/broker/queue/place-chains.ts'

const operation = fc.record({
  kind: fc.constantFrom('push', 'push', 'push', 'shift', 'shift', 'filter'),
  which: fc.nat(3),
  value: fc.nat(9),
})

test('chains hold what lists would hold, and share what is free', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 1500, size: 'max' }), (operations) => {
      const chains = new PlaceChains()
      const lists: number[][] = [[], [], [], []]
      const all: Chain[] = lists.map(() => ({ first: NO_LINK, last: NO_LINK }))
      let number = 2 ** 40
      for (const { kind, which, value } of operations) {
        const chain = all[which]!
        const list = lists[which]!
        if (kind === 'push') {
          chains.push(chain, ++number)
          list.push(number)
        } else if (kind === 'shift' && list.length > 0) assert.equal(chains.shift(chain), list.shift())
        else if (kind === 'filter') {
          const keep = (place: number): boolean => place % 10 < value
          chains.filter(chain, keep)
          lists[which] = list.filter(keep)
        }
        assert.deepEqual(
          all.map((one) => chains.isEmpty(one)),
          lists.map(({ length }) => length === 0),
        )
        assert.equal(chains.size, lists.flat().length)
      }
      for (const [i, list] of lists.entries()) for (const place of list) assert.equal(chains.shift(all[i]!), place)
      assert.equal(chains.size, 0)
    }),
    { numRuns: 50 },
  )
})
