/**
 * Topics and groups under the names that tools for consumer lag use, those of kafka_exporter, with a label more: names of
 * topics and groups are unique within a virtual host only. A group has lines for what it has committed.
 */
import type { Group } from '../../broker/group/group.ts'
import { partitionLag } from '../../broker/group/lag.ts'
import type { Partition } from '../../broker/topic/partition.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { memberCount } from '../management/group-rows.ts'
import { gauge, labelsOf } from './exposition.ts'
import type { Kind } from './kinds.ts'

export const topicKind: Kind<Topic> = {
  *all(_broker, vhosts) {
    for (const { streams } of vhosts) yield* streams.topics.all()
  },
  labels: ({ vhost, name }) => labelsOf({ topic: name, vhost }),
  families: {
    topic_metrics: [
      { ...gauge('kafka_topic_partitions', 'Partitions of the topic'), of: ({ partitions }) => partitions.length },
    ],
  },
}

interface PartitionIn {
  readonly vhost: string
  readonly partition: Partition
}

export const partitionKind: Kind<PartitionIn> = {
  *all(_broker, vhosts) {
    for (const { name, streams } of vhosts) {
      for (const { partitions } of streams.topics.all()) {
        for (const partition of partitions) yield { vhost: name, partition }
      }
    }
  },
  labels: ({ vhost, partition }) => labelsOf({ topic: partition.topicName, partition: partition.index, vhost }),
  families: {
    topic_metrics: [
      {
        ...gauge('kafka_topic_partition_current_offset', 'The offset that the next record to be readable will get'),
        of: ({ partition: { log } }) => log.highWatermark,
      },
      {
        ...gauge('kafka_topic_partition_oldest_offset', 'The first offset that is kept'),
        of: ({ partition: { log } }) => log.startOffset,
      },
      {
        ...gauge('signalbox_topic_partition_bytes', 'Bytes of the segments of the partition'),
        of: ({ partition: { log } }) => log.bytes,
      },
    ],
  },
}

interface GroupIn {
  readonly vhost: string
  readonly group: Group
}

export const groupKind: Kind<GroupIn> = {
  all: (_broker, vhosts) => groupsIn(vhosts),
  labels: ({ vhost, group }) => labelsOf({ consumergroup: group.id, vhost }),
  families: {
    group_metrics: [
      { ...gauge('kafka_consumergroup_members', 'Members of the group'), of: ({ group }) => memberCount(group) },
    ],
  },
}

interface CommittedIn {
  readonly vhost: Vhost
  readonly group: Group
  readonly topic: string
  readonly partition: number
}

/** A group at a partition. */
export const committedKind: Kind<CommittedIn> = {
  *all(_broker, vhosts) {
    for (const vhost of vhosts) {
      for (const group of vhost.streams.groups.all()) {
        for (const [topic, offsets] of group.offsets.topics) {
          for (const partition of offsets.keys()) yield { vhost, group, topic, partition }
        }
      }
    }
  },
  labels: ({ vhost, group, topic, partition }) =>
    labelsOf({ consumergroup: group.id, topic, partition, vhost: vhost.name }),
  families: {
    group_metrics: [
      {
        ...gauge('kafka_consumergroup_current_offset', 'The offset that the group has committed'),
        of: ({ group, topic, partition }) => group.offsets.get(topic, partition)?.offset ?? null,
      },
      {
        ...gauge('kafka_consumergroup_lag', 'Records that the group has not consumed yet'),
        of: ({ vhost, group, topic, partition }) => partitionLag(vhost.streams.topics, group, topic, partition),
      },
    ],
  },
}

interface SubscribedIn {
  readonly vhost: Vhost
  readonly group: Group
  readonly topic: string
}

/** A group at a topic. */
export const subscribedKind: Kind<SubscribedIn> = {
  *all(_broker, vhosts) {
    for (const vhost of vhosts) {
      for (const group of vhost.streams.groups.all()) {
        for (const topic of group.offsets.topics.keys()) yield { vhost, group, topic }
      }
    }
  },
  labels: ({ vhost, group, topic }) => labelsOf({ consumergroup: group.id, topic, vhost: vhost.name }),
  families: {
    group_metrics: [
      {
        ...gauge('kafka_consumergroup_current_offset_sum', 'The sum of the offsets that the group has committed'),
        of: (one) => sumOf(one, (partition) => one.group.offsets.get(one.topic, partition)?.offset ?? 0),
      },
      {
        ...gauge('kafka_consumergroup_lag_sum', 'Records of the topic that the group has not consumed yet'),
        of: (one) => sumOf(one, (partition) => partitionLag(one.vhost.streams.topics, one.group, one.topic, partition)),
      },
    ],
  },
}

function* groupsIn(vhosts: Iterable<Vhost>): Iterable<GroupIn> {
  for (const { name, streams } of vhosts) for (const group of streams.groups.all()) yield { vhost: name, group }
}

function sumOf({ group, topic }: SubscribedIn, of: (partition: number) => number): number {
  let sum = 0
  for (const partition of group.offsets.topics.get(topic)?.keys() ?? []) sum += of(partition)
  return sum
}
