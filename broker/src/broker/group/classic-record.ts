// What of a classic group outlives the process: its newest assigned generation. A definition `group` [vhost, id], whose
// value names the kind of the group.
import type { ClassicMemberRecord } from './classic-member.ts'

export const GROUP_KIND = 'group'

export interface ClassicGroupRecord {
  readonly kind: 'classic'
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string
  /** When the group came into this state, ms since 1970. */
  readonly changedMs: number
  /** It was a consumer group until now: members must join again before this is anybody's generation. */
  readonly rebalancing: boolean
  readonly members: readonly ClassicMemberRecord[]
}

export function memberRecord(member: ClassicMemberRecord): ClassicMemberRecord {
  const { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment } = member
  return { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment }
}
