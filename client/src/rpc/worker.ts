/** Answers the requests to one method: calls its handler, and sends what came of it before the request is settled. */
import { type Consumer, unlessInHandler } from '../connection/consumer.ts'
import type { Delivery, Settlement } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import { ClientClosed, NotConfirmed, PublishRefused } from '../errors.ts'
import type { Mailbox } from '../mailbox.ts'
import { encodeError } from '../message/remote-error.ts'
import { CallCancelled, CallTimeout } from './call-errors.ts'
import { cancelDeclaration, cancelExchange, DEADLINE_HEADER, requestDeclaration, requestQueue } from './methods.ts'

export interface CallContext {
  /** Aborted when the caller aborts the call, at the deadline, and when its worker waits no longer for it. */
  readonly signal: AbortSignal
  /** When the caller stops waiting; null for a request of a program that says none. */
  readonly deadline: Date | null
  readonly headers: Readonly<Record<string, unknown>>
  readonly messageId: string
  /** It was given to a worker before, which may have begun with it. */
  readonly redelivered: boolean
}

export interface HandleOptions {
  /** Calls handled at once. Default: 10. */
  readonly concurrency?: number | undefined
}

export type Answer = (args: unknown, context: CallContext) => Promise<unknown>

const CONCURRENCY_DEFAULT = 10
/** Cancelled calls that may still come, kept at most. */
const CANCELLED_MAX = 10_000
const TIMER_MAX_MS = 2 ** 31 - 1

export class Worker {
  private readonly core: Core
  private readonly service: string
  private readonly method: string
  private readonly answer: Answer
  private readonly running = new Map<string, AbortController>()
  private readonly cancelled = new Set<string>()
  /** It was stopped, and its handlers were waited for. */
  private isAbandoned = false
  private consumer: Consumer | null = null
  private stopListening: (() => void) | null = null

  constructor(core: Core, service: string, method: string, answer: Answer) {
    this.core = core
    this.service = service
    this.method = method
    this.answer = answer
  }

  async start(mailbox: Mailbox, { concurrency = CONCURRENCY_DEFAULT }: HandleOptions): Promise<void> {
    const { core, service, method } = this
    if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError('concurrency must be an integer from 1')
    await core.declareForConsumer([requestDeclaration(service, method), cancelDeclaration(service)])
    this.stopListening = await mailbox.listen(cancelExchange(service), method, (delivery) => this.cancel(delivery))
    const queue = requestQueue(service, method)
    const abandoned = (): void => this.abandon()
    this.consumer = await core.consume({ queue, prefetch: concurrency, abandoned }, (delivery) => this.handle(delivery))
  }

  /** Takes no more requests, and waits for those in hand up to `graceMs`; what is not done then goes to other workers. */
  async stop(graceMs: number): Promise<void> {
    const { consumer } = this
    if (consumer !== null) await unlessInHandler(this.end(consumer, graceMs), consumer)
  }

  private async end(consumer: Consumer, graceMs: number): Promise<void> {
    await this.core.stop(consumer, graceMs)
    this.stopListening?.()
  }

  private abandon(): void {
    this.isAbandoned = true
    for (const running of this.running.values()) running.abort(new Error('the worker waits no longer for this call'))
  }

  private cancel({ properties }: Delivery): void {
    const id: string = properties.correlationId
    const running = this.running.get(id)
    running?.abort(new CallCancelled(this.fullName))
    if (running !== undefined) return
    if (this.cancelled.size >= CANCELLED_MAX) this.cancelled.delete(this.cancelled.values().next().value!)
    this.cancelled.add(id)
  }

  private async handle(request: Delivery): Promise<Settlement> {
    const { properties, headers, messageId, redelivered } = request
    const id: string = properties.correlationId ?? messageId
    const left = timeLeft(request)
    if (this.cancelled.delete(id) || left <= 0) return 'ack'
    const deadline = left === TIMER_MAX_MS ? null : new Date(Date.now() + left)
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(new CallTimeout(this.fullName, left)), left)
    this.running.set(id, ending)
    try {
      const context = { signal: ending.signal, deadline, headers, messageId, redelivered }
      const reply = await this.work(request, context)
      if (this.isAbandoned) return 'requeue'
      // With the signal aborted nobody waits any more.
      if (ending.signal.aborted || properties.replyTo === undefined) return 'ack'
      return await this.reply(request, id, reply)
    } finally {
      clearTimeout(timer)
      this.running.delete(id)
    }
  }

  private async work({ body, headers, messageId }: Delivery, context: CallContext): Promise<Reply> {
    const { core, service, method } = this
    const operation = { kind: 'process', destination: service, name: method, messageId }
    try {
      const data = await core.telemetry.process(operation, headers, async () =>
        this.answer(core.codec.decode(body), context),
      )
      return { type: 'result', body: core.codec.encode(data) }
    } catch (error) {
      return { type: 'error', body: encodeError(error) }
    }
  }

  private async reply(request: Delivery, id: string, { type, body }: Reply): Promise<Settlement> {
    const { core, service, method } = this
    const { properties } = request
    try {
      await core.send({
        operation: { kind: 'reply', destination: service, name: method },
        exchange: '',
        routingKey: properties.replyTo,
        data: undefined,
        body,
        properties: { correlationId: id, type },
      })
    } catch (error) {
      // Another worker answers, or this one with its next connection.
      if (error instanceof NotConfirmed || error instanceof ClientClosed) return 'requeue'
      core.onError(error as Error)
      // Too large, for instance: who waits is told so.
      if (error instanceof PublishRefused && type === 'result') {
        return this.reply(request, id, { type: 'error', body: encodeError(error) })
      }
    }
    return 'ack'
  }

  private get fullName(): string {
    return `${this.service}.${this.method}`
  }
}

interface Reply {
  readonly type: 'result' | 'error'
  readonly body: Buffer
}

/**
 * In ms. The deadline is by the caller's clock, which may be another. What is too late the broker does not deliver, by
 * the request's expiration: so a deadline that has passed, or is too far away, tells of clocks.
 */
function timeLeft({ headers, properties }: Delivery): number {
  const deadline = headers[DEADLINE_HEADER]
  if (typeof deadline !== 'number') return TIMER_MAX_MS
  const left = Math.min(deadline - Date.now(), TIMER_MAX_MS)
  const most = Number(properties.expiration)
  return most > 0 && !(left > 0 && left <= most) ? Math.min(most, TIMER_MAX_MS) : left
}
