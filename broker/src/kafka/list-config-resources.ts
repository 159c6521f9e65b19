/** ListConfigResources: what there is whose settings can be described. */
import { listConfigResources } from '../wire/kafka/messages/list-config-resources.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { RESOURCE } from './config-entries.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

const BROKER_LOGGER = 8
const CLIENT_METRICS = 16
const TYPES: readonly number[] = [RESOURCE.topic, RESOURCE.broker, BROKER_LOGGER, CLIENT_METRICS, RESOURCE.group]

export const listConfigResourcesHandler = handler(listConfigResources, (request, call) => {
  if (!call.may('describe-configs', 'cluster', CLUSTER_NAME)) {
    call.respond({ errorCode: errorCode('cluster-authorization-failed') })
    return
  }
  // Version 0 knows only client metrics, of which there are none here.
  const asked = call.version === 0 ? [CLIENT_METRICS] : request.resourceTypes
  if (asked.some((type) => !TYPES.includes(type))) {
    call.respond({ errorCode: errorCode('unsupported-version') })
    return
  }
  const wanted = (type: number): boolean => asked.length === 0 || asked.includes(type)
  const configResources: { resourceName: string; resourceType: number }[] = []
  if (wanted(RESOURCE.topic)) {
    for (const { name } of call.vhost.streams.topics.all()) {
      configResources.push({ resourceName: name, resourceType: RESOURCE.topic })
    }
  }
  if (wanted(RESOURCE.broker)) {
    configResources.push({ resourceName: String(call.context.nodeId), resourceType: RESOURCE.broker })
  }
  if (wanted(RESOURCE.group)) {
    for (const group of call.vhost.streams.groups.configs.groups) {
      configResources.push({ resourceName: group, resourceType: RESOURCE.group })
    }
  }
  call.respond({ configResources })
})
