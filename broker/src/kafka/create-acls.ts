/** CreateAcls: sets ACLs in the principal's virtual host, each by itself; one that is there already is fine. */
import { createAcls } from '../wire/kafka/messages/create-acls.ts'
import { aclOf, CLUSTER_NAME } from './acl-codes.ts'
import { handler } from './handler.ts'
import { ACCEPTED, attempted, refused } from './refusals.ts'

export const createAclsHandler = handler(createAcls, (request, call) => {
  if (!call.may('alter', 'cluster', CLUSTER_NAME)) {
    call.respond({ results: request.creations.map(() => refused('cluster-authorization-failed')) })
    return
  }
  const { acls, catalog, durability } = call.context.broker
  const results = request.creations.map((coded) =>
    attempted(() => {
      acls.add(call.principal.vhost, aclOf(coded))
      return ACCEPTED
    }),
  )
  durability.after(catalog.lastRound, () => call.respond({ results }))
})
