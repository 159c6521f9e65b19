/** ListGroups: all groups the caller may see, of the states and kinds it asks for. */
import { listGroups } from '../wire/kafka/messages/list-groups.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { handler } from './handler.ts'

export const listGroupsHandler = handler(listGroups, (request, call) => {
  const seesAll = call.may('describe', 'cluster', CLUSTER_NAME)
  const states = lowerCase(request.statesFilter)
  const kinds = lowerCase(request.typesFilter)
  const groups: { groupId: string; protocolType: string; groupState: string; groupType: string }[] = []
  for (const { id, kind, state, protocolType } of call.vhost.streams.groups.all()) {
    if (states.size > 0 && !states.has(state.toLowerCase())) continue
    if (kinds.size > 0 && !kinds.has(kind)) continue
    if (!seesAll && !call.may('describe', 'group', id)) continue
    groups.push({ groupId: id, protocolType, groupState: state, groupType: kind })
  }
  const { durability, catalog } = call.context.broker
  durability.after(catalog.lastRound, () => call.respond({ groups }))
})

function lowerCase(filter: readonly string[]): Set<string> {
  return new Set(filter.map((name) => name.toLowerCase()))
}
