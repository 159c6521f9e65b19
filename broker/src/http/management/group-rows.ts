/** A group as the API shows it: in lists, and by itself with its members, offsets, lag over time and last rebalances. */
import { ClassicGroup } from '../../broker/group/classic-group.ts'
import { ConsumerGroup } from '../../broker/group/consumer-group.ts'
import { listed } from '../../broker/group/consumer-group-assignment.ts'
import type { Group } from '../../broker/group/group.ts'
import { partitionLag } from '../../broker/group/lag.ts'
import { readAssignment } from '../../broker/group/subscription.ts'
import type { Topics } from '../../broker/topic/topics.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'

interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

interface Member {
  readonly member_id: string
  readonly instance_id: string | null
  readonly client_id: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
}

export function groupRow(http: HttpContext, group: Group): object {
  const { groups } = http.stats
  return {
    name: group.id,
    vhost: group.vhost,
    type: group.kind,
    protocol_type: group.protocolType,
    state: group.state,
    members: memberCount(group),
    topics: group.offsets.topics.size,
    lag: groups.value(group, 'lag'),
    lag_details: { rate: groups.rate(group, 'lag') },
  }
}

export function wholeGroup(http: HttpContext, vhost: Vhost, group: Group, maySee: (topic: string) => boolean): object {
  const { groups, lags } = http.stats
  const nowMs = http.broker.clock.now()
  lags.look(group)
  const { topics } = vhost.streams
  const members = membersOf(group, topics)
  const owners = new Map<string, string>()
  for (const { member_id, assignment } of members) {
    for (const { topic, partition } of assignment) owners.set(`${topic}-${partition}`, member_id)
  }
  const offsets: object[] = []
  const committedIn = new Set<string>()
  for (const [topic, partitions] of group.offsets.topics) {
    if (!maySee(topic)) continue
    for (const [partition, { offset, committedMs, metadata }] of [...partitions].sort(([a], [b]) => a - b)) {
      const key = `${topic}-${partition}`
      committedIn.add(key)
      offsets.push({
        topic,
        partition,
        committed: offset,
        committed_at: committedMs,
        metadata,
        end_offset: topics.get(topic)?.partitions[partition]?.log.highWatermark ?? null,
        lag: partitionLag(topics, group, topic, partition),
        lag_samples: lags.of(group, topic, partition, nowMs),
        member_id: owners.get(key) ?? null,
      })
    }
  }
  for (const { member_id, assignment } of members) {
    for (const { topic, partition } of assignment) {
      if (committedIn.has(`${topic}-${partition}`) || !maySee(topic)) continue
      const end = topics.get(topic)?.partitions[partition]?.log.highWatermark ?? null
      offsets.push({ topic, partition, committed: null, end_offset: end, lag: null, member_id })
    }
  }
  return {
    ...groupRow(http, group),
    members: members.map((member) => ({
      ...member,
      assignment: member.assignment.filter(({ topic }) => maySee(topic)),
    })),
    generation: group instanceof ClassicGroup ? group.generation : (group as ConsumerGroup).epoch,
    assignor: group instanceof ConsumerGroup ? group.assignor : (group as ClassicGroup).protocol,
    offsets,
    lag_samples: groups.history(group, 'lag', nowMs).reverse(),
    rebalances: group.rebalances.newestFirst,
  }
}

export function memberCount(group: Group): number {
  return group instanceof ClassicGroup ? group.members.size : (group as ConsumerGroup).members.size
}

function membersOf(group: Group, topics: Topics): Member[] {
  if (group instanceof ClassicGroup) {
    return [...group.members].map((member) => ({
      member_id: member.id,
      instance_id: member.instanceId,
      client_id: member.clientId,
      host: hostOf(member.clientHost),
      assignment:
        group.state === 'Stable' && group.protocolType === 'consumer' ? flat(readAssignment(member.assignment)) : [],
    }))
  }
  return [...(group as ConsumerGroup).members.values()].map((member) => ({
    member_id: member.id,
    instance_id: member.instanceId,
    client_id: member.clientId,
    host: hostOf(member.clientHost),
    assignment: flat(listed(member.assigned).map(([id, partitions]) => [topics.byId(id)?.name ?? '', partitions])),
  }))
}

function flat(assignment: ReturnType<typeof readAssignment>): TopicPartition[] {
  return (assignment ?? []).flatMap(([topic, partitions]) =>
    topic === '' ? [] : partitions.map((partition) => ({ topic, partition })),
  )
}

/** Kafka writes an address with a slash in front. */
function hostOf(clientHost: string): string {
  return clientHost.replace(/^\//, '')
}
