/**
 * Pausing a queue: it takes messages and hands out none. Consumers stay and wait, a get finds nothing; what is held may
 * be settled; times, limits and operations go on. Kept over a restart where the queue is.
 */
import type { Broker } from '../broker.ts'
import type { Catalog } from '../catalog.ts'
import type { Queue } from '../queue/queue.ts'

const KIND = 'paused-queue'

/** Takes effect at once; durable when the promise resolves. Pausing what is paused is no error. */
export function pause(broker: Broker, queue: Queue): Promise<void> {
  queue.setPaused(true)
  if (queue.kept && !queue.gone) broker.catalog.put(KIND, [queue.vhost, queue.name], {})
  return durable(broker)
}

/** As `pause`: messages are handed out again. */
export function resume(broker: Broker, queue: Queue): Promise<void> {
  queue.setPaused(false)
  forgetPause(broker.catalog, queue)
  return durable(broker)
}

/** After a start: queues that were paused are. */
export function restorePauses(catalog: Catalog, vhost: string, queues: ReadonlyMap<string, Queue>): void {
  for (const { key } of catalog.all(KIND)) if (key[0] === vhost) queues.get(key[1])?.setPaused(true)
}

/** The queue is deleted or resumed. */
export function forgetPause(catalog: Catalog, queue: Queue): void {
  if (queue.kept) catalog.remove(KIND, [queue.vhost, queue.name])
}

function durable(broker: Broker): Promise<void> {
  return new Promise((resolve) => broker.durability.after(broker.catalog.lastRound, resolve))
}
