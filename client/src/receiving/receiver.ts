/**
 * Hands what comes to a queue to a handler: pushed to, so many at once. What failed is tried again and at last becomes a
 * dead letter where the queue is one that outlives its receiver; else it is told and gone.
 */
import { type Consumer, unlessInHandler } from '../connection/consumer.ts'
import type { Delivery, Settlement } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import type { Stoppable } from '../stoppable.ts'
import type { Operation } from '../telemetry/telemetry.ts'
import { failuresBefore } from './headers.ts'
import { isFinal } from './no-retry.ts'
import type { GivenUp, Retries } from './retries.ts'
import { Turns } from './turns.ts'

export interface ReceiveOptions {
  /** Handled at once. Default: 1, one after the other. */
  readonly concurrency?: number | undefined
  /**
   * Taken from the queue at once. Default: `concurrency`. More hide the way to the broker; what waits here waits for this
   * process, and counts as a run if it dies.
   */
  readonly prefetch?: number | undefined
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
  readonly options: ReceiveOptions
  /** Null: what failed is told to the client, and gone. */
  readonly retries: Pick<Retries, 'isLast' | 'isSpent' | 'again' | 'giveUp'> | null
  /** Null: it is none of this receiver's. @throws what is wrong with it */
  readonly read: (delivery: Delivery, received: Received) => Item | null | Promise<Item | null>
  readonly operation: (item: Item) => Omit<Operation, 'messageId'>
  readonly handler: (item: Item) => unknown
  /** The handler returned that; the delivery is settled afterwards. @throws why it is given up: what was done is not done again */
  readonly handled?: (delivery: Delivery, result: unknown) => Promise<void> | undefined
  /** A run failed; with `final` it is given up. Without data where that could not be read. */
  readonly failed?: (delivery: Delivery, received: Received, error: unknown, final: boolean) => Promise<void>
  /** When it is stopped. */
  readonly afterStop?: () => Promise<void>
}

const SPENT = 'its last run ended with its worker'

export class Receiver<Item> implements Stoppable {
  private readonly context: ReceiverContext<Item>
  private readonly concurrency: number
  private readonly turns: Turns
  private readonly abandoned = new AbortController()
  private consumer: Consumer | null = null

  /** @throws RangeError */
  constructor(context: ReceiverContext<Item>) {
    const { concurrency = 1 } = context.options
    if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError('concurrency must be an integer from 1')
    this.context = context
    this.concurrency = concurrency
    this.turns = new Turns(concurrency)
  }

  /** Resolves when the broker has the consumer. @throws the broker's refusal */
  async start(): Promise<this> {
    const { core, queue, options } = this.context
    const prefetch = Math.max(options.prefetch ?? 0, this.concurrency)
    const abandoned = (): void => this.abandon()
    this.consumer = await core.consume({ queue, prefetch, abandoned }, (delivery) => this.receive(delivery))
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

  private abandon(): void {
    this.turns.end()
    this.abandoned.abort(new Error('the receiver waits no longer'))
  }

  private async receive(delivery: Delivery): Promise<Settlement> {
    const turn = this.turns.take()
    if (turn !== true && !(await turn)) return 'requeue'
    try {
      return await this.run(delivery)
    } finally {
      this.turns.leave()
    }
  }

  private async run(delivery: Delivery): Promise<Settlement> {
    const { core, retries, read, operation, handler, handled } = this.context
    if (retries?.isSpent(delivery)) return this.giveUp(delivery, 'delivery_limit', new Error(SPENT))
    let received: Received
    let item: Item | null
    try {
      received = this.received(delivery, core.codec.decode(delivery.body))
      const reading = read(delivery, received)
      item = reading instanceof Promise ? await reading : reading
    } catch (error) {
      return this.giveUp(delivery, 'invalid', error)
    }
    if (item === null) return 'ack'
    const { messageId, headers } = delivery
    let result: unknown
    try {
      const told = { ...operation(item), messageId }
      result = await core.telemetry.process(told, headers, async () => handler(item))
    } catch (error) {
      return this.runFailed(delivery, received, error)
    }
    try {
      const handling = handled?.(delivery, result)
      if (handling !== undefined) await handling
      return 'ack'
    } catch (error) {
      return this.giveUp(delivery, 'failed', error, received)
    }
  }

  private received(delivery: Delivery, data: unknown): Received {
    const { messageId, headers, properties } = delivery
    const abandoned = this.abandoned.signal
    let signal: AbortSignal | undefined
    return {
      id: messageId,
      data,
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

  private async runFailed(delivery: Delivery, received: Received, error: unknown): Promise<Settlement> {
    const { retries, failed } = this.context
    // It goes to another receiver as it is, told to nobody, and may have failed because it was not waited for.
    if (this.abandoned.signal.aborted) return 'requeue'
    if (retries === null || isFinal(error) || retries.isLast(delivery)) {
      return this.giveUp(delivery, 'failed', error, received)
    }
    await failed?.(delivery, received, error, false)
    return retries.again(delivery)
  }

  private async giveUp(
    delivery: Delivery,
    reason: GivenUp,
    error: unknown,
    received = this.received(delivery, undefined),
  ): Promise<Settlement> {
    const { core, retries, failed } = this.context
    if (retries === null) {
      core.onError(error as Error)
      return 'ack'
    }
    const settlement = await retries.giveUp(delivery, reason, error)
    await failed?.(delivery, received, error, true)
    return settlement
  }
}
