/** How a queue hands out its messages, in words: by its arguments, or else by its policies. */
import type { QueueRow } from '../../api/types.ts'
import { humanSpan } from '../../parts/format.ts'

type Ruled = Pick<QueueRow, 'arguments' | 'effective_policy_definition'>

/** An argument goes before a policy. */
function settingOf({ arguments: all, effective_policy_definition: policies }: Ruled, name: string): unknown {
  return all[`x-${name}`] ?? policies?.[name]
}

/** The lower one of the two. */
function limitOf({ arguments: all, effective_policy_definition: policies }: Ruled, name: string): number | null {
  const set = [all[`x-${name}`], policies?.[name]].filter((value) => typeof value === 'number')
  return set.length === 0 ? null : Math.min(...set)
}

export const isOrdered = (queue: Ruled): boolean => settingOf(queue, 'ordered-by-key') === true

export const DISPATCHES: Readonly<Record<string, string>> = {
  'round-robin': 'each consumer in turn',
  random: 'a consumer by chance',
  'least-loaded': 'the consumer with the most room',
}

export const dispatchOf = (queue: Ruled): string => String(settingOf(queue, 'dispatch') ?? 'round-robin')

const WHICH: Readonly<Record<string, string>> = {
  all: 'all that come back',
  failed: 'what failed',
  returned: 'what was returned',
}

/** Null where messages that come back are ready at once. */
export function retryOf(queue: Ruled): string | null {
  const which = WHICH[String(settingOf(queue, 'delayed-retry-type'))]
  const min = limitOf(queue, 'delayed-retry-min') ?? 0
  const max = limitOf(queue, 'delayed-retry-max') ?? min
  const backoff = String(settingOf(queue, 'delayed-retry-backoff') ?? 'linear')
  if (which === undefined || min === 0) return null
  if (backoff === 'fixed' || max <= min) return `${which}: after ${humanSpan(min)}`
  return `${which}: after ${humanSpan(min)} to ${humanSpan(max)}, ${backoff}`
}
