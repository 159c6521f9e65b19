/** DeleteAcls: removes the ACLs of the principal's virtual host that pass any of the filters, and names them. */
import { deleteAcls } from '../wire/kafka/messages/delete-acls.ts'
import { CLUSTER_NAME, codedEntry, codedResource, filterOf } from './acl-codes.ts'
import { handler } from './handler.ts'
import { ACCEPTED, attempted, refused } from './refusals.ts'

export const deleteAclsHandler = handler(deleteAcls, (request, call) => {
  if (!call.may('alter', 'cluster', CLUSTER_NAME)) {
    call.respond({ filterResults: request.filters.map(() => refused('cluster-authorization-failed')) })
    return
  }
  const { acls, catalog, durability } = call.context.broker
  const filterResults = request.filters.map((coded) =>
    attempted(() => {
      const filter = filterOf(coded)
      const gone = filter === null ? [] : acls.remove(call.principal.vhost, filter)
      return {
        ...ACCEPTED,
        matchingAcls: gone.map((acl) => ({ ...ACCEPTED, ...codedResource(acl), ...codedEntry(acl) })),
      }
    }),
  )
  durability.after(catalog.lastRound, () => call.respond({ filterResults }))
})
