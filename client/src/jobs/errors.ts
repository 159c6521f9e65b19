/** How jobs end otherwise than well. */
import { SignalboxError } from '../errors.ts'

/** No result within the time. The job goes on. */
export class ResultTimeout extends SignalboxError {
  readonly code = 'RESULT_TIMEOUT'
  constructor(job: string, timeoutMs: number) {
    super(`${job}: no result within ${timeoutMs} ms`)
  }
}

const WHY: Readonly<Record<string, string>> = {
  delivery_limit: 'each of its runs ended with its worker',
  expired: 'no worker took it in time',
}

/** The broker gave the job up; it is a dead letter now. What a worker gives up ends with its `RemoteError`. */
export class JobGivenUp extends SignalboxError {
  readonly code = 'JOB_GIVEN_UP'
  /** Of the dead letter: `delivery_limit`, `expired`, or another one of AMQP's. */
  readonly reason: string
  constructor(job: string, reason: string) {
    super(`${job}: ${WHY[reason] ?? `the broker gave it up: ${reason}`}`)
    this.reason = reason
  }
}

/** A result of a job that was added without `awaitResult`, or not added at all because it is a duplicate. */
export class NoResult extends SignalboxError {
  readonly code = 'NO_RESULT'
}
