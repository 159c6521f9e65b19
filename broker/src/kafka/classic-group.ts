/** From a request of a member of a classic group to the group: the checks that all these APIs share. */
import type { ClassicService } from '../broker/group/classic-calls.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Call } from './handler.ts'

/** Who answers a member's call to its group, made if `create` says so; or why there is none for it. */
export function classicGroup(call: Call<never>, groupId: string, create = false): ClassicService | StreamError {
  if (!call.may('read', 'group', groupId)) return 'group-authorization-failed'
  if (groupId === '') return 'invalid-group-id'
  const { groups } = call.vhost.streams
  const group = groups.classicService(groupId, create)
  if (group !== undefined) return group
  return create && groups.get(groupId) !== undefined ? 'inconsistent-group-protocol' : 'unknown-member-id'
}
