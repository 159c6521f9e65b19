/**
 * A topic takes names of AMQP's for itself: an exchange of its name, a stream for each partition, and, if it has but
 * one, a stream of its own name. What of these is somebody else's keeps the topic from being made.
 */
import { StreamRefusal } from '../stream-refusal.ts'

/** The names in use in a vhost, topics aside. */
export interface NamesInUse {
  hasExchange(name: string): boolean
  hasQueue(name: string): boolean
}

/** @throws StreamRefusal invalid-topic-exception naming what is in the way */
export function checkNamesFree(names: NamesInUse, topic: string, partitions: number): void {
  if (names.hasExchange(topic)) refuse(topic, `exchange '${topic}'`)
  if (partitions === 1 && names.hasQueue(topic)) refuse(topic, `queue '${topic}'`)
  checkPartitionNamesFree(names, topic, 0, partitions)
}

/** @throws StreamRefusal invalid-topic-exception naming the queue in the way of one of the partitions [from, to) */
export function checkPartitionNamesFree(names: NamesInUse, topic: string, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    const queue = streamName(topic, index)
    if (names.hasQueue(queue)) refuse(topic, `queue '${queue}'`)
  }
}

/** Of the stream that a partition is, as RabbitMQ names those of a super stream. */
export function streamName(topic: string, index: number): string {
  return `${topic}-${index}`
}

function refuse(topic: string, other: string): never {
  throw new StreamRefusal('invalid-topic-exception', `Topic '${topic}' collides with existing ${other}.`)
}
