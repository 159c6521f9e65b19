/** DeleteTopics: by name, or by identity from version 6 on. Who may not even see a topic learns nothing of it. */
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Topic } from '../broker/topic/topic.ts'
import { deleteTopics } from '../wire/kafka/messages/delete-topics.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { type Call, handler } from './handler.ts'
import { ACCEPTED, refused, repeated } from './refusals.ts'

type Answer = ResponseOf<typeof deleteTopics>
type Asked = RequestOf<typeof deleteTopics>['topics'][number]
type Deleted = NonNullable<Answer['responses']>[number]

export const deleteTopicsHandler = handler(deleteTopics, (request, call) => {
  const { durability, catalog } = call.context.broker
  const asked = [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))]
  const names = repeated(asked.flatMap(({ name, topicId }) => (topicId === ZERO_UUID && name !== null ? name : [])))
  const ids = repeated(asked.flatMap(({ name, topicId }) => (name === null && topicId !== ZERO_UUID ? topicId : [])))
  const responses: Deleted[] = []
  for (const name of names) responses.push({ name, ...refused('invalid-request', 'Duplicate topic name.') })
  for (const topicId of ids)
    responses.push({ name: null, topicId, ...refused('invalid-request', 'Duplicate topic id.') })
  const found = new Map<Topic, Deleted>()
  for (const one of asked) {
    if (one.name === null ? ids.has(one.topicId) : one.topicId === ZERO_UUID && names.has(one.name)) continue
    const topic = find(one, call)
    if ('partitions' in topic) found.set(topic, found.has(topic) ? mappedTwice(one, topic) : deleted(topic))
    else responses.push(topic)
  }
  for (const [topic, answer] of found) {
    if (answer.errorCode === 0) call.vhost.streams.topics.delete(topic)
    responses.push(answer)
  }
  durability.after(catalog.lastRound, () => call.respond({ responses }))
})

function deleted({ name, id }: Topic): Deleted {
  return { name, topicId: id, ...ACCEPTED }
}

function mappedTwice({ name }: Asked, { id }: Topic): Deleted {
  const text = 'The provided topic name maps to an ID that was already supplied.'
  return { name, topicId: id, ...refused('invalid-request', text) }
}

function find(asked: Asked, call: Call<Answer>): Topic | Deleted {
  const { topics } = call.vhost.streams
  const { name, topicId } = asked
  const refuse = (error: StreamError, text?: string): Deleted => ({ name, topicId, ...refused(error, text) })
  if (name === null && topicId === ZERO_UUID)
    return refuse('invalid-request', 'Neither topic name nor id were specified.')
  if (name !== null && topicId !== ZERO_UUID) {
    return refuse('invalid-request', 'You may not specify both topic name and topic id.')
  }
  const topic = name === null ? topics.byId(topicId) : topics.get(name)
  if (topic === undefined && name === null) return refuse('unknown-topic-id')
  const known = topic?.name ?? name!
  const mayAll = call.may('delete', 'cluster', CLUSTER_NAME)
  const maySee = mayAll || call.may('describe', 'topic', known)
  if (!maySee) return refuse('topic-authorization-failed')
  if (topic === undefined) return refuse('unknown-topic-or-partition')
  if (mayAll || call.may('delete', 'topic', known)) return topic
  return { ...refuse('topic-authorization-failed'), name: known }
}
