/** A topic as the API shows it: in lists, and by itself with its partitions, groups and feed. */
import type { Group } from '../../broker/group/group.ts'
import { lagOf } from '../../broker/group/lag.ts'
import { LogExchange } from '../../broker/routing/log-exchange.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import type { Past } from '../lists/row-options.ts'
import { detailed } from '../stats/details.ts'
import { streamSeries } from '../stats/stream-series.ts'

export const bytesOf = (topic: Topic): number => sum(topic, ({ log }) => log.bytes)
/** Offsets between the ends: markers and gaps of compaction count. */
export const recordsOf = (topic: Topic): number =>
  sum(topic, ({ log }) => Math.max(0, log.highWatermark - log.startOffset))

export function topicRow(http: HttpContext, topic: Topic, past: Past | null): object {
  const { topics: series } = streamSeries(http)
  const { name, config, partitions } = topic
  // With its vhost it may be gone by now.
  const vhost = http.broker.vhosts.get(topic.vhost)
  return {
    name,
    vhost: topic.vhost,
    id: topic.id,
    internal: topic.internal,
    partitions: partitions.length,
    durability: config.durability,
    cleanup_policy: cleanupPolicy(topic),
    retention_ms: config.retentionMs,
    retention_bytes: config.retentionBytes,
    bytes: bytesOf(topic),
    records: recordsOf(topic),
    message_stats: detailed(series, topic, series.fields, past, http.broker.clock.now()),
    groups: vhost === undefined ? 0 : groupsOf(vhost, topic).length,
    bindings: vhost === undefined ? 0 : boundTo(vhost, topic),
  }
}

export function wholeTopic(
  http: HttpContext,
  vhost: Vhost,
  topic: Topic,
  past: Past | null,
  maySee: (group: string) => boolean,
): object {
  const feed = vhost.feeds.of(topic)
  return {
    ...topicRow(http, topic, past),
    groups: groupsOf(vhost, topic)
      .filter(({ id }) => maySee(id))
      .map((group) => ({
        name: group.id,
        type: group.kind,
        state: group.state,
        lag: lagOf(group, vhost.streams.topics, topic.name),
      })),
    partition_list: topic.partitions.map(({ index, log }) => ({
      partition: index,
      start_offset: log.startOffset,
      end_offset: log.highWatermark,
      last_stable_offset: log.lastStableOffset,
      bytes: log.bytes,
      segments: log.segments.length,
      leader_epoch: log.leaderEpoch,
    })),
    feed:
      feed === undefined
        ? null
        : {
            handed_on: feed.handedOn,
            lost_records: feed.lostRecords,
            refused_by_topics: feed.refusedByTopics,
            unreadable_batches: feed.unreadableBatches,
            behind: feed.partitions.reduce(
              (behind, { next, partition }) => behind + Math.max(0, partition.log.lastStableOffset - next),
              0,
            ),
          },
  }
}

/** Those that have offsets in it, or members that want it. */
function groupsOf(vhost: Vhost, { name }: Topic): Group[] {
  return [...vhost.streams.groups.all()].filter((group) => group.offsets.topics.has(name) || group.isSubscribedTo(name))
}

function boundTo(vhost: Vhost, { name }: Topic): number {
  const exchange = vhost.exchanges.get(name)
  return exchange instanceof LogExchange ? exchange.bindingCount : 0
}

export function cleanupPolicy({ config: { cleanupPolicy } }: Topic): string {
  return Object.entries(cleanupPolicy)
    .filter(([, on]) => on)
    .map(([policy]) => policy)
    .join(',')
}

function sum({ partitions }: Topic, of: (partition: Topic['partitions'][number]) => number): number {
  return partitions.reduce((total, partition) => total + of(partition), 0)
}
