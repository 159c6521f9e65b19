/** DescribeConfigs: of a topic, of the broker or of all brokers, of a group; all settings, or those that are named. */

import { StreamRefusal } from '../broker/stream-refusal.ts'
import { checkTopicName } from '../broker/topic/topic-name.ts'
import { describeConfigs } from '../wire/kafka/messages/describe-configs.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { brokerEntries, clusterEntries } from './broker-configs.ts'
import { type ConfigEntry, groupEntries, RESOURCE, topicEntries } from './config-entries.ts'
import { checkNodeId } from './config-resources.ts'
import { type Call, handler } from './handler.ts'
import { attempted, type Refused, refused } from './refusals.ts'

type Request = RequestOf<typeof describeConfigs>
type Answer = ResponseOf<typeof describeConfigs>
type Resource = Request['resources'][number]

export const describeConfigsHandler = handler(describeConfigs, (request, call) => {
  const results = request.resources.map((resource) => {
    const { resourceType, resourceName, configurationKeys } = resource
    const found = attempted(() => entriesOf(resource, call))
    if ('errorCode' in found) return { resourceType, resourceName, ...found }
    const asked = configurationKeys?.length ? found.filter(({ name }) => configurationKeys.includes(name)) : found
    return {
      resourceType,
      resourceName,
      errorCode: 0,
      errorMessage: '',
      configs: asked.map((entry) => answered(entry, request)),
    }
  })
  call.respond({ results })
})

function answered(entry: ConfigEntry, { includeSynonyms, includeDocumentation }: Request): ConfigEntry {
  if (includeSynonyms && includeDocumentation) return entry
  return {
    ...entry,
    synonyms: includeSynonyms ? entry.synonyms : [],
    documentation: includeDocumentation ? entry.documentation : null,
  }
}

function entriesOf(
  { resourceType, resourceName: name }: Resource,
  call: Call<Answer>,
): readonly ConfigEntry[] | Refused {
  if (resourceType === RESOURCE.topic) {
    if (!call.may('describe-configs', 'topic', name)) return refused('topic-authorization-failed')
    checkTopicName(name)
    const { topics } = call.vhost.streams
    const topic = topics.get(name)
    return topic === undefined
      ? refused('unknown-topic-or-partition', '')
      : topicEntries(topic.overrides, topics.defaults, topic.limits)
  }
  if (resourceType === RESOURCE.broker) {
    if (!call.may('describe-configs', 'cluster', CLUSTER_NAME)) return refused('cluster-authorization-failed')
    if (name === '') return clusterEntries(call)
    checkNodeId(name, call.context.nodeId)
    return brokerEntries(call)
  }
  if (resourceType === RESOURCE.group) {
    if (!call.may('describe-configs', 'group', name)) return refused('group-authorization-failed')
    if (name === '') return refused('invalid-request', 'Group name must not be empty')
    const { configs } = call.vhost.streams.groups
    return groupEntries(configs.of(name), configs.rows.values())
  }
  throw new StreamRefusal('invalid-request', `Unsupported resource type: ${resourceType}`)
}
