/**
 * Metadata: who the broker is, and what topics there are. A topic that is asked for by name and is not there is made,
 * where client, settings and rights agree; the answer then waits until it is durable.
 */

import { type StreamError, StreamRefusal } from '../broker/stream-refusal.ts'
import { ofDefaults } from '../broker/topic/new-topic.ts'
import { Topic } from '../broker/topic/topic.ts'
import { checkTopicName, isInternalTopic } from '../broker/topic/topic-name.ts'
import { metadata } from '../wire/kafka/messages/metadata.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { authorizedOperations, OPERATIONS_UNASKED } from './authorized-operations.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { partitionMetadata } from './partition-metadata.ts'

type Request = RequestOf<typeof metadata>
type Answer = ResponseOf<typeof metadata>
type Asked = NonNullable<Request['topics']>[number]
type TopicAnswer = NonNullable<Answer['topics']>[number]

export const metadataHandler = handler(metadata, (request, call) => {
  const { context, advertised } = call
  const topics = topicAnswers(request, call)
  const answer: Answer = {
    brokers: [{ nodeId: context.nodeId, host: advertised.host, port: advertised.port }],
    clusterId: context.clusterId,
    controllerId: context.nodeId,
    topics,
    clusterAuthorizedOperations: clusterOperations(request, call),
  }
  const { durability, catalog } = context.broker
  durability.after(catalog.lastRound, () => call.respond(answer))
})

function topicAnswers(request: Request, call: Call<Answer>): TopicAnswer[] {
  const { topics } = call.vhost.streams
  const describe = (topic: Topic): TopicAnswer => describeTopic(topic, request, call)
  if (request.topics === null || (call.version === 0 && request.topics.length === 0)) {
    return [...topics.all()].filter((topic) => call.may('describe', 'topic', topic.name)).map(describe)
  }
  const answers = new Map<string, TopicAnswer>()
  for (const asked of request.topics) {
    // With an id, the Java client leaves the name empty and not null.
    const name = asked.topicId === ZERO_UUID ? asked.name : null
    const key = name ?? asked.topicId
    if (answers.has(key)) continue
    const found = name === null ? byId(asked, call) : byName(name, request, call)
    answers.set(key, found instanceof Topic ? describe(found) : found)
  }
  return [...answers.values()]
}

function byId({ topicId, name }: Asked, call: Call<Answer>): Topic | TopicAnswer {
  if (call.version < 12) return { errorCode: errorCode('invalid-request'), name: name ?? '', topicId }
  const topic = call.vhost.streams.topics.byId(topicId)
  if (topic === undefined) return { errorCode: errorCode('unknown-topic-id'), name: null, topicId }
  if (call.may('describe', 'topic', topic.name)) return topic
  return { errorCode: errorCode('topic-authorization-failed'), name: null, topicId }
}

function byName(name: string, request: Request, call: Call<Answer>): Topic | TopicAnswer {
  const refuse = (error: StreamError): TopicAnswer => {
    return { errorCode: errorCode(error), name, isInternal: isInternalTopic(name) }
  }
  if (!call.may('describe', 'topic', name)) return refuse('topic-authorization-failed')
  const { topics } = call.vhost.streams
  const topic = topics.get(name)
  if (topic !== undefined) return topic
  const { settings, nodeId } = call.context
  try {
    checkTopicName(name)
    // Of what Kafka keeps in topics of its own, there is none here: an empty one would mislead.
    const creates = request.allowAutoTopicCreation && settings.autoCreateTopicsEnable && !isInternalTopic(name)
    if (!creates) return refuse('unknown-topic-or-partition')
    const mayCreate = call.may('create', 'cluster', CLUSTER_NAME) || call.may('create', 'topic', name)
    if (!mayCreate) return refuse('topic-authorization-failed')
    return topics.create(topics.check(ofDefaults(name), nodeId))
  } catch (error) {
    if (error instanceof StreamRefusal) return refuse(error.code)
    throw error
  }
}

function describeTopic(topic: Topic, request: Request, call: Call<Answer>): TopicAnswer {
  const { nodeId } = call.context
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: topic.partitions.map((partition) => partitionMetadata(partition, nodeId)),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations
      ? authorizedOperations(call, 'topic', topic.name)
      : OPERATIONS_UNASKED,
  }
}

function clusterOperations(request: Request, call: Call<Answer>): number {
  if (!request.includeClusterAuthorizedOperations) return OPERATIONS_UNASKED
  return call.may('describe', 'cluster', CLUSTER_NAME) ? authorizedOperations(call, 'cluster', CLUSTER_NAME) : 0
}
