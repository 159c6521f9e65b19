/** How jobs end otherwise than well. */
import { SignalboxError } from '../errors.ts'

/** Thrown by a handler: the job becomes a dead letter now, however many runs are left. */
export class NoRetry extends SignalboxError {
  readonly code = 'NO_RETRY'
}

/** No result within the time. The job goes on. */
export class ResultTimeout extends SignalboxError {
  readonly code = 'RESULT_TIMEOUT'
  constructor(job: string, timeoutMs: number) {
    super(`${job}: no result within ${timeoutMs} ms`)
  }
}

/** A result of a job that was added without `awaitResult`, or not added at all because it is a duplicate. */
export class NoResult extends SignalboxError {
  readonly code = 'NO_RESULT'
}

/** A `NoRetry`, or any error that says so of itself. */
export function isFinal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, retry } = error as { code?: unknown; retry?: unknown }
  return code === 'NO_RETRY' || retry === false
}
