/**
 * From a queue to its dead-letter exchange: makes the copy of a message that died and publishes it. What becomes of the
 * message itself is the queue's business (queue/departures.ts).
 */
import { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { LogEngine } from '../log/engine.ts'
import { MessageDraft, type MessageView } from '../record/message.ts'
import { DELAY_HEADER, delayOf } from './delay/due-time.ts'
import { Precedent } from './precedent.ts'
import type { PropertyBlocks, PropertyEdit } from './property-blocks.ts'
import { type DeathReason, deathEdit, deathKeys, isCycle } from './queue/death.ts'
import type { Queue } from './queue/queue.ts'
import { Route } from './queue/route.ts'
import { DELAYED_TYPE } from './routing/delayed-exchange.ts'
import type { Exchange } from './routing/exchange.ts'
import { type Headers, type HeaderValue, noHeaders } from './routing/headers.ts'
import { NOT_NOW } from './transfers.ts'
import type { Vhost } from './vhost.ts'

/** Larger bodies are kept by reference by the log, so they must not lie in a block that is used again. */
const COPY_BODY_MIN = 32768

export interface DeadLettersOptions {
  readonly vhost: Vhost
  readonly engine: LogEngine
  readonly clock: Clock
  readonly properties: PropertyBlocks
}

interface DeadMessage {
  /** Where it lies, if it is stored. */
  readonly view: MessageView | null
  readonly exchange: string
  readonly key: string
  readonly properties: Uint8Array
  readonly propertiesPos: number
  readonly propertiesLen: number
}

export class DeadLetters {
  /** Copies that reached no queue: no exchange, no binding, or a cycle. */
  dropped = 0
  published = 0
  private readonly vhost: Vhost
  private readonly engine: LogEngine
  private readonly clock: Clock
  private readonly blocks: PropertyBlocks
  private precedent: Precedent | null = null

  constructor({ vhost, engine, clock, properties }: DeadLettersOptions) {
    this.vhost = vhost
    this.engine = engine
    this.clock = clock
    this.blocks = properties
  }

  /** @returns the round that makes the copy durable, 0 when there is none to wait for, NOT_NOW if it is to be tried again. */
  send(queue: Queue, view: MessageView, reason: DeathReason): number {
    const draft = new MessageDraft()
    draft.persistent = view.persistent
    draft.priority = view.priority
    draft.hasPriority = view.hasPriority
    draft.bodyLen = view.bodyLen
    if (view.bodyParts !== null) draft.bodyParts = view.bodyParts
    else if (view.bodyLen < COPY_BODY_MIN) {
      draft.bodyBytes = new Bytes(view.buffer, view.data)
      draft.bodyPos = view.bodyPos
    } else draft.body = view.buffer.slice(view.bodyPos, view.bodyPos + view.bodyLen)
    const nowMs = (draft.arrival = this.clock.now())
    const { precedent, vhost } = this
    if (precedent?.holdsFor(queue, view, reason, nowMs, vhost.version)) {
      draft.namesBytes = precedent.names
      draft.propertiesBytes = precedent.properties
      draft.propertiesLen = precedent.properties.array.length
      precedent.exchange.publishedIn++
      return this.append(precedent.exchange, precedent.route, draft, lostBy(queue))
    }
    const message = {
      view,
      exchange: text(view.buffer, view.exchangePos, view.exchangeLen),
      key: text(view.buffer, view.keyPos, view.keyLen),
      properties: view.buffer,
      propertiesPos: view.propertiesPos,
      propertiesLen: view.propertiesLen,
    }
    return this.publish(queue, message, draft, reason)
  }

  /** A message that the queue refused because it is full. @returns as `send` */
  sendRefused(queue: Queue, refused: MessageDraft): number {
    const draft = new MessageDraft()
    draft.persistent = refused.persistent
    draft.priority = refused.priority
    draft.hasPriority = refused.hasPriority
    draft.bodyLen = refused.bodyLen
    draft.bodyParts = refused.bodyParts
    draft.bodyBytes = refused.bodyBytes
    draft.bodyPos = refused.bodyPos
    const { names, properties, propertiesPos, propertiesLen } = refused
    const exchange = text(names, 1, names[0])
    const key = text(names, names[0] + 2, names[names[0] + 1])
    draft.arrival = this.clock.now()
    const message = { view: null, exchange, key, properties, propertiesPos, propertiesLen }
    return this.publish(queue, message, draft, 'maxlen')
  }

  private publish(queue: Queue, message: DeadMessage, draft: MessageDraft, reason: DeathReason): number {
    const { deadLetterExchange, deadLetterRoutingKey } = queue.settings
    const lost = lostBy(queue)
    // The queue may have lost its dead-letter exchange since.
    if (deadLetterExchange === null) return this.drop(0)
    const exchange = this.vhost.exchanges.get(deadLetterExchange)
    if (exchange === undefined) return this.drop(lost)
    const { blocks } = this
    const { properties, propertiesPos, propertiesLen } = message
    const headers = blocks.headers(properties, propertiesPos, propertiesLen)
    const edit = deathEdit({
      headers,
      expiration: blocks.expiration(properties, propertiesPos, propertiesLen),
      queue: queue.name,
      reason,
      exchange: message.exchange,
      routingKey: message.key,
      nowMs: draft.arrival,
      routingKeyOverridden: deadLetterRoutingKey !== null,
    })
    const delay = exchange.type === DELAYED_TYPE ? delayOf(headers ?? noHeaders) : 0
    // Kept negative, so that the message waits once.
    const set = delay > 0 ? { ...edit.set, [DELAY_HEADER]: -delay } : edit.set!
    draft.properties = blocks.edit(properties, propertiesPos, propertiesLen, { ...edit, set })
    draft.propertiesLen = draft.properties.length
    const keys = deathKeys(headers, message.key, deadLetterRoutingKey)
    draft.names = names(exchange.name, keys[0])
    exchange.publishedIn++
    if (delay > 0) {
      this.published++
      return this.vhost.delays.append(exchange, draft, draft.arrival + delay)
    }
    const route = new Route()
    const propertyOf = blocks.lookIn(properties, propertiesPos, propertiesLen)
    const byKeys = this.vhost.routeKeys(exchange, keys, headersAfter(headers, edit), route, propertyOf)
    const reached = route.queues.filter((target) => !isCycle(edit.set!, target.name))
    // It died here before, and nobody had a hand in it since: a topic would bring it back. What is kept back waits but once.
    const isBack = route.topics.length > 0 && headers !== null && isCycle(headers, queue.name)
    const topics = isBack ? route.topics.filter(({ keepsBack }) => keepsBack) : route.topics
    const cycle = topics.length < route.topics.length || reached.length < route.queues.length
    if (cycle) {
      route.queues.splice(0, route.queues.length, ...reached)
      route.topics.splice(0, route.topics.length, ...topics)
      route.filled()
    }
    if (route.targets === 0) return this.drop(cycle ? 0 : lost)
    if (message.view !== null && byKeys) {
      const copy = { exchange, names: draft.names, properties: draft.properties, route }
      this.precedent = new Precedent(queue, message.view, reason, draft.arrival, this.vhost.version, copy)
    }
    return this.append(exchange, route, draft, lost)
  }

  /** @param lost what is answered if nobody will ever take it */
  private append(exchange: Exchange, route: Route, draft: MessageDraft, lost: number): number {
    exchange.publishedOut += route.targets
    this.published++
    const round = route.append(this.engine, draft)
    if (route.refusedForGood) return this.drop(lost)
    // Full queues only: the message stays where it is until one has room.
    return route.refused ? NOT_NOW : round
  }

  private drop(answer: number): number {
    if (answer === 0) this.dropped++
    return answer
  }
}

/** What becomes of a copy that reaches nobody. */
function lostBy({ settings }: Queue): number {
  return settings.deadLetterStrategy === 'at-least-once' ? NOT_NOW : 0
}

function headersAfter(headers: Headers | null, { set, remove = [] }: PropertyEdit): Headers {
  const after: { [name: string]: HeaderValue } = { ...headers, ...set }
  for (const name of remove) delete after[name]
  return after
}

/** Exchange and routing key as the log keeps them: two short strings. */
export function names(exchange: string, key: string): Uint8Array {
  const first = Buffer.from(exchange)
  const second = Buffer.from(key)
  return Buffer.concat([Buffer.of(first.length), first, Buffer.of(second.length), second])
}

function text(bytes: Uint8Array, pos: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + pos, length).toString()
}
