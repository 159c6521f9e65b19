/** DescribeAcls: the ACLs of the principal's virtual host that pass a filter. */
import type { Acl } from '../broker/access/acls.ts'
import { describeAcls } from '../wire/kafka/messages/describe-acls.ts'
import { CLUSTER_NAME, type CodedEntry, type CodedResource, codedEntry, codedResource, filterOf } from './acl-codes.ts'
import { handler } from './handler.ts'
import { ACCEPTED, attempted, refused } from './refusals.ts'

export const describeAclsHandler = handler(describeAcls, (request, call) => {
  if (!call.may('describe', 'cluster', CLUSTER_NAME)) {
    call.respond(refused('cluster-authorization-failed'))
    return
  }
  const { acls, catalog, durability } = call.context.broker
  const answer = attempted(() => {
    const filter = filterOf(request)
    return { ...ACCEPTED, resources: byResource(filter === null ? [] : acls.matching(call.principal.vhost, filter)) }
  })
  durability.after(catalog.lastRound, () => call.respond(answer))
})

function byResource(found: readonly Acl[]): (CodedResource & { acls: CodedEntry[] })[] {
  const resources = new Map<string, CodedResource & { acls: CodedEntry[] }>()
  for (const acl of found) {
    const id = `${acl.resource} ${acl.pattern} ${acl.name}`
    const resource = resources.get(id) ?? { ...codedResource(acl), acls: [] }
    resource.acls.push(codedEntry(acl))
    resources.set(id, resource)
  }
  return [...resources.values()]
}
