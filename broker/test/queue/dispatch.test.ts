// Which of the consumers that can take a message gets it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Queue } from '../../src/broker/queue/queue.ts'
import { Subscription } from '../../src/broker/queue/subscription.ts'
import type { MessageView } from '../../src/record/message.ts'
import { World } from './harness.ts'

class Worker extends Subscription {
  readonly noAck = false
  readonly exclusive = false
  readonly prefetch: number
  readonly places: number[] = []
  private readonly queue: Queue

  constructor(queue: Queue, prefetch: number, priority = 0) {
    super(priority)
    this.queue = queue
    this.prefetch = prefetch
    queue.subscribe(this)
    this.wake()
  }

  override get room(): number {
    return this.prefetch - this.unacked
  }

  deliver({ place }: MessageView): void {
    this.places.push(place)
    if (++this.unacked === this.prefetch) this.queue.rest(this)
  }

  ack(): void {
    this.queue.acknowledge(this.places.shift()!)
    this.unacked--
    this.wake()
  }

  wake(): void {
    if (this.room > 0) this.queue.want(this)
  }

  queueGone(): void {}
}

async function send(world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) world.publish('', 'q', 'x')
  await world.settle()
}

const loads = (workers: readonly Worker[]): number[] => workers.map((worker) => worker.unacked)

test('in turn, whatever room each has, unless something else is asked for', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  const workers = [10, 2, 10].map((prefetch) => new Worker(queue, prefetch))
  await send(world, 6)
  assert.deepEqual(loads(workers), [2, 2, 2])
  await send(world, 4)
  assert.deepEqual(loads(workers), [4, 2, 4])
})

test('the one with the most room gets it, of several each in turn', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-dispatch': 'least-loaded' })
  const workers = [10, 2, 7].map((prefetch) => new Worker(queue, prefetch))
  await send(world, 3)
  assert.deepEqual(loads(workers), [3, 0, 0])
  await send(world, 10)
  assert.deepEqual(loads(workers), [8, 0, 5])
  await send(world, 3)
  assert.deepEqual(loads(workers), [9, 1, 6])
  for (let left = 4; left > 0; left--) workers[2]!.ack()
  await send(world, 3)
  assert.deepEqual(loads(workers), [9, 1, 5])
  await send(world, 4)
  assert.deepEqual(loads(workers), [10, 2, 7])
  assert.equal(queue.ready, 0)
})

test('without a limit, the one that holds least', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-dispatch': 'least-loaded' })
  const workers = [1, 2].map(() => new Worker(queue, Number.POSITIVE_INFINITY))
  await send(world, 6)
  assert.deepEqual(loads(workers), [3, 3])
  for (let left = 3; left > 0; left--) workers[0]!.ack()
  await send(world, 3)
  assert.deepEqual(loads(workers), [3, 3])
  const limited = new Worker(queue, 1000)
  await send(world, 4)
  assert.deepEqual(loads([...workers, limited]), [5, 5, 0])
})

test('priorities of consumers go first', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-dispatch': 'least-loaded' })
  const workers = [new Worker(queue, 100), new Worker(queue, 3, 1), new Worker(queue, 2, 1)]
  await send(world, 8)
  assert.deepEqual(loads(workers), [3, 3, 2])
})

test('by chance, each is met about as often, and not in turn', async () => {
  const world = await World.open()
  const queue = world.queue('q', { 'x-dispatch': 'random' })
  const workers = [1, 2, 3].map(() => new Worker(queue, Number.POSITIVE_INFINITY))
  await send(world, 3000)
  assert.equal(queue.ready, 0)
  for (const load of loads(workers)) assert.ok(load > 850 && load < 1150, `${load} of 3000`)
  const [first] = workers
  assert.ok(first!.places.some((place, i) => i > 0 && place === first!.places[i - 1]! + 1))
})

test('a policy changes it with consumers there; of a single active consumer there is nothing to choose', async () => {
  const world = await World.open()
  const queue = world.queue('q')
  const workers = [10, 3].map((prefetch) => new Worker(queue, prefetch))
  await send(world, 4)
  assert.deepEqual(loads(workers), [2, 2])
  world.vhost.policies.put('policy', 'p', { pattern: '', definition: { dispatch: 'least-loaded' } })
  await send(world, 7)
  assert.deepEqual(loads(workers), [9, 2])
  world.vhost.policies.remove('policy', 'p')
  await send(world, 2)
  assert.deepEqual(loads(workers), [10, 3])

  const single = world.queue('single', { 'x-single-active-consumer': true, 'x-dispatch': 'least-loaded' })
  const both = [1, 5].map((prefetch) => new Worker(single, prefetch))
  for (let i = 0; i < 3; i++) world.publish('', 'single', 'x')
  await world.settle()
  assert.deepEqual(loads(both), [1, 0])
})
