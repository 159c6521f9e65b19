/** What is said of a queue of jobs: partly arguments of broker queues, which all who use the queue must say alike. */
import type { Schema, Schemas } from '../message/schema.ts'
import { checkName } from '../receiving/names.ts'
import { completeRetry, type Retry } from '../receiving/retry.ts'
import type { Dispatch, WorkQueue } from '../receiving/work-queue.ts'

/** Of the broker queue of a job; all who add or process it must say the same. */
export interface JobSettings {
  readonly retry?: Retry
  /** `add` may name a priority: 0 to 9, or one of so many levels, at most 256. A higher one goes first. */
  readonly priorities?: boolean | number
  /** `add` may name a key: jobs of one key run one after the other, in the order they were added in. */
  readonly ordered?: boolean
  /** Which of several workers gets a job. Default: `round-robin`. */
  readonly dispatch?: Dispatch
}

/** Of all jobs of a queue, unless `perJob` says otherwise. */
export interface QueueOptions extends JobSettings {
  /** Schemas by job name: data is checked by `add` and again before it is handled. Other names are refused then. */
  readonly jobs?: Schemas
  readonly perJob?: Readonly<Record<string, JobSettings>>
  /** Keys of `dedupe` that are remembered at most; then the oldest are forgotten before their time. Default: 1,000,000. */
  readonly dedupeKeysMax?: number
}

/** One job of a queue, with its settings complete. */
export interface JobType extends WorkQueue {
  readonly schema: Schema | undefined
}

const PRIORITY_LEVELS = 10
const PRIORITY_LEVELS_MAX = 256

/** @throws TypeError, RangeError for what makes no sense */
export function jobTypeOf(queue: string, name: string, { jobs, perJob, ...shared }: QueueOptions): JobType {
  if (jobs !== undefined && !Object.hasOwn(jobs, name)) throw new TypeError(`queue '${queue}' has no job '${name}'`)
  checkName('job', name)
  const own = perJob !== undefined && Object.hasOwn(perJob, name) ? perJob[name] : undefined
  const { retry, priorities = false, ordered = false, dispatch = 'round-robin' } = { ...shared, ...own }
  return {
    name,
    retry: completeRetry(retry),
    priorityMax: priorityMax(priorities),
    ordered,
    dispatch,
    schema: jobs?.[name],
  }
}

function priorityMax(priorities: boolean | number): number {
  const levels = priorities === true ? PRIORITY_LEVELS : Number(priorities)
  if (levels === 0) return 0
  if (Number.isInteger(levels) && levels >= 2 && levels <= PRIORITY_LEVELS_MAX) return levels - 1
  throw new RangeError(`priorities must be a number of levels from 2 to ${PRIORITY_LEVELS_MAX}`)
}
