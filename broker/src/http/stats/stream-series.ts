/** What is sampled of topics, and of groups beside their lag: records and bytes, and how far each group comes. */
import type { Group } from '../../broker/group/group.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { HttpContext } from '../context.ts'
import { Series } from './series.ts'

const TOPIC_FIELDS = ['publish', 'bytes_in', 'bytes_out'] as const
export type TopicField = (typeof TOPIC_FIELDS)[number]

/** What a group reads of one topic. */
export interface Reading {
  readonly group: Group
  readonly topic: string
}

class StreamSeries {
  readonly topics = new Series<Topic, TopicField>(TOPIC_FIELDS, (topic, into) => {
    into.fill(0)
    for (const { recordsIn, bytesIn, bytesOut } of topic.partitions) {
      into[0] += recordsIn
      into[1] += bytesIn
      into[2] += bytesOut
    }
  })
  /** How far groups have come, by what they commit. */
  readonly readings = new Series<Reading, 'progress'>(['progress'], ({ group, topic }, into) => {
    into[0] = 0
    for (const { offset } of group.offsets.topics.get(topic)?.values() ?? []) into[0] += offset
  })
  private readonly readingsByGroup = new WeakMap<Group, Map<string, Reading>>()
  private readonly http: HttpContext

  constructor(http: HttpContext) {
    this.http = http
    http.stats.follow(this.topics, () => this.allTopics())
    http.stats.follow(this.readings, () => this.allReadings())
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
}

const ofContext = new WeakMap<HttpContext, StreamSeries>()

/** Those of the broker behind it, made with the first question. */
export function streamSeries(http: HttpContext): StreamSeries {
  let series = ofContext.get(http)
  if (series === undefined) ofContext.set(http, (series = new StreamSeries(http)))
  return series
}
