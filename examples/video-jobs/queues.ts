/**
 * The queues of the two steps, and what the broker does for them without a line in the workers:
 *
 *   encode ──encoded──> package ──> done
 *     │ ^ fails: again after a rest that grows
 *     v │ fails three times
 *   broken ──operator: repaired──> encode
 */
import type { Channel } from 'amqplib'

export const encode = 'examples.video-jobs.encode'
export const pack = 'examples.video-jobs.package'
export const broken = 'examples.video-jobs.broken'
export const done = 'examples.video-jobs.done'
export const uploads = 'examples.video-jobs.uploads'

export const restMs = 150
export const roomForUploads = 3

const argumentsOf: Record<string, Record<string, unknown>> = {
  [encode]: {
    'x-max-priority': 9,
    'x-delayed-retry-type': 'all', // after each return the job rests: once, twice, … this long
    'x-delayed-retry-min': restMs,
    'x-delayed-retry-max': 10 * restMs,
    'x-delivery-limit': 2, // the third return is the last
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': broken,
  },
  [pack]: {},
  [broken]: {},
  [done]: {},
  [uploads]: { 'x-max-length': roomForUploads, 'x-overflow': 'reject-publish' },
}

export async function declareAll(channel: Channel): Promise<void> {
  await deleteAll(channel) // what a run that was cut short may have left
  for (const [queue, args] of Object.entries(argumentsOf)) await channel.assertQueue(queue, { arguments: args })
}

/** @returns how many messages were still waiting. */
export async function deleteAll(channel: Channel): Promise<number> {
  let waiting = 0
  for (const queue of Object.keys(argumentsOf)) waiting += (await channel.deleteQueue(queue)).messageCount
  return waiting
}
