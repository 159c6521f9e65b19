/** How often what failed is tried again, and after which pauses. */

type Backoff = 'exponential' | 'linear' | 'fixed'

export interface Retry {
  /** Runs at most, the first one included; a worker that dies counts as one. Default: 5. */
  readonly attempts?: number
  /** How the pause grows from run to run: twice as long, by `minMs` longer, or not at all. Default: exponential. */
  readonly backoff?: Backoff
  /** The pause before the second run; 0 is none. Default: 1,000. */
  readonly minMs?: number
  /** The longest pause. Default: 60,000. */
  readonly maxMs?: number
}

const BACKOFFS: readonly Backoff[] = ['exponential', 'linear', 'fixed']

/** @throws RangeError for what makes no sense */
export function completeRetry({
  attempts = 5,
  backoff = 'exponential',
  minMs = 1000,
  maxMs = 60_000,
}: Retry = {}): Required<Retry> {
  if (!BACKOFFS.includes(backoff)) throw new RangeError(`retry.backoff must be one of ${BACKOFFS.join(', ')}`)
  if (!Number.isInteger(attempts) || attempts < 1) throw new RangeError('retry.attempts must be an integer from 1')
  if (!Number.isInteger(minMs) || minMs < 0) throw new RangeError('retry.minMs must be an integer from 0')
  if (!Number.isInteger(maxMs)) throw new RangeError('retry.maxMs must be an integer')
  return { attempts, backoff, minMs, maxMs: Math.max(minMs, maxMs) }
}

/** The pause after so many runs that failed. */
export function pauseMs({ backoff, minMs, maxMs }: Required<Retry>, failures: number): number {
  const times = backoff === 'exponential' ? 2 ** (failures - 1) : backoff === 'linear' ? failures : 1
  return Math.min(minMs * times, maxMs)
}
