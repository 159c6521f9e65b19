// Publishes that a full queue refused: each is answered by a nack in its place, and no ack covers it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Confirms, REFUSED } from '../../src/amqp/confirms.ts'

/** How a client reads an answer: what it stands for is removed from what is open. */
function answered(open: number[], sequence: number, multiple: boolean): number[] {
  const found = open.filter((one) => (multiple ? one <= sequence : one === sequence))
  for (const one of found) open.splice(open.indexOf(one), 1)
  return found
}

const step = fc.record({
  /** 0: needs no disk; 1: the round under way; -1: refused; 2: the round becomes durable and all that may be is answered. */
  kind: fc.constantFrom(0, 1, 1, 1, REFUSED, REFUSED, 2),
})

test('each publish is answered once, in order, by a nack if it was refused, and never before it is durable', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const confirms = new Confirms()
      const rounds: number[] = []
      const open: number[] = []
      let [round, durable, lastAnswered] = [1, 0, 0]
      const answer = (): void => {
        let before: boolean | null = null
        for (let sequence = confirms.take(durable); sequence !== 0; sequence = confirms.take(durable)) {
          const found = answered(open, sequence, confirms.multiple)
          assert.ok(found.length > 0, `${sequence} stands for something`)
          assert.equal(found.length > 1, confirms.multiple)
          for (const one of found) {
            assert.equal(one, ++lastAnswered, 'in order')
            assert.equal(rounds[one - 1] === REFUSED, confirms.refused, `${one} is answered for what it was`)
            assert.ok(rounds[one - 1] <= durable, `${one} is durable`)
          }
          assert.notEqual(confirms.refused, before, 'neighbours share one answer')
          before = confirms.refused
        }
        const next = rounds[lastAnswered]
        assert.ok(next === undefined || next > durable, 'nothing that is due is kept back')
      }
      for (const { kind } of steps) {
        if (kind === 2) {
          durable = round++
          answer()
          continue
        }
        rounds.push(kind === 1 ? round : kind)
        open.push(rounds.length)
        confirms.push(rounds.length, rounds.at(-1)!)
        if (open.length % 5 === 0) answer()
      }
      durable = round
      answer()
      assert.deepEqual([open, confirms.waiting], [[], false])
    }),
  )
})
