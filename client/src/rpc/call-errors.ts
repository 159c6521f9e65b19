/** How calls end without an answer. */
import { SignalboxError } from '../errors.ts'

/** No answer before the deadline. Whether the method ran is not known. */
export class CallTimeout extends SignalboxError {
  readonly code = 'CALL_TIMEOUT'
  constructor(method: string, timeoutMs: number) {
    super(`${method}: no answer within ${timeoutMs} ms`)
  }
}

/** Why the signal of a handler is aborted when its caller aborts the call. */
export class CallCancelled extends SignalboxError {
  readonly code = 'CALL_CANCELLED'
  constructor(method: string) {
    super(`${method}: its caller cancelled the call`)
  }
}
