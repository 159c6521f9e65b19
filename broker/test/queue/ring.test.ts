import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Subscription, SubscriptionRing } from '../../src/broker/queue/subscription.ts'

class Named extends Subscription {
  readonly noAck = true
  readonly exclusive = false
  readonly name: number

  constructor(name: number, priority: number) {
    super(priority)
    this.name = name
  }

  deliver(): void {}
  wake(): void {}
  queueGone(): void {}
}

const operation = fc.record({ kind: fc.constantFrom('enter', 'enter', 'leave', 'serve', 'serve'), who: fc.nat(6) })
const operations = fc.array(operation, { maxLength: 200, size: 'max' })

/** Whose turn it is, in turn, as the ring tells. */
function roundOf(ring: SubscriptionRing): number[] {
  const names: number[] = []
  let at = ring.current as Named | null
  while (at !== null && !names.includes(at.name)) {
    names.push(at.name)
    assert.equal(at.ringNext!.ringPrevious, at)
    at = at.ringNext as Named
  }
  assert.equal(at, ring.current, 'the ring closes')
  return names
}

/** Runs the operations on a ring and on lists, one per priority, that go round. */
function check(priorities: readonly number[], operations: readonly { kind: string; who: number }[]): void {
  const all = priorities.map((priority, name) => new Named(name, priority))
  const ring = new SubscriptionRing()
  const lists = new Map<number, number[]>()
  for (const { kind, who } of operations) {
    const priority = priorities[who]
    const list = lists.get(priority) ?? []
    const top = Math.max(...lists.keys())
    if (kind === 'enter') {
      ring.enter(all[who])
      if (!list.includes(who)) lists.set(priority, [...list, who])
    } else if (kind === 'leave') {
      ring.leave(all[who])
      const left = list.filter((one) => one !== who)
      if (left.length > 0) lists.set(priority, left)
      else lists.delete(priority)
    } else if (ring.current !== null) {
      ring.current = ring.current.ringNext
      const [first, ...others] = lists.get(top)!
      lists.set(top, [...others, first])
    }
    assert.deepEqual(roundOf(ring), lists.get(Math.max(...lists.keys())) ?? [])
  }
  // What stands below comes up in its order when those above leave.
  for (const priority of [...lists.keys()].sort((a, b) => b - a)) {
    const list = lists.get(priority)!
    assert.deepEqual(roundOf(ring), list)
    for (const name of list) ring.leave(all[name])
  }
  assert.equal(ring.current, null)
}

test('subscriptions stand in the ring as in a list that goes round', () => {
  fc.assert(fc.property(operations, (steps) => check([0, 0, 0, 0, 0, 0, 0], steps)))
})

test('the highest priority that anybody has is served, each in a ring of its own', () => {
  const priority = fc.constantFrom(-5, 0, 0, 3, 2 ** 31)
  const priorities = fc.array(priority, { minLength: 7, maxLength: 7 })
  fc.assert(fc.property(priorities, operations, check))
})
