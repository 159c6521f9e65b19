/**
 * What a topic is made of in the broker. Signalbox keeps its events, for Kafka's clients too; RabbitMQ passes them on.
 *
 *   TOPIC (x-topic-log, in RabbitMQ topic) ──patterns──> TOPIC:GROUP ──given up──> TOPIC:GROUP:dead
 *
 * A group that begins in the past has a queue over the topic instead, without bindings; what comes back from its dead
 * letters goes to another one beside it, TOPIC:GROUP:again.
 */
import type { BrokerInfo } from '../connection/broker-info.ts'
import type { Declaration } from '../connection/topology.ts'
import { UnsupportedByBroker } from '../errors.ts'
import { joined } from '../receiving/names.ts'
import { deadName, type WorkQueue, workQueue } from '../receiving/work-queue.ts'

export interface Retention {
  /** Events are kept so long at least. */
  readonly maxAgeMs?: number
  /** Kept at most, in each partition. */
  readonly maxBytes?: number
}

/** Where a subscription begins: what is kept from its first event on, at its last one, at a time, at an offset. */
export type From = 'first' | 'last' | 'next' | Date | number

interface TopicSettings {
  readonly partitions?: number
  readonly retention?: Retention
}

/** @throws UnsupportedByBroker */
export function topicDeclaration(
  name: string,
  { partitions, retention }: TopicSettings,
  { isSignalbox, name: broker }: BrokerInfo,
): Declaration {
  if (!isSignalbox) {
    if (partitions !== undefined) throw new UnsupportedByBroker('topic: partitions', broker, 'it keeps no events')
    if (retention !== undefined) throw new UnsupportedByBroker('topic: retention', broker, 'it keeps no events')
    return { kind: 'exchange', name, type: 'topic', options: { durable: true } }
  }
  const args = {
    ...(partitions !== undefined && { 'x-partitions': partitions }),
    ...(retention?.maxAgeMs !== undefined && { 'x-max-age': `${Math.ceil(retention.maxAgeMs / 1000)}s` }),
    ...(retention?.maxBytes !== undefined && { 'x-max-length-bytes': retention.maxBytes }),
  }
  return { kind: 'exchange', name, type: 'x-topic-log', options: { durable: true, arguments: args } }
}

/** Of a queue over a topic. @throws UnsupportedByBroker */
export function sourceArguments(topic: string, from: From, { isSignalbox, name }: BrokerInfo): Record<string, unknown> {
  if (!isSignalbox) throw new UnsupportedByBroker('subscribe: from', name, 'it keeps no events')
  const offset = from instanceof Date ? { '!': 'timestamp', value: Math.floor(from.getTime() / 1000) } : from
  return { 'x-source-topic': topic, 'x-source-offset': offset }
}

export const bindings = (topic: string, queue: string, patterns: readonly string[]): Declaration[] =>
  patterns.map((key) => ({ kind: 'binding', from: topic, to: queue, key }))

/** Beside a queue over a topic: takes what comes back from its dead letters. */
export const againName = (topic: string, group: string): string => joined(topic, group, 'again')

export function againQueue(topic: string, type: WorkQueue, broker: BrokerInfo): Declaration[] {
  return workQueue(topic, { ...type, name: joined(type.name, 'again') }, broker, { dead: deadName(topic, type.name) })
}
