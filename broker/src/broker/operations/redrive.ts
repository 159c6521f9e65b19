/**
 * Sending dead-lettered messages back to where they came from, which their `x-death` header says, if wanted with
 * changes. What brought no past with it stays.
 */
import type { MessageDraft, MessageView } from '../../record/message.ts'
import type { Broker } from '../broker.ts'
import { names } from '../dead-letters.ts'
import { DEATH_HEADERS } from '../queue/death.ts'
import type { Queue } from '../queue/queue.ts'
import { ROUTING_KEY_BYTES_MAX } from '../queue/settings.ts'
import { Refusal } from '../refusal.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'
import type { Vhost } from '../vhost.ts'
import { copyMessage, setBody, setProperties } from './copy.ts'
import { checkRoutingKey, permitsAll, routeCopy, sendTo } from './move.ts'
import { anywhere, type Permit } from './permit.ts'
import { type Selection, type TransferResult, transfer } from './transfer.ts'

export interface MessageEdit {
  readonly setHeaders?: Headers
  readonly removeHeaders?: readonly string[]
  /** Replaces the body. */
  readonly body?: Uint8Array
  /** Instead of the one the message was published with. */
  readonly routingKey?: string
}

export interface RedriveOptions extends Selection {
  /**
   * `queue` (default): into the queue where it died, and no other. `exchange`: through the exchange it was published to
   * before it died there, with the keys it had.
   */
  readonly to?: 'queue' | 'exchange'
  /** Which of its deaths counts; the last by default. */
  readonly death?: 'last' | 'first'
  /** `x-death` and its kin stay (default), so that counts go on, or go. */
  readonly history?: 'kept' | 'cleared'
  readonly edit?: MessageEdit
}

interface Origin {
  readonly queue: string
  readonly exchange: string
  readonly keys: readonly string[]
}

/**
 * Copies are durable and the messages gone when the promise resolves. A message stays whose past cannot be read, whose
 * origin is not there any more, or which reaches no queue; also one whose origin may not be written to: anybody can write
 * a past.
 * @throws Refusal precondition-failed for an edit that no message can take
 */
export async function redrive(
  broker: Broker,
  vhost: Vhost,
  queue: Queue,
  options: RedriveOptions = {},
  permit: Permit = anywhere,
): Promise<TransferResult> {
  const { to = 'queue', death = 'last', history = 'kept', edit = {} } = options
  checkEdit(broker, edit)
  const nowMs = broker.clock.now()
  return transfer(broker, queue, options, (view, copy, route) => {
    const headers = broker.properties.headers(view.buffer, view.propertiesPos, view.propertiesLen)
    const origin = headers === null ? null : originOf(headers, death)
    if (origin === null) return false
    copyMessage(view, copy, nowMs)
    applyEdit(broker, view, copy, edit, history === 'cleared')
    const keys = edit.routingKey === undefined ? origin.keys : [edit.routingKey]
    if (to === 'exchange') {
      return permitsAll(permit, origin.exchange, keys) && routeCopy(broker, vhost, origin.exchange, keys, copy, route)
    }
    copy.names = names(origin.exchange, keys[0])
    return permit('', origin.queue) && sendTo(vhost, origin.queue, route)
  })
}

function applyEdit(broker: Broker, view: MessageView, copy: MessageDraft, edit: MessageEdit, clear: boolean): void {
  const { setHeaders, removeHeaders = [], body } = edit
  const remove = clear ? [...DEATH_HEADERS, ...removeHeaders] : removeHeaders
  if (setHeaders !== undefined || remove.length > 0) {
    const { buffer, propertiesPos, propertiesLen } = view
    const change = { remove, ...(setHeaders !== undefined && { set: setHeaders }) }
    setProperties(copy, broker.properties.edit(buffer, propertiesPos, propertiesLen, change))
  }
  if (body !== undefined) setBody(copy, body)
}

/** Null for a past that was not written by a broker. */
function originOf(headers: Headers, which: 'last' | 'first'): Origin | null {
  const deaths = headers['x-death']
  if (!Array.isArray(deaths)) return null
  const death = which === 'last' ? deaths[0] : firstOf(deaths, headers)
  if (typeof death !== 'object' || death === null) return null
  const { queue, exchange, 'routing-keys': keys } = death as Headers
  if (typeof queue !== 'string' || typeof exchange !== 'string' || !isShort(exchange) || !isTexts(keys)) return null
  return { queue, exchange, keys }
}

function firstOf(deaths: readonly HeaderValue[], headers: Headers): HeaderValue {
  const queue = headers['x-first-death-queue']
  const reason = headers['x-first-death-reason']
  const found = deaths.find((death) => {
    const { queue: its, reason: why } = Object(death) as Headers
    return its === queue && why === reason
  })
  return found ?? deaths[deaths.length - 1]
}

function isTexts(value: HeaderValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && isShort(item))
}

function isShort(text: string): boolean {
  return Buffer.byteLength(text) <= ROUTING_KEY_BYTES_MAX
}

function checkEdit(broker: Broker, { setHeaders = {}, routingKey = '' }: MessageEdit): void {
  checkRoutingKey(routingKey)
  try {
    broker.properties.make({ headers: setHeaders })
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal('precondition-failed', error.message)
    throw error
  }
}
