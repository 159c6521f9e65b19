/**
 * What is sampled of topics and groups: records and bytes of topics, the lag of groups. The lag of single partitions only
 * of groups that somebody looked at lately, since there may be very many of them.
 */
import type { Group } from '../../broker/group/group.ts'
import { lagOf, partitionLag } from '../../broker/group/lag.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import { Series } from './series.ts'

const TOPIC_FIELDS = ['publish', 'bytes_in', 'bytes_out'] as const
export type TopicField = (typeof TOPIC_FIELDS)[number]

/** One partition that a group has offsets in. */
export interface LaggingPartition {
  readonly vhost: Vhost
  readonly group: string
  readonly topic: string
  readonly partition: number
}

/** What a group reads of one topic. */
export interface Reading {
  readonly group: Group
  readonly topic: string
}

interface Looked {
  untilMs: number
  readonly partitions: Map<string, LaggingPartition>
}

/** How long after a look the partitions of a group go on being sampled. */
const LOOKED_AT_MS = 15 * 60_000

class StreamSeries {
  readonly topics = new Series<Topic, TopicField>(TOPIC_FIELDS, (topic, into) => {
    into.fill(0)
    for (const { recordsIn, bytesIn, bytesOut } of topic.partitions) {
      into[0] += recordsIn
      into[1] += bytesIn
      into[2] += bytesOut
    }
  })
  readonly groups = new Series<Group, 'lag'>(['lag'], (group, into) => {
    into[0] = lagOf(group, this.http.broker.vhosts.get(group.vhost)?.streams.topics)
  })
  readonly partitions = new Series<LaggingPartition, 'lag'>(['lag'], (part, into) => {
    const { topics, groups } = part.vhost.streams
    into[0] = partitionLag(topics, groups.get(part.group), part.topic, part.partition)
  })
  /** How far groups have come, by what they commit. */
  readonly readings = new Series<Reading, 'progress'>(['progress'], ({ group, topic }, into) => {
    into[0] = 0
    for (const { offset } of group.offsets.topics.get(topic)?.values() ?? []) into[0] += offset
  })
  private readonly looked = new Map<Group, Looked>()
  private readonly readingsByGroup = new WeakMap<Group, Map<string, Reading>>()
  private readonly http: HttpContext

  constructor(http: HttpContext) {
    this.http = http
    http.stats.follow(this.topics, () => this.allTopics())
    http.stats.follow(this.groups, () => this.allGroups())
    http.stats.follow(this.readings, () => this.allReadings())
    http.stats.follow(this.partitions, () => this.lookedAt())
  }

  /** Somebody looks at a group: from now on its partitions have a history. */
  look(vhost: Vhost, group: Group): Map<string, LaggingPartition> {
    let looked = this.looked.get(group)
    if (looked === undefined) this.looked.set(group, (looked = { untilMs: 0, partitions: new Map() }))
    looked.untilMs = this.http.broker.clock.now() + LOOKED_AT_MS
    for (const [topic, partitions] of group.offsets.topics) {
      for (const partition of partitions.keys()) {
        const key = `${topic}-${partition}`
        if (!looked.partitions.has(key)) looked.partitions.set(key, { vhost, group: group.id, topic, partition })
      }
    }
    return looked.partitions
  }

  /** One for each topic that the group has offsets in. */
  *readingsOf(group: Group): Iterable<Reading> {
    let readings = this.readingsByGroup.get(group)
    if (readings === undefined) this.readingsByGroup.set(group, (readings = new Map()))
    for (const topic of group.offsets.topics.keys()) {
      let reading = readings.get(topic)
      if (reading === undefined) readings.set(topic, (reading = { group, topic }))
      yield reading
    }
  }

  private *allReadings(): Iterable<Reading> {
    for (const group of this.allGroups()) yield* this.readingsOf(group)
  }

  private *allTopics(): Iterable<Topic> {
    for (const { streams } of this.http.broker.vhosts.values()) yield* streams.topics.all()
  }

  private *allGroups(): Iterable<Group> {
    for (const { streams } of this.http.broker.vhosts.values()) yield* streams.groups.all()
  }

  private *lookedAt(): Iterable<LaggingPartition> {
    const nowMs = this.http.broker.clock.now()
    for (const [group, { untilMs, partitions }] of this.looked) {
      if (untilMs < nowMs) this.looked.delete(group)
      else yield* partitions.values()
    }
  }
}

const ofContext = new WeakMap<HttpContext, StreamSeries>()

/** Those of the broker behind it, made with the first question. */
export function streamSeries(http: HttpContext): StreamSeries {
  let series = ofContext.get(http)
  if (series === undefined) ofContext.set(http, (series = new StreamSeries(http)))
  return series
}
