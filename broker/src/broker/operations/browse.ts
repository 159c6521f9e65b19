/**
 * Looking at messages without consuming them: none is taken, marked or moved, and consumers do not notice. Also those
 * that are with a consumer or set aside are shown, each with its state.
 */
import type { MessageView } from '../../record/message.ts'
import type { Broker } from '../broker.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import type { Queue } from '../queue/queue.ts'
import type { Headers } from '../routing/headers.ts'
import { bodyOf, exchangeOf, keyOf, type MessageFilter, passes } from './filter.ts'
import { checkLimit, PAGE_LIMIT } from './page-limit.ts'
import { stretchesOf, type WalkStart, walk } from './walk.ts'

export interface BrowseOptions extends WalkStart {
  readonly filter?: MessageFilter
  /** Messages at most; 100 by default. */
  readonly limit?: number
  /** Bytes of each body at most; 4096 by default. */
  readonly bodyBytesMax?: number
  /** Bytes of messages that are searched for one page. */
  readonly scanBytesMax?: number
  /** Nobody waits for the page any more. */
  readonly signal?: Stop
}

/** Says when to stop: an `AbortSignal` is one. */
export interface Stop {
  readonly aborted: boolean
}

/**
 * `unacknowledged`: with a client. `held`: set aside for a delayed retry. `leaving`: on its way to the dead-letter
 * exchange or elsewhere, its copy not durable yet. `delayed`: its time has not come.
 */
export type MessageState = 'ready' | 'unacknowledged' | 'held' | 'leaving' | 'delayed'

export interface BrowsedMessage {
  /** Names the message to other operations on the same queue. */
  readonly place: number
  readonly offset: number
  readonly exchange: string
  readonly routingKey: string
  /** The property block as it was published. */
  readonly properties: Uint8Array
  /** Null if it has none. */
  readonly headers: Headers | null
  /** The first bytes of the body. */
  readonly body: Uint8Array
  /** Of the whole body. */
  readonly bodyBytes: number
  readonly persistent: boolean
  readonly priority: number
  /** ms since 1970 */
  readonly arrivalMs: number
  /** When its time is over, ms since 1970; null for never. */
  readonly expiresMs: number | null
  /** When it can be delivered again (`held`), or is routed (`delayed`); else null. */
  readonly dueMs: number | null
  readonly state: MessageState
  /** Whether it would be delivered with that mark. */
  readonly redelivered: boolean
  /** How often it came back. */
  readonly deliveryCount: number
}

export interface BrowsePage {
  readonly messages: BrowsedMessage[]
  /** Where to go on, as `place`; null at the end. A page may be short of its limit when many were looked at. */
  readonly next: number | null
  /** What was looked at. */
  readonly scanned: { readonly messages: number; readonly bytes: number }
}

const BODY_BYTES_MAX = 4096
/** Messages that one page looks at. */
const LOOKED_AT_MAX = 100_000
/** Of the bodies of one page together. */
const PAGE_BYTES_MAX = 32 << 20

/** @throws Refusal precondition-failed for a limit out of range, internal-error for a record that cannot be read */
export async function browse(broker: Broker, queue: Queue, options: BrowseOptions = {}): Promise<BrowsePage> {
  const look = new QueueLook(broker, queue, broker.clock.now())
  return collect(
    options,
    broker.properties,
    (visit) => walk(stretchesOf(queue), options, visit),
    (view, place) => look.describe(view, place),
  )
}

type Described = Pick<BrowsedMessage, 'expiresMs' | 'dueMs' | 'state' | 'redelivered' | 'deliveryCount'>

export async function collect(
  {
    limit = PAGE_LIMIT,
    bodyBytesMax = BODY_BYTES_MAX,
    scanBytesMax = Number.POSITIVE_INFINITY,
    filter,
    signal,
  }: BrowseOptions,
  properties: PropertyBlocks,
  walking: (visit: (view: MessageView, place: number) => boolean) => Promise<number | null>,
  describe: (view: MessageView, place: number) => Described,
): Promise<BrowsePage> {
  checkLimit(limit)
  const messages: BrowsedMessage[] = []
  const scanned = { messages: 0, bytes: 0 }
  let pageBytes = 0
  const next = await walking((view, place) => {
    if (messages.length === limit || pageBytes >= PAGE_BYTES_MAX || signal?.aborted) return false
    if (scanned.messages === LOOKED_AT_MAX || scanned.bytes >= scanBytesMax) return false
    const { buffer, propertiesPos, propertiesLen } = view
    scanned.messages++
    scanned.bytes += view.keyLen + propertiesLen + view.bodyLen
    if (!passes(view, filter, properties)) return true
    const body = new Uint8Array(bodyOf(view, bodyBytesMax))
    pageBytes += body.length + propertiesLen
    messages.push({
      place,
      offset: view.offset,
      exchange: exchangeOf(view),
      routingKey: keyOf(view),
      properties: new Uint8Array(buffer.subarray(propertiesPos, propertiesPos + propertiesLen)),
      headers: properties.headers(buffer, propertiesPos, propertiesLen),
      body,
      bodyBytes: view.bodyLen,
      persistent: view.persistent,
      priority: view.priority,
      arrivalMs: view.arrival,
      ...describe(view, place),
    })
    return true
  })
  return { messages, next, scanned }
}

/** What a queue knows of its messages. Who holds what is asked when it is needed, and again once more was handed out. */
class QueueLook {
  private readonly broker: Broker
  private readonly queue: Queue
  private readonly nowMs: number
  private held = new Set<number>()
  private heldAsOf = -1

  constructor(broker: Broker, queue: Queue, nowMs: number) {
    this.broker = broker
    this.queue = queue
    this.nowMs = nowMs
  }

  describe(view: MessageView, place: number): Described {
    const { queue } = this
    const lane = queue.laneAt(place)
    const { offset } = view
    const returns = lane.log.returns(offset)
    const notBefore = lane.log.notBefore(offset)
    const deadline = queue.deadline(view)
    const state = lane.isReady(offset) ? 'ready' : this.stateOfTaken(place, notBefore)
    return {
      expiresMs: deadline === Number.POSITIVE_INFINITY ? null : deadline,
      dueMs: state === 'held' ? notBefore : null,
      state,
      redelivered: returns > 0 || lane.log.maybeDelivered(offset),
      deliveryCount: returns,
    }
  }

  private stateOfTaken(place: number, notBefore: number): MessageState {
    const { delivered, got } = this.queue.counters
    if (this.heldAsOf !== delivered + got) {
      this.heldAsOf = delivered + got
      this.held = new Set()
      for (const source of this.broker.unackedSources) {
        for (const message of source.unacked(this.queue)) this.held.add(message.place)
      }
    }
    if (this.held.has(place)) return 'unacknowledged'
    return notBefore > this.nowMs ? 'held' : 'leaving'
  }
}
