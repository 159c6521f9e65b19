/** Subscriptions: the queue that one needs, and the receiver of what comes to it. */
import type { Delivery } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import { UnsupportedByBroker } from '../errors.ts'
import { checked, type Schema } from '../message/schema.ts'
import { checkName } from '../receiving/names.ts'
import { OwnQueue } from '../receiving/own-queue.ts'
import { type Received, type ReceiveOptions, Receiver } from '../receiving/receiver.ts'
import { Retries } from '../receiving/retries.ts'
import { completeRetry, type Retry } from '../receiving/retry.ts'
import { queueName, workQueue } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { type Event, keyOf, NAME_HEADER, nameOf } from './event.ts'
import type { Memberships } from './memberships.ts'
import { fits } from './pattern.ts'
import { againName, againQueue, bindings, type From, sourceArguments } from './topology.ts'

export interface SubscribeOptions extends ReceiveOptions {
  /** Each event goes to one member of the group. It outlives its members: what happens meanwhile waits for them. */
  readonly group?: string | undefined
  /**
   * Where it begins the first time: `first` with what is kept, `last` with the last event, a time, or an offset in a topic
   * of one partition. Default: `next`, what comes from now on. Signalbox. All members of a group name the same.
   */
  readonly from?: From | undefined
  /** Of a group; all members name the same. Default: as of jobs. */
  readonly retry?: Retry | undefined
  /** Of a group: events of one key are handled one after the other, over all members. Signalbox; not with `from`. */
  readonly ordered?: boolean | undefined
}

interface Subscriber {
  readonly core: Core
  readonly memberships: Memberships
  readonly graceMs: number
  readonly topic: string
  readonly patterns: readonly string[]
  /** @throws TypeError for an event that the topic does not have */
  readonly schemaOf: ((event: string) => Schema) | undefined
  readonly handler: (event: Event) => unknown
}

export function subscribe(subscriber: Subscriber, options: SubscribeOptions): Promise<Stoppable> {
  const { group, from = 'next', retry, ordered } = options
  if (group !== undefined) return subscribeGroup(subscriber, group, from, options)
  if (retry !== undefined || ordered) throw new TypeError('retry and ordered need a group, which outlives its members')
  return subscribeAlone(subscriber, from, options)
}

async function subscribeGroup(
  subscriber: Subscriber,
  group: string,
  from: From,
  options: SubscribeOptions,
): Promise<Stoppable> {
  checkName('group', group)
  const leave = subscriber.memberships.join(queueName(subscriber.topic, group), subscriber.patterns)
  try {
    const member = await joinGroup(subscriber, group, from, options)
    return { stop: (graceMs) => member.stop(graceMs).finally(leave) }
  } catch (error) {
    leave()
    throw error
  }
}

async function joinGroup(
  subscriber: Subscriber,
  group: string,
  from: From,
  options: SubscribeOptions,
): Promise<Stoppable> {
  const { core, topic, patterns } = subscriber
  const { retry, ordered = false } = options
  if (ordered && !core.broker.isSignalbox) {
    throw new UnsupportedByBroker('subscribe: ordered', core.broker.name, 'its queues know no order by key')
  }
  const type = { name: group, retry: completeRetry(retry), priorityMax: 0, ordered, dispatch: 'round-robin' } as const
  const queue = queueName(topic, group)
  const retries = new Retries(core, topic, type)
  if (from === 'next') {
    await core.declareForConsumer([...workQueue(topic, type, core.broker), ...bindings(topic, queue, patterns)])
    return receive(subscriber, { queue, options, retries, passesOver: false })
  }
  if (ordered) throw new TypeError('a group is either ordered or has a `from`')
  const source = sourceArguments(topic, from, core.broker)
  await core.declareForConsumer([
    ...workQueue(topic, type, core.broker, { more: source }),
    ...againQueue(topic, type, core.broker),
  ])
  const all = await Promise.all([
    receive(subscriber, { queue, options, retries, passesOver: true }),
    receive(subscriber, { queue: againName(topic, group), options, retries, passesOver: false }),
  ])
  return { stop: async (graceMs) => void (await Promise.all(all.map((one) => one.stop(graceMs)))) }
}

interface Source {
  readonly queue: string
  readonly options: ReceiveOptions
  readonly retries: Retries | null
  /** What the patterns do not fit is none of its events; if not, it is a mistake that an event comes. */
  readonly passesOver: boolean
  readonly afterStop?: () => Promise<void>
}

async function subscribeAlone(subscriber: Subscriber, from: From, options: SubscribeOptions): Promise<Stoppable> {
  const { core, topic, patterns } = subscriber
  const isCopy = from === 'next'
  const args = isCopy ? {} : sourceArguments(topic, from, core.broker)
  const own = new OwnQueue(core, topic, args, (name) => (isCopy ? bindings(topic, name, patterns) : []))
  await own.open()
  const afterStop = (): Promise<void> => own.delete()
  return receive(subscriber, { queue: own.name, options, retries: null, passesOver: true, afterStop })
}

function receive(subscriber: Subscriber, { retries, passesOver, ...source }: Source): Promise<Stoppable> {
  const { core, graceMs, topic, patterns, schemaOf, handler } = subscriber
  const read = async (delivery: Delivery, received: Received): Promise<Event | null> => {
    const name = nameOf(delivery)
    if (!fits(patterns, name)) {
      if (passesOver) return null
      throw new TypeError(`event '${name}' is none of ${patterns.map((pattern) => `'${pattern}'`).join(', ')}`)
    }
    const data =
      schemaOf === undefined ? received.data : await checked(schemaOf(name), received.data, `event '${name}'`)
    return Object.assign(received, { name, data, key: keyOf(delivery) })
  }
  const operation = ({ name }: Event) => ({ kind: 'process', destination: topic, name })
  return new Receiver<Event>({
    core,
    graceMs,
    ...source,
    retries: retries && named(retries),
    read,
    operation,
    handler,
  }).start()
}

/** A copy of an event keeps its name. */
function named(retries: Retries): Pick<Retries, 'isLast' | 'isSpent' | 'again' | 'giveUp'> {
  const withName = (delivery: Delivery): Delivery => ({
    ...delivery,
    headers: { ...delivery.headers, [NAME_HEADER]: nameOf(delivery) },
  })
  return {
    isLast: (delivery) => retries.isLast(delivery),
    isSpent: (delivery) => retries.isSpent(delivery),
    again: (delivery) => retries.again(withName(delivery)),
    giveUp: (delivery, reason, error) => retries.giveUp(withName(delivery), reason, error),
  }
}
