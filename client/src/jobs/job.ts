/** A job from the side of its handler. */
import type { Received } from '../receiving/receiver.ts'

export interface Job<Data = unknown> extends Received<Data> {
  readonly name: string
  readonly attemptsMax: number
}

/** @returns what whoever awaits the result gets. A rejection is a run that failed. */
export type JobHandler<Data> = (job: Job<Data>) => unknown
