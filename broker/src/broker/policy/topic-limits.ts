/**
 * What policies say of topics: bounds in RabbitMQ's words for settings that have Kafka's names. The lower of the
 * policy's and the topic's own holds, as with the limits of queues.
 *
 *   max-age                        retention.ms
 *   max-length-bytes               retention.bytes
 *   stream-max-segment-size-bytes  segment.bytes
 */
import { intervalMs } from '../stream/interval.ts'
import type { PolicyDefinition } from './definition.ts'

/** By the name of the topic's setting. */
export type TopicLimits = ReadonlyMap<string, number>

export const NO_LIMITS: TopicLimits = new Map()

export function topicLimits(definition: PolicyDefinition | null): TopicLimits {
  if (definition === null) return NO_LIMITS
  const limits = new Map<string, number>()
  const maxAge = definition['max-age']
  if (typeof maxAge === 'string') limits.set('retention.ms', intervalMs(maxAge) ?? -1)
  for (const [key, setting] of [
    ['max-length-bytes', 'retention.bytes'],
    ['stream-max-segment-size-bytes', 'segment.bytes'],
  ] as const) {
    const value = definition[key]
    if (typeof value === 'number') limits.set(setting, value)
  }
  return limits
}
