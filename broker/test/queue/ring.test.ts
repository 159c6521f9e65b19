import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Subscription, SubscriptionRing } from '../../src/broker/queue/subscription.ts'

class Named extends Subscription {
  readonly noAck = true
  readonly exclusive = false
  readonly name: number

  constructor(name: number) {
    super()
    this.name = name
  }

  deliver(): void {}
  queueGone(): void {}
}

const operation = fc.record({ kind: fc.constantFrom('enter', 'enter', 'leave', 'serve', 'serve'), who: fc.nat(6) })

test('subscriptions stand in the ring as in a list that goes round', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), (operations) => {
      const all = Array.from({ length: 7 }, (_, name) => new Named(name))
      const ring = new SubscriptionRing()
      let list: number[] = []
      for (const { kind, who } of operations) {
        if (kind === 'enter') {
          ring.enter(all[who])
          if (!list.includes(who)) list.push(who)
        } else if (kind === 'leave') {
          ring.leave(all[who])
          list = list.filter((one) => one !== who)
        } else if (ring.current !== null) {
          ring.current = ring.current.ringNext
          list.push(list.shift()!)
        }
        assert.equal((ring.current as Named | null)?.name, list[0])
        const round: number[] = []
        let at = ring.current as Named | null
        for (let i = 0; i < list.length; i++) {
          round.push(at!.name)
          assert.equal(at!.ringNext!.ringPrevious, at)
          at = at!.ringNext as Named
        }
        assert.deepEqual(round, list)
      }
    }),
  )
})
