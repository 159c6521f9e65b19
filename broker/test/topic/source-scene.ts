/** Queues over topics, and what is taken from them. */
import type { Queue } from '../../src/broker/queue/queue.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { declareQueue } from './fed-queues.ts'
import type { TopicWorld } from './harness.ts'

export const numbered = (from: number, to: number, key = 'k') =>
  Array.from({ length: to - from }, (_, i) => ({ key, value: `${from + i}` }))

export async function over(world: TopicWorld, args: Headers = {}): Promise<Queue> {
  const queue = declareQueue(world, 'jobs', { 'x-source-topic': 'orders', ...args })
  await world.settle()
  return queue
}

export interface Taken {
  readonly place: number
  readonly body: string
  readonly redelivered: boolean
  readonly count: number
}

/** Takes one, unsettled. */
export async function take(world: TopicWorld, queue: Queue): Promise<Taken | null> {
  for (;;) {
    let taken: Taken | null = null
    const result = queue.get(false, (view, redelivered) => {
      const bytes =
        view.bodyParts === null
          ? view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen)
          : Buffer.concat(view.bodyParts)
      taken = { place: view.place, body: Buffer.from(bytes).toString(), redelivered, count: view.deliveryCount }
    })
    if (result !== 'wait') return taken
    await world.settle()
  }
}
