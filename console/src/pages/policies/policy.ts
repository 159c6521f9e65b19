/** Policies as the management API gives them, and which things they apply to. */
import type { Arguments } from '../../api/types.ts'
import { policyKey, type Target } from './policy-keys.ts'

export type PolicyKind = 'policies' | 'operator-policies'

export interface PolicyRow {
  readonly name: string
  readonly vhost: string
  readonly pattern: string
  readonly 'apply-to': string
  readonly definition: Arguments
  readonly priority: number
}

export const APPLY_TO: Readonly<Record<string, string>> = {
  all: 'queues and exchanges',
  queues: 'queues',
  classic_queues: 'classic queues',
  quorum_queues: 'quorum queues',
  streams: 'streams and topics',
  exchanges: 'exchanges',
}

/** Whether a policy is for things of this kind, whatever their names. */
export function suits(applyTo: string, keys: readonly string[], target: Target): boolean {
  if (target === 'exchange') return applyTo === 'all' || applyTo === 'exchanges'
  const meant = applyTo === 'all' || applyTo === 'queues' || applyTo === `${target}_queues`
  if (!meant && !(target === 'stream' && applyTo === 'streams')) return false
  return keys.every((name) => policyKey(name)?.notFor?.includes(target) !== true)
}
