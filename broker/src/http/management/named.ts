/** Things as addresses name them, and what bodies say of those that are to be made. */
import { z } from 'zod'
import type { Declarer } from '../../broker/operations/declare.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Headers } from '../../broker/routing/headers.ts'
import { notOfStreams } from '../../broker/stream/not-of-streams.ts'
import type { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'

/** The default exchange has no name, which no address can say. */
const DEFAULT_EXCHANGE = 'amq.default'

export function exchangeName(inAddress: string): string {
  return inAddress === DEFAULT_EXCHANGE ? '' : inAddress
}

/** To look only. @throws HttpError 401, 404 */
export function seenVhost(caller: Caller, name: string): Vhost {
  caller.require('management')
  return caller.seenVhost(name)
}

/** All that lists show. @throws HttpError 401 */
export function seenVhosts(caller: Caller): Vhost[] {
  caller.require('management')
  return caller.seenVhosts()
}

/** Who changes something in a vhost. @throws HttpError 401, 404 */
export function declarerIn(caller: Caller, vhostName: string): Declarer {
  caller.require('management')
  const vhost = caller.vhost(vhostName)
  return { rights: caller.rights(vhost), vhost, owner: null }
}

export function queueOf(vhost: Vhost, name: string): Queue | StreamQueue | undefined {
  return vhost.queues.get(name) ?? vhost.streamQueues.get(name)
}

/** @throws HttpError 404 */
export function existingQueue(vhost: Vhost, name: string): Queue | StreamQueue {
  const queue = queueOf(vhost, name)
  if (queue === undefined) throw notFound()
  return queue
}

/**
 * One that is no stream, and not exclusive to a connection.
 * @param what is not to be had of streams
 * @throws HttpError 404, Refusal
 */
export function ownQueue({ vhost, owner }: Declarer, name: string, what: string): Queue {
  if (existingQueue(vhost, name).kind === 'topic') throw notOfStreams(what, name, vhost.name)
  return vhost.queue(name, owner)
}

/** @throws HttpError 404 */
export function existingExchange(vhost: Vhost, name: string): Exchange {
  const exchange = vhost.exchanges.get(name)
  if (exchange === undefined) throw notFound()
  return exchange
}

/** `true`, also as a text; false by default. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
  .default(false)

/** None can also be written as an empty list. */
export const table = z
  .union([z.record(z.string(), z.unknown()), z.tuple([]).transform(() => ({}))])
  .transform((value) => value as Headers)

export const argumentTable = table.default({})
