/**
 * Where a message goes: queues and, beside them, their logs, so that it is appended to all in one call.
 * A route is filled by its vhost and may be kept as long as the vhost's version stands.
 */
import type { Log, LogEngine } from '../../log/engine.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { Queue } from './queue.ts'

export class Route {
  readonly queues: Queue[] = []
  private readonly logs: Log[] = []
  /** Of the last append: a queue was full and did not take the message. */
  rejected = false

  /** To be called when `queues` was filled anew. */
  filled(): void {
    const { queues, logs } = this
    logs.length = queues.length
    for (let i = 0; i < queues.length; i++) logs[i] = queues[i].log
  }

  /** Appends and wakes. @returns the round that makes it durable, 0 for none. */
  append(engine: LogEngine, draft: MessageDraft): number {
    const { queues, logs } = this
    const round = engine.append(draft, logs, logs.length)
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[i]
      queue.counters.published++
      queue.wakeUp()
    }
    return round
  }
}
