/** What a handler throws to be called no more. */
import { SignalboxError } from '../errors.ts'

/** Thrown by a handler: what it got becomes a dead letter now, however many runs are left. */
export class NoRetry extends SignalboxError {
  readonly code = 'NO_RETRY'
}

/** A `NoRetry`, or any error that says so of itself. */
export function isFinal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, retry } = error as { code?: unknown; retry?: unknown }
  return code === 'NO_RETRY' || retry === false
}
