/**
 * Declaring, binding, purging and deleting in a user's name: the rights that each of these needs, asked before anything is
 * done, the same in every protocol. What is there already is no reason to ask for less, only what else would be made.
 */
import type { Rights } from '../access/rights.ts'
import type { Destination } from '../bindings.ts'
import type { Queue } from '../queue/queue.ts'
import { unnamedQueuePrefix } from '../queue/queue-arguments.ts'
import { SOURCE_TOPIC } from '../queue/settings.ts'
import type { QueueOptions, QueueOwner } from '../queue/surroundings.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange, ExchangeOptions } from '../routing/exchange.ts'
import type { Headers } from '../routing/headers.ts'
import { LOG_EXCHANGE_TYPE } from '../routing/log-exchange.ts'
import { SCHEDULE_TYPE, ScheduleExchange } from '../routing/schedule-exchange.ts'
import { notOfStreams } from '../stream/not-of-streams.ts'
import type { StreamQueue } from '../stream/stream-queue.ts'
import type { Vhost } from '../vhost.ts'

/** Who asks, and where. */
export interface Declarer {
  readonly rights: Rights
  readonly vhost: Vhost
  /** May use the queues that are exclusive to it; null for whoever is no connection. */
  readonly owner: QueueOwner | null
}

/** @param options an empty name stands for one that the broker makes. @throws Refusal */
export function declareQueue(
  { rights, vhost, owner }: Declarer,
  { name, ...options }: Omit<QueueOptions, 'vhost'>,
): Queue | StreamQueue {
  const { arguments: args } = options
  if (name === '') {
    // A name made by the broker is the user's to configure only if such names are.
    const prefix = `${unnamedQueuePrefix(vhost.name, args)}-`
    rights.require('configure', 'queue', prefix)
    requireForDeadLetters(rights, prefix, args)
    requireForSource(rights, args)
    return vhost.declareUnnamedQueue(options)
  }
  rights.require('configure', 'queue', name)
  if (!vhost.queues.has(name)) {
    requireForDeadLetters(rights, name, args)
    requireForSource(rights, args)
  }
  if (vhost.asksForNewStream({ ...options, name })) rights.requireAs('create', 'topic', name)
  return vhost.declareQueueOrStream({ ...options, name }, owner)
}

/** Changes arguments in place; null takes one away. @throws Refusal */
export function alterQueue({ rights, vhost, owner }: Declarer, name: string, changes: Headers): void {
  rights.require('configure', 'queue', name)
  const { arguments: args } = vhost.queue(name, owner)
  if (Object.keys(changes).some((key) => key.startsWith('x-dead-letter-'))) {
    requireForDeadLetters(rights, name, { ...args, ...changes })
  }
  vhost.alterQueue(name, changes)
}

/** Deleting what is not there is no error. @returns how many ready messages it held. @throws Refusal */
export function deleteQueue(
  { rights, vhost, owner }: Declarer,
  name: string,
  { ifUnused, ifEmpty }: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
): number {
  rights.require('configure', 'queue', name, 'delete')
  if (vhost.queues.has(name)) return vhost.deleteQueue(name, owner, ifUnused, ifEmpty)
  return vhost.deleteStream(name, ifUnused, ifEmpty)
}

/** @returns how many messages there were. @throws Refusal */
export function purgeQueue({ rights, vhost, owner }: Declarer, name: string): number {
  rights.require('read', 'queue', name)
  const queue = vhost.queueOrStream(name, owner)
  if (queue.kind === 'topic') throw notOfStreams('queue.purge', name, queue.vhost)
  return queue.purge()
}

/** @throws Refusal */
export function declareExchange(
  { rights, vhost }: Declarer,
  name: string,
  type: string,
  options: ExchangeOptions,
): Exchange {
  refuseDefault(name)
  rights.require('configure', 'exchange', name)
  const existing = vhost.exchanges.get(name)
  const isNew = existing === undefined
  if (isNew && type === LOG_EXCHANGE_TYPE) rights.requireAs('create', 'topic', name)
  // It publishes in the name of whoever declares it.
  const isOther = existing instanceof ScheduleExchange && !existing.isDefinedBy(options.arguments)
  if (type === SCHEDULE_TYPE && (isNew || isOther)) rights.require('write', 'exchange', name)
  const alternate = options.arguments['alternate-exchange']
  if (isNew && typeof alternate === 'string') {
    rights.require('read', 'exchange', name)
    rights.require('write', 'exchange', alternate)
  }
  return vhost.declareExchange(name, type, options)
}

/** Gives a schedule another time or message; null takes an argument away. @throws Refusal */
export function alterSchedule({ rights, vhost }: Declarer, name: string, changes: Headers): void {
  rights.require('configure', 'exchange', name)
  rights.require('write', 'exchange', name)
  vhost.schedules.alter(vhost.exchange(name), changes)
}

/** Deleting what is not there is no error. @throws Refusal */
export function deleteExchange({ rights, vhost }: Declarer, name: string, ifUnused: boolean): void {
  refuseDefault(name)
  rights.require('configure', 'exchange', name, 'delete')
  vhost.deleteExchange(name, ifUnused)
}

/** Between which a binding stands. */
export interface BindingEnds {
  readonly source: string
  readonly destination: string
  readonly kind: 'queue' | 'exchange'
  readonly key: string
}

/** @throws Refusal */
export function bind(declarer: Declarer, ends: BindingEnds, args: Headers): void {
  declarer.vhost.bind(ends.source, destinationOf(declarer, ends), ends.key, args)
}

/** Unbinding what is not bound is no error. @throws Refusal */
export function unbind(declarer: Declarer, ends: BindingEnds, args: Headers): void {
  declarer.vhost.unbind(ends.source, destinationOf(declarer, ends), ends.key, args)
}

function destinationOf(
  { rights, vhost, owner }: Declarer,
  { source, destination, kind, key }: BindingEnds,
): Destination {
  if (kind === 'exchange') refuseDefault(destination)
  refuseDefault(source)
  rights.require('write', kind, destination)
  rights.require('read', 'exchange', source)
  const found = kind === 'queue' ? vhost.queueOrStream(destination, owner) : vhost.exchange(destination)
  if (vhost.exchange(source).type === 'topic') rights.requireTopic('read', source, key)
  return found
}

/** Dead letters take messages out of the queue into the exchange: its owner must be allowed both. */
function requireForDeadLetters(rights: Rights, queue: string, args: Headers): void {
  const exchange = args['x-dead-letter-exchange']
  if (typeof exchange !== 'string') return
  rights.require('read', 'queue', queue)
  rights.require('write', 'exchange', exchange)
  const key = args['x-dead-letter-routing-key']
  if (exchange === '' && typeof key === 'string') rights.requireDefault(key)
}

/** A queue over a topic gives out what is in it. */
function requireForSource(rights: Rights, args: Headers): void {
  const topic = args[SOURCE_TOPIC]
  if (typeof topic === 'string') rights.require('read', 'exchange', topic)
}

function refuseDefault(exchange: string): void {
  if (exchange === '') throw new Refusal('access-refused', 'operation not permitted on the default exchange')
}
