/** A job from the side of its handler. */
import type { Delivery } from '../connection/delivery.ts'
import { failuresBefore } from '../receiving/headers.ts'

export interface Job<Data = unknown> {
  /** Its message id: the same for every run. */
  readonly id: string
  readonly name: string
  readonly data: Data
  /** 1 is the first run. */
  readonly attempt: number
  readonly attemptsMax: number
  readonly headers: Readonly<Record<string, unknown>>
  /** By the clock of whoever added it, to the second. */
  readonly addedAt: Date
  /** Aborted when its worker waits no longer for it: the job comes again. */
  readonly signal: AbortSignal
}

/** @returns what whoever awaits the result gets. A rejection is a run that failed. */
export type JobHandler<Data> = (job: Job<Data>) => unknown

/** @param abandoned is aborted for all jobs of a worker */
export function jobOf(
  delivery: Delivery,
  name: string,
  attemptsMax: number,
  data: unknown,
  abandoned: AbortSignal,
): Job {
  const { messageId, headers, properties } = delivery
  let signal: AbortSignal | undefined
  return {
    id: messageId,
    name,
    data,
    attempt: failuresBefore(delivery) + 1,
    attemptsMax,
    headers,
    addedAt: new Date((properties.timestamp ?? 0) * 1000),
    // Its own: what listens to it ends with the job, and not with the worker.
    get signal() {
      signal ??= AbortSignal.any([abandoned])
      return signal
    },
  }
}
