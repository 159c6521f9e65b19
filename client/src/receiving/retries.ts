/**
 * What becomes of a job, or another message, whose run failed. Signalbox counts the runs and pauses between them in the
 * queue: it is only given back. With RabbitMQ a copy, which carries the count, goes to a queue that passes it on after the
 * pause; it is settled when the copy is confirmed, so that a crash in between makes two of it, and never none.
 *
 * What is given up is copied to the dead letters with what went wrong, which brokers do not note. What no worker can note
 * because it died with it, the broker gives up itself: by the delivery limit of the queue.
 */
import type { Delivery, Settlement } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import { asAdded, errorHeaders, FAILED_AT, FAILURES, failuresBefore, propertiesOfCopy, REASON } from './headers.ts'
import { pauseMs } from './retry.ts'
import { deadName, queueName, type WorkQueue, waitingName, waitingQueue } from './work-queue.ts'

/** Why a worker gives something up. */
export type GivenUp = 'failed' | 'invalid' | 'delivery_limit'

export class Retries {
  private readonly core: Core
  private readonly place: string
  private readonly queue: WorkQueue

  constructor(core: Core, place: string, queue: WorkQueue) {
    this.core = core
    this.place = place
    this.queue = queue
  }

  /** The run of the delivery was the last one the rules allow, or beyond it. */
  isLast(delivery: Delivery): boolean {
    return failuresBefore(delivery) + 1 >= this.queue.retry.attempts
  }

  /**
   * It has no run left: workers died with what RabbitMQ counts anew for each copy. Signalbox gives such a one up itself.
   */
  isSpent(delivery: Delivery): boolean {
    return failuresBefore(delivery) >= this.queue.retry.attempts
  }

  async again(delivery: Delivery): Promise<Settlement> {
    if (this.core.broker.isSignalbox) return 'reject'
    const failures = failuresBefore(delivery) + 1
    const { place, queue } = this
    const ms = pauseMs(queue.retry, failures)
    const to = ms === 0 ? queueName(place, queue.name) : waitingName(place, queue.name, ms)
    return this.replace(delivery, async () => {
      if (ms > 0) await this.core.declare([waitingQueue(place, queue.name, ms)])
      await this.copy(delivery, to, { ...asAdded(delivery.headers), [FAILURES]: failures })
    })
  }

  /** To the dead letters. */
  giveUp(delivery: Delivery, reason: GivenUp, error: unknown): Promise<Settlement> {
    const headers = {
      ...asAdded(delivery.headers),
      ...errorHeaders(error),
      [REASON]: reason,
      [FAILURES]: failuresBefore(delivery) + 1,
      [FAILED_AT]: Date.now(),
    }
    return this.replace(delivery, () => this.copy(delivery, deadName(this.place, this.queue.name), headers))
  }

  private copy(delivery: Delivery, to: string, headers: Record<string, unknown>): Promise<void> {
    const properties = propertiesOfCopy(delivery, headers)
    return this.core.publish({ exchange: '', routingKey: to, body: delivery.body, properties })
  }

  /** If the copy cannot be made the job comes again, until the broker gives it up. */
  private async replace(delivery: Delivery, copy: () => Promise<void>): Promise<Settlement> {
    try {
      await copy()
      return 'ack'
    } catch (error) {
      this.core.onError(
        new Error(`message '${delivery.messageId}' is given back: ${(error as Error).message}`, { cause: error }),
      )
      return 'reject'
    }
  }
}
