/** What can be asked for a job that is added, and how a message says it. */
import type { Options } from 'amqplib'
import { ORDERING_KEY } from '../receiving/headers.ts'
import type { JobType } from './settings.ts'

/** Of every job, added or scheduled. */
export interface JobOptions {
  /** A higher one is handled first; 0 unless given. The queue has to have `priorities`. */
  readonly priority?: number | undefined
  /** A job that no worker took within that time becomes a dead letter. It begins when a delay ends. */
  readonly ttlMs?: number | undefined
  /** Jobs of one key run one after the other, in the order they were added in. The queue has to be `ordered`. */
  readonly key?: string | undefined
  /** For the handler. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

export interface AddOptions extends JobOptions {
  /** No worker gets the job before; counted by the broker's clock. At most some 49 days. */
  readonly delayMs?: number | undefined
  /** Only the first job of this name and key is added within the window. With `delayMs` that is decided when it is due. */
  readonly dedupe?: { readonly key: string; readonly windowMs: number } | undefined
  /** `result` of the job tells what its handler returned. */
  readonly awaitResult?: boolean | undefined
  /** Default: a random UUID. */
  readonly messageId?: string | undefined
}

const MS_MAX = 2 ** 32 - 1

/** Of one job alone: `add` goes on with it. */
export type JobProperties = Options.Publish & { headers: Record<string, unknown> }

/** @throws TypeError, RangeError for what the queue was not declared for, or makes no sense */
export function jobProperties(queue: string, type: JobType, options: JobOptions): JobProperties {
  const { priority, ttlMs, key, headers } = options
  if (priority !== undefined) checkPriority(queue, type, priority)
  if (ttlMs !== undefined) checkMs('ttlMs', ttlMs)
  if (key !== undefined && !type.ordered) {
    throw new TypeError(`key needs job '${type.name}' of queue '${queue}' to be ordered: { ordered: true }`)
  }
  const properties: JobProperties = { headers: { ...headers } }
  if (priority !== undefined) properties.priority = priority
  if (ttlMs !== undefined) properties.expiration = String(ttlMs)
  if (key !== undefined) properties.headers[ORDERING_KEY] = key
  return properties
}

/** @throws TypeError, RangeError */
export function checkAddOptions({ delayMs, dedupe, awaitResult }: AddOptions): void {
  if (delayMs !== undefined) checkMs('delayMs', delayMs)
  if (dedupe === undefined) return
  checkMs('dedupe.windowMs', dedupe.windowMs)
  if (dedupe.windowMs === 0) throw new RangeError('dedupe.windowMs must be an integer from 1')
  if (typeof dedupe.key !== 'string') throw new TypeError('dedupe.key must be a text')
  if (delayMs && awaitResult) {
    throw new TypeError(
      'awaitResult cannot be had with both delayMs and dedupe: whether there will be a result shows later',
    )
  }
}

function checkPriority(queue: string, { name, priorityMax }: JobType, priority: number): void {
  if (priorityMax === 0) {
    throw new TypeError(`priority needs job '${name}' of queue '${queue}' to have priorities: { priorities: true }`)
  }
  if (!Number.isInteger(priority) || priority < 0 || priority > priorityMax) {
    throw new RangeError(`priority must be an integer from 0 to ${priorityMax}`)
  }
}

function checkMs(name: string, ms: number): void {
  if (Number.isInteger(ms) && ms >= 0 && ms <= MS_MAX) return
  throw new RangeError(`${name} must be an integer from 0 to ${MS_MAX}`)
}
