/** DeleteGroups: forgets groups without members, and their offsets. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { deleteGroups } from '../wire/kafka/messages/delete-groups.ts'
import type { ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

export const deleteGroupsHandler = handler(deleteGroups, (request, call) => {
  const results = [...new Set(request.groupsNames)].map((groupId) => {
    return { groupId, errorCode: errorCode(deleteGroup(groupId, call)) }
  })
  const { durability, catalog } = call.vhost.streams.groups.context
  durability.after(catalog.lastRound, () => call.respond({ results }))
})

function deleteGroup(groupId: string, call: Call<ResponseOf<typeof deleteGroups>>): StreamError | null {
  if (!call.may('delete', 'group', groupId)) return 'group-authorization-failed'
  const { groups } = call.vhost.streams
  const group = groups.get(groupId)
  if (group === undefined) return 'group-id-not-found'
  if (!group.isEmpty) return 'non-empty-group'
  groups.delete(group)
  return null
}
