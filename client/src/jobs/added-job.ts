/** A job from the side of whoever added it. */
import type { Delivery } from '../connection/delivery.ts'
import type { Codec } from '../message/codec.ts'
import { decodeError, stackOf } from '../message/remote-error.ts'
import { lastDeath } from '../receiving/dead-letters.ts'
import { JobGivenUp, NoResult, ResultTimeout } from './errors.ts'

export interface ResultOptions {
  /** From now. Default: none, as long as the client lives. */
  readonly timeoutMs?: number | undefined
  /** Ends the waiting, not the job. */
  readonly signal?: AbortSignal | undefined
}

/** The type of an answer that is an error. */
export const ERROR_TYPE = 'error'

export class AddedJob {
  /** Its message id. */
  readonly id: string
  /** Of the job, for instance `encode`. */
  readonly name: string
  /**
   * Dropped by the broker: its key of `dedupe` was seen lately. It may have been seen with this very job, if the connection
   * went before its confirm came.
   */
  readonly duplicate: boolean
  private readonly answer: Promise<Delivery> | null
  private readonly codec: Codec

  /** Use `queue.add`. */
  constructor(id: string, name: string, duplicate: boolean, answer: Promise<Delivery> | null, codec: Codec) {
    this.id = id
    this.name = name
    this.duplicate = duplicate
    this.answer = answer
    this.codec = codec
  }

  /**
   * What its handler returned. May be asked for again, also after a time was over.
   * @throws RemoteError what the handler threw at last; JobGivenUp; ResultTimeout; NoResult; the reason of `signal`
   */
  async result<Result = unknown>({ timeoutMs, signal }: ResultOptions = {}): Promise<Result> {
    const { answer } = this
    if (answer === null) {
      const why = this.duplicate ? 'it is a duplicate' : 'it was added without awaitResult'
      throw new NoResult(`job '${this.name}' has no result: ${why}`)
    }
    const stack = stackOf(this.result)
    const { body, properties, headers, exchange } = await this.inTime(answer, timeoutMs, signal)
    if (exchange !== '') throw new JobGivenUp(this.name, lastDeath(headers)?.reason ?? 'unknown')
    if (properties.type === ERROR_TYPE) throw decodeError(body, stack)
    return this.codec.decode(body) as Result
  }

  private async inTime(answer: Promise<Delivery>, timeoutMs?: number, signal?: AbortSignal): Promise<Delivery> {
    signal?.throwIfAborted()
    const given = Promise.withResolvers<never>()
    const abort = (): void => given.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    const late = (): void => given.reject(new ResultTimeout(this.name, timeoutMs!))
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
    try {
      return await Promise.race([answer, given.promise])
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }
}
