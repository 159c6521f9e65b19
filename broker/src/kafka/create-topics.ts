/** CreateTopics: each topic by itself; answered when those that were made are durable. */
import { type CheckedTopic, PARTITIONS_MAX } from '../broker/topic/new-topic.ts'
import { createTopics } from '../wire/kafka/messages/create-topics.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { topicEntries } from './config-entries.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'
import { ACCEPTED, attempted, refused, repeated } from './refusals.ts'

type Answer = ResponseOf<typeof createTopics>
type Wanted = RequestOf<typeof createTopics>['topics'][number]
type Made = NonNullable<Answer['topics']>[number]

/** As Kafka says it: nothing here is more than one. */
const REPLICATION_FACTOR = 1

export const createTopicsHandler = handler(createTopics, (request, call) => {
  const { durability, catalog } = call.context.broker
  if (countAll(request.topics, call.context.settings.numPartitions) > PARTITIONS_MAX) {
    const tooMany = refused('policy-violation', 'Excessively large number of partitions per request.')
    call.respond({ topics: request.topics.map(({ name }) => ({ name, ...tooMany })) })
    return
  }
  const twice = repeated(request.topics.map((topic) => topic.name))
  const single = request.topics.filter((topic) => !twice.has(topic.name))
  const topics = single.map((wanted) => ({ name: wanted.name, ...create(wanted, request.validateOnly, call) }))
  for (const name of twice) topics.push({ name, ...refused('invalid-request', 'Duplicate topic name.') })
  durability.after(catalog.lastRound, () => call.respond({ topics }))
})

function countAll(topics: readonly Wanted[], numPartitions: number): number {
  const count = ({ assignments, numPartitions: given }: Wanted): number => {
    if (assignments.length > 0) return assignments.length
    return given === -1 ? numPartitions : Math.max(0, given)
  }
  return topics.reduce((sum, topic) => sum + count(topic), 0)
}

function create(wanted: Wanted, validateOnly: boolean, call: Call<Answer>): Made {
  const { name } = wanted
  if (!call.may('create', 'cluster', CLUSTER_NAME) && !call.may('create', 'topic', name)) {
    return refused('topic-authorization-failed', 'Authorization failed.')
  }
  const { topics } = call.vhost.streams
  return attempted(() => {
    const checked = topics.check({ ...wanted, partitions: wanted.numPartitions }, call.context.nodeId)
    return validateOnly ? described(checked, call) : { topicId: topics.create(checked).id, ...described(checked, call) }
  })
}

function described({ name, partitions, overrides }: CheckedTopic, call: Call<Answer>): Made {
  if (!call.may('describe-configs', 'topic', name)) {
    return { ...ACCEPTED, topicConfigErrorCode: errorCode('topic-authorization-failed') }
  }
  const configs = topicEntries(overrides, call.vhost.streams.topics.defaults)
  return { ...ACCEPTED, numPartitions: partitions, replicationFactor: REPLICATION_FACTOR, configs }
}
