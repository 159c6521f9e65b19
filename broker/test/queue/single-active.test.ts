import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SingleActive } from '../../src/broker/queue/single-active.ts'
import { Subscription, SubscriptionRing } from '../../src/broker/queue/subscription.ts'

class Member extends Subscription {
  readonly noAck = true
  readonly exclusive = false
  readonly group: Group

  constructor(group: Group, priority: number) {
    super(priority)
    this.group = group
  }

  wake(): void {
    if (this.group.single.allows(this)) this.group.ring.enter(this)
  }

  deliver(): void {}
  queueGone(): void {}
}

/** What a queue does with its subscriptions. */
class Group {
  readonly ring = new SubscriptionRing()
  readonly all = new Set<Member>()
  readonly single = new SingleActive(this.all, this.ring)

  join(priority = 0): Member {
    const member = new Member(this, priority)
    this.all.add(member)
    this.single.joined(member)
    member.wake()
    return member
  }

  leave(member: Member): void {
    this.ring.leave(member)
    this.all.delete(member)
    this.single.left(member)
  }

  /** Who stands in the ring. */
  get served(): Member[] {
    return [...this.all].filter((member) => member.ringNext !== null)
  }
}

test('the first is served; when it leaves, the highest priority comes, of several the oldest', () => {
  const group = new Group()
  group.single.set({ enabled: true, overtaking: false })
  const first = group.join()
  const [low, high, alsoHigh] = [group.join(1), group.join(2), group.join(2)]
  assert.deepEqual(group.served, [first])
  group.leave(low)
  assert.deepEqual([group.served, group.single.active], [[first], first], 'one that waits may leave')
  group.leave(first)
  assert.deepEqual(group.served, [high])
  group.leave(high)
  assert.deepEqual(group.served, [alsoHigh])
  group.leave(alsoHigh)
  assert.equal(group.single.active, null)
  const last = group.join()
  assert.deepEqual(group.served, [last])
})

test('switched on, all but one rest; switched off, all are served', () => {
  const group = new Group()
  const [a, b] = [group.join(), group.join()]
  assert.deepEqual([group.served, group.single.active], [[a, b], null])
  group.single.set({ enabled: true, overtaking: false })
  assert.deepEqual([group.served, group.single.active], [[a], a])
  group.single.set({ enabled: false, overtaking: false })
  assert.deepEqual([group.served, group.single.active], [[a, b], null])
})

test('where a higher priority overtakes, the active one settles what it holds and makes way', () => {
  const group = new Group()
  group.single.set({ enabled: true, overtaking: true })
  const low = group.join(1)
  low.unacked = 2
  const middle = group.join(2)
  assert.deepEqual([group.served, group.single.active], [[], low], 'it gets no more, and is not done')
  const high = group.join(3)
  group.join(3)
  low.wake()
  assert.deepEqual(group.served, [])
  low.unacked = 0
  group.single.settledAll(low)
  assert.deepEqual([group.served, group.single.active], [[high], high])
  high.unacked = 1
  group.leave(middle)
  const highest = group.join(4)
  assert.deepEqual(group.served, [])
  group.leave(highest)
  assert.deepEqual([group.served, group.single.active], [[high], high], 'who would have followed is gone: it goes on')
  high.unacked = 0
  const atOnce = group.join(5)
  assert.deepEqual([group.served, group.single.active], [[atOnce], atOnce], 'who holds nothing makes way at once')
})
