/**
 * Hands what comes to a queue to a handler: pushed to, so many at once. What failed is tried again and at last becomes a
 * dead letter, as jobs do, where the queue is one that outlives its receiver; else it is told and gone.
 */
import { type Consumer, unlessInHandler } from '../connection/consumer.ts'
import type { Delivery, Settlement } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import type { Stoppable } from '../stoppable.ts'
import type { Operation } from '../telemetry/telemetry.ts'
import { failuresBefore } from './headers.ts'
import { isFinal } from './no-retry.ts'
import type { Retries } from './retries.ts'

export interface ReceiveOptions {
  /** Handled at once. Default: 1, one after the other. */
  readonly concurrency?: number | undefined
}

/** What handlers get, whatever it is. */
export interface Received<Data = unknown> {
  /** Its message id: the same each time it comes; '' where its publisher gave none. */
  readonly id: string
  readonly data: Data
  readonly headers: Readonly<Record<string, unknown>>
  /** By the clock of whoever sent it, to the second; null where that said nothing. */
  readonly time: Date | null
  /** 1 is the first. */
  readonly attempt: number
  /** Aborted when its receiver waits no longer for the handler: the message comes again. */
  readonly signal: AbortSignal
}

interface ReceiverContext<Item> {
  readonly core: Core
  readonly graceMs: number
  readonly queue: string
  readonly concurrency?: number | undefined
  /** Null: what failed is told to the client, and gone. */
  readonly retries: Pick<Retries, 'isLast' | 'again' | 'giveUp'> | null
  /** Null: it is none of this receiver's. @throws what is wrong with it */
  readonly read: (delivery: Delivery, received: Received) => Promise<Item | null>
  readonly operation: (item: Item) => Omit<Operation, 'messageId'>
  readonly handler: (item: Item) => unknown
  /** When it is stopped. */
  readonly afterStop?: () => Promise<void>
}

export class Receiver<Item> implements Stoppable {
  private readonly context: ReceiverContext<Item>
  private readonly abandoned = new AbortController()
  private consumer: Consumer | null = null

  constructor(context: ReceiverContext<Item>) {
    this.context = context
  }

  /** Resolves when the broker has the consumer. @throws RangeError, the broker's refusal */
  async start(): Promise<this> {
    const { core, queue, concurrency = 1 } = this.context
    if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError('concurrency must be an integer from 1')
    const abandoned = (): void => this.abandoned.abort(new Error('the receiver waits no longer'))
    this.consumer = await core.consume({ queue, prefetch: concurrency, abandoned }, (delivery) =>
      this.receive(delivery),
    )
    return this
  }

  async stop(graceMs = this.context.graceMs): Promise<void> {
    const { consumer } = this
    if (consumer !== null) await unlessInHandler(this.end(consumer, graceMs), consumer)
  }

  private async end(consumer: Consumer, graceMs: number): Promise<void> {
    await this.context.core.stop(consumer, graceMs)
    if (this.consumer === null) return
    this.consumer = null
    await this.context.afterStop?.()
  }

  private async receive(delivery: Delivery): Promise<Settlement> {
    const { core, read, operation, handler } = this.context
    let item: Item | null
    try {
      item = await read(delivery, this.received(delivery))
    } catch (error) {
      return this.giveUp(delivery, 'invalid', error)
    }
    if (item === null) return 'ack'
    try {
      const { messageId, headers } = delivery
      await core.telemetry.process({ ...operation(item), messageId }, headers, async () => handler(item))
      return 'ack'
    } catch (error) {
      const { retries } = this.context
      // It goes to another receiver as it is, and may have failed because it was not waited for.
      if (this.abandoned.signal.aborted) return 'requeue'
      if (retries === null || isFinal(error) || retries.isLast(delivery)) return this.giveUp(delivery, 'failed', error)
      return retries.again(delivery)
    }
  }

  private received(delivery: Delivery): Received {
    const { messageId, headers, properties, body } = delivery
    const abandoned = this.abandoned.signal
    let signal: AbortSignal | undefined
    return {
      id: messageId,
      data: this.context.core.codec.decode(body),
      headers,
      time: properties.timestamp === undefined ? null : new Date(properties.timestamp * 1000),
      attempt: failuresBefore(delivery) + 1,
      // Its own: what listens to it ends with the message, and not with the receiver.
      get signal() {
        signal ??= AbortSignal.any([abandoned])
        return signal
      },
    }
  }

  private async giveUp(delivery: Delivery, reason: 'failed' | 'invalid', error: unknown): Promise<Settlement> {
    const { core, retries } = this.context
    if (retries !== null) return retries.giveUp(delivery, reason, error)
    core.onError(error as Error)
    return 'ack'
  }
}
