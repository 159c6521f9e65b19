/**
 * What a call would publish can be taken by somebody else than the broker, an outbox for instance: the same code builds
 * the messages, so they are the same.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { MessagePublisher } from './outgoing.ts'

const takers = new AsyncLocalStorage<MessagePublisher>()

/** Runs `call`; whatever a client publishes within it goes to `taker`. */
export function stage<T>(taker: MessagePublisher, call: () => Promise<T>): Promise<T> {
  return takers.run(taker, call)
}

/** Who takes what is published here and now; undefined: the broker. */
export const currentTaker = (): MessagePublisher | undefined => takers.getStore()
