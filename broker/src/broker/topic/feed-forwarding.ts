/**
 * Records on their way to other topics, which exchanges lead to: a topic has no part in the section that moves the
 * cursor, so a record goes there first, and the queues get it, with the cursor, once it is durable there. Trade: a crash
 * in between appends it a second time, and never not at all.
 */
import { Route } from '../queue/route.ts'
import { TOPIC_REFUSED, type TopicTarget } from '../routing/target.ts'
import { StreamQueue } from '../stream/stream-queue.ts'
import type { Feed } from './feed.ts'
import type { RecordReader } from './record-reader.ts'

export class Forwarding {
  /** What to wait for. */
  durableNumber = 0
  private readonly feed: Feed
  /** Found once, as chance may have decided; by offset, without topics. */
  private readonly routes = new Map<number, Route>()

  constructor(feed: Feed) {
    this.feed = feed
  }

  /** Appends the record that `reader` stands at to the topics of its route. */
  add(reader: RecordReader, route: Route): void {
    const { feed } = this
    if (route.topics.length > 0) {
      feed.fill(reader)
      for (const topic of route.topics) {
        const number = feed.forwards && !this.isOwn(topic) ? topic.append(feed.draft) : TOPIC_REFUSED
        if (number === TOPIC_REFUSED) feed.refusedByTopics++
        else this.durableNumber = Math.max(this.durableNumber, number)
      }
    }
    const rest = new Route()
    rest.queues.push(...route.queues)
    rest.histories.push(...route.histories)
    this.routes.set(reader.offset, rest)
  }

  /** Its key named a stream of its own topic: by the default exchange as an alternate, where no circle can be seen before. */
  private isOwn(target: TopicTarget): boolean {
    return target instanceof StreamQueue && target.topic === this.feed.topic
  }

  /** To the queues; those that are gone by now left out. */
  routeOf(offset: number): Route {
    const route = this.routes.get(offset)!
    const { queues } = route
    for (let i = queues.length - 1; i >= 0; i--) if (queues[i].gone) queues.splice(i, 1)
    route.filled()
    return route
  }
}
