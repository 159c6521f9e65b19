/**
 * Limits of vhosts and users: what they may hold at once. RabbitMQ's names, words and meanings: a limit that is absent
 * or below zero limits nothing, zero lets nothing in. They stop what comes later and end nothing that is there.
 */
import { erlangTerm } from '../policy/erlang-term.ts'
import { Refusal } from '../refusal.ts'

export interface VhostLimits {
  readonly 'max-connections'?: number
  readonly 'max-queues'?: number
}

export interface UserLimits {
  readonly 'max-connections'?: number
  readonly 'max-channels'?: number
}

/** @throws Refusal precondition-failed for another name or a value that is no whole number. */
export function vhostLimits(given: unknown): VhostLimits {
  return readLimits(given, ['max-connections', 'max-queues'], 'limits')
}

/** @throws Refusal precondition-failed for another name or a value that is no whole number. */
export function userLimits(given: unknown): UserLimits {
  return readLimits(given, ['max-connections', 'max-channels'], 'user-limits')
}

function readLimits(given: unknown, names: readonly string[], what: string): Record<string, number> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Refusal('precondition-failed', `${what} should be an object, actually was ${erlangTerm(given)}`)
  }
  const limits: Record<string, number> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      throw new Refusal(
        'precondition-failed',
        `Unrecognised terms [{${erlangTerm(name)},${erlangTerm(value)}}] in ${what}`,
      )
    }
    if (!Number.isSafeInteger(value)) {
      throw new Refusal('precondition-failed', `${name} should be a number, actually was ${erlangTerm(value)}`)
    }
    limits[name] = value
  }
  return limits
}

function reached(limit: number | undefined, count: number): limit is number {
  return limit !== undefined && limit >= 0 && count >= limit
}

/** @throws Refusal precondition-failed when one more queue would be too many. */
export function checkQueueLimit(limits: VhostLimits, count: number, queue: string, vhost: string): void {
  const limit = limits['max-queues']
  if (!reached(limit, count)) return
  throw new Refusal(
    'precondition-failed',
    `cannot declare queue '${queue}': queue limit in vhost '${vhost}' (${limit}) is reached`,
  )
}

/** @throws Refusal not-allowed */
export function checkVhostConnections(limits: VhostLimits, count: number, user: string, vhost: string): void {
  const limit = limits['max-connections']
  if (!reached(limit, count)) return
  throw new Refusal(
    'not-allowed',
    `access to vhost '${vhost}' refused for user '${user}': connection limit (${limit}) is reached`,
  )
}

/** @throws Refusal not-allowed */
export function checkUserConnections(limits: UserLimits, count: number, user: string): void {
  const limit = limits['max-connections']
  if (!reached(limit, count)) return
  throw new Refusal('not-allowed', `connection refused for user '${user}': user connection limit (${limit}) is reached`)
}

/** @throws Refusal not-allowed */
export function checkUserChannels(limits: UserLimits, count: () => number, user: string): void {
  const limit = limits['max-channels']
  if (limit === undefined || !reached(limit, count())) return
  throw new Refusal(
    'not-allowed',
    `number of channels opened for user '${user}' has reached the maximum allowed user limit of (${limit})`,
  )
}
