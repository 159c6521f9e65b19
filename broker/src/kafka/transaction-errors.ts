/** What transactions refuse, as clients of an API's older versions know it. */
import type { StreamError } from '../broker/stream-refusal.ts'

/** Before `since`, clients know a fenced producer by its epoch. */
export function fencedAs(error: StreamError | null, version: number, since: number): StreamError | null {
  return error === 'producer-fenced' && version < since ? 'invalid-producer-epoch' : error
}
