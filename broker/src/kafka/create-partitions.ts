/** CreatePartitions: a topic grows at its end; it never shrinks. */
import { StreamRefusal } from '../broker/stream-refusal.ts'
import { addedPartitions, checkReplicas } from '../broker/topic/new-topic.ts'
import { createPartitions } from '../wire/kafka/messages/create-partitions.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { type Call, handler } from './handler.ts'
import { ACCEPTED, attempted, type Refused, refused, repeated } from './refusals.ts'

type Wanted = RequestOf<typeof createPartitions>['topics'][number]
type Answer = ResponseOf<typeof createPartitions>

export const createPartitionsHandler = handler(createPartitions, (request, call) => {
  const { durability, catalog } = call.context.broker
  const twice = repeated(request.topics.map((topic) => topic.name))
  const single = request.topics.filter((topic) => !twice.has(topic.name))
  const results = single.map((wanted) => ({ name: wanted.name, ...widen(wanted, request.validateOnly, call) }))
  for (const name of twice) results.push({ name, ...refused('invalid-request', 'Duplicate topic name.') })
  durability.after(catalog.lastRound, () => call.respond({ results }))
})

function widen(wanted: Wanted, validateOnly: boolean, call: Call<Answer>): Refused {
  const { name, count, assignments } = wanted
  if (!call.may('alter', 'topic', name)) return refused('topic-authorization-failed')
  const { topics } = call.vhost.streams
  const topic = topics.get(name)
  if (topic === undefined) return refused('unknown-topic-or-partition', null)
  return attempted(() => {
    const added = addedPartitions(topic, count)
    if (assignments !== null) checkAssignments(assignments, added, call.context.nodeId)
    if (!validateOnly) topics.addPartitions(topic, added)
    return ACCEPTED
  })
}

function checkAssignments(assignments: NonNullable<Wanted['assignments']>, added: number, nodeId: number): void {
  if (assignments.length !== added) {
    const text = `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`
    throw new StreamRefusal('invalid-replica-assignment', text)
  }
  for (const { brokerIds } of assignments) checkReplicas(brokerIds, nodeId)
}
