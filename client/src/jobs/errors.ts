/** How jobs end otherwise than well. */
import { SignalboxError } from '../errors.ts'

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
