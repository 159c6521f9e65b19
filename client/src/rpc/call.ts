/**
 * One call: the request waits in the method's queue until its deadline and no longer, whoever works there; the answer
 * comes to the mailbox of this client. The deadline counts from the call on, a connection that has to come back included.
 */
import { randomUUID } from 'node:crypto'
import type { Delivery } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import type { Mailbox } from '../mailbox.ts'
import { decodeError, stackOf } from '../message/remote-error.ts'
import { CallTimeout } from './call-errors.ts'
import { cancelDeclaration, cancelExchange, DEADLINE_HEADER, requestDeclaration, requestQueue } from './methods.ts'

export interface CallOptions {
  /** How long to wait for the answer. Default: 30,000. */
  readonly timeoutMs?: number | undefined
  /** Aborts the call: it rejects with the signal's reason, and the handler's signal is aborted too. */
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

const TIMEOUT_DEFAULT_MS = 30_000
/** Of timers. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

export class Call {
  private readonly core: Core
  private readonly mailbox: Mailbox
  private readonly service: string
  private readonly method: string
  private readonly id = randomUUID()
  private readonly options: CallOptions
  private readonly timeoutMs: number
  private readonly deadline: number
  private readonly callerStack: string
  private isOver = false
  private isSent = false

  /** @param from the function that its caller called: the stack begins above it */
  constructor(
    core: Core,
    mailbox: Mailbox,
    [service, method]: readonly [string, string],
    options: CallOptions,
    from: (...args: never[]) => unknown,
  ) {
    this.core = core
    this.mailbox = mailbox
    this.service = service
    this.method = method
    this.options = options
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_DEFAULT_MS
    if (!(this.timeoutMs >= 1 && this.timeoutMs <= TIMEOUT_MAX_MS)) {
      throw new RangeError(`timeoutMs is from 1 to ${TIMEOUT_MAX_MS}, not ${this.timeoutMs}`)
    }
    this.deadline = Date.now() + this.timeoutMs
    this.callerStack = stackOf(from)
  }

  /** @returns the result as the handler sent it. @throws RemoteError, CallTimeout, the signal's reason */
  async run(args: unknown): Promise<unknown> {
    const { signal } = this.options
    signal?.throwIfAborted()
    const ended = Promise.withResolvers<Delivery>()
    const abort = (): void => ended.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    const late = (): void => ended.reject(new CallTimeout(this.fullName, this.timeoutMs))
    const timer = setTimeout(late, this.timeoutMs)
    this.request(args).then(ended.resolve, ended.reject)
    try {
      return this.read(await ended.promise)
    } finally {
      this.isOver = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      this.mailbox.forget(this.id)
      if (signal?.aborted && this.isSent) this.cancel().catch(this.core.onError)
    }
  }

  private get fullName(): string {
    return `${this.service}.${this.method}`
  }

  /** Resolves with the answer; never, if the call is over before it was sent. */
  private async request(args: unknown): Promise<Delivery> {
    const { core, mailbox, service, method, id } = this
    await core.declare([requestDeclaration(service, method)])
    const replyTo = await mailbox.address()
    if (this.isOver) return new Promise(() => {})
    const answer = mailbox.answer(id)
    this.isSent = true
    const sent = core.send({
      operation: { kind: 'call', destination: service, name: method },
      exchange: '',
      routingKey: requestQueue(service, method),
      data: args,
      headers: { ...this.options.headers, [DEADLINE_HEADER]: this.deadline },
      properties: {
        messageId: id,
        correlationId: id,
        replyTo,
        mandatory: true,
        expiration: String(Math.max(1, Math.ceil(this.deadline - Date.now()))),
      },
    })
    // The answer may overtake the confirm.
    return Promise.race([answer, sent.then(() => answer)])
  }

  private read({ body, properties }: Delivery): unknown {
    if (properties.type === 'error') throw decodeError(body, this.callerStack)
    return this.core.codec.decode(body)
  }

  /** Whoever works on it hears of it; whoever gets it later does not begin. */
  private async cancel(): Promise<void> {
    const { core, service, method, id } = this
    await core.declare([cancelDeclaration(service)])
    await core.send({
      operation: { kind: 'cancel', destination: service, name: method },
      exchange: cancelExchange(service),
      routingKey: method,
      data: undefined,
      properties: { correlationId: id, persistent: false, expiration: String(this.timeoutMs) },
    })
  }
}
