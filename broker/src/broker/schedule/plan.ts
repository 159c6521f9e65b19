/**
 * What the arguments of a schedule say: when it ticks, what it publishes, and what becomes of ticks that were missed. The
 * payload may be octets, which JSON has not: these are kept, shown and exported as base64, which is taken back.
 */
import { isUtf8 } from 'node:buffer'
import { isInteger } from '../argument-value.ts'
import type { MessageProperties } from '../property-blocks.ts'
import { Refusal } from '../refusal.ts'
import { type Headers, type HeaderValue, isTyped, noHeaders } from '../routing/headers.ts'
import { type Ticks, ticksOf } from './ticks.ts'

export interface Plan {
  readonly ticks: Ticks
  /** After downtime: one message for all ticks of that time, or none. */
  readonly missed: 'once' | 'skip'
  readonly key: string
  readonly payload: Uint8Array
  /** Without headers. */
  readonly properties: MessageProperties
  readonly headers: Headers
}

const PAYLOAD = 'x-payload'
const ENCODING = 'x-payload-encoding'
export const PLAN_ARGUMENTS = [
  ...['x-cron', 'x-every', 'x-timezone', 'x-missed'],
  ...['x-routing-key', PAYLOAD, ENCODING, 'x-properties'],
]

/** A definition stands in the journal and travels in one frame. */
const PAYLOAD_BYTES_MAX = 65_536
const KEY_BYTES_MAX = 255
const TEXTS = ['content_type', 'content_encoding', 'correlation_id', 'reply_to', 'type', 'app_id'] as const
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @throws Refusal precondition-failed */
export function planOf(args: Headers): Plan {
  const { 'x-missed': missed = 'once', 'x-routing-key': key = '', 'x-properties': properties = noHeaders } = args
  if (missed !== 'once' && missed !== 'skip') refuse("Invalid argument, 'x-missed' must be 'once' or 'skip'")
  if (typeof key !== 'string') refuse("Invalid argument, 'x-routing-key' must be a text")
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) {
    refuse(`Invalid argument, 'x-routing-key' has more than ${KEY_BYTES_MAX} octets`)
  }
  const payload = payloadOf(args)
  if (payload.length > PAYLOAD_BYTES_MAX) {
    refuse(`Invalid argument, 'x-payload' has ${payload.length} octets, more than ${PAYLOAD_BYTES_MAX}`)
  }
  return { ticks: ticksOf(args), missed, key, payload, ...propertiesOf(tableOf(properties, 'x-properties')) }
}

/** The arguments with a payload that JSON can hold: a text if it is one, else base64. @throws Refusal precondition-failed */
export function withReadablePayload(args: Headers): Headers {
  if (args[PAYLOAD] === undefined) return args
  const payload = payloadOf(args)
  const { [ENCODING]: _, ...others } = args
  if (isUtf8(payload)) return { ...others, [PAYLOAD]: Buffer.from(payload).toString() }
  return { ...others, [PAYLOAD]: Buffer.from(payload).toString('base64'), [ENCODING]: 'base64' }
}

function payloadOf({ [PAYLOAD]: payload = '', [ENCODING]: encoding = 'string' }: Headers): Uint8Array {
  if (encoding !== 'string' && encoding !== 'base64') {
    refuse(`Invalid argument, '${ENCODING}' must be 'string' or 'base64'`)
  }
  const bare = isTyped(payload) ? payload.value : payload
  if (bare instanceof Uint8Array) return bare
  if (typeof bare !== 'string') refuse(`Invalid argument, '${PAYLOAD}' must be a text or octets`)
  if (encoding === 'string') return Buffer.from(bare)
  if (!BASE64.test(bare)) refuse(`Invalid argument, '${PAYLOAD}' is no base64`)
  return Buffer.from(bare, 'base64')
}

/** What stays empty is left out. */
function propertiesOf(table: Headers): Pick<Plan, 'properties' | 'headers'> {
  const { headers = noHeaders, priority, expiration, ...texts } = table
  const properties: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(texts)) {
    if (!(TEXTS as readonly string[]).includes(name)) {
      refuse(`Invalid argument, 'x-properties' may not have '${name}'`)
    }
    if (typeof value !== 'string') refuse(`Invalid argument, '${name}' in 'x-properties' must be a text`)
    properties[name] = value
  }
  if (priority !== undefined) {
    if (!isInteger(priority)) refuse("Invalid argument, 'priority' in 'x-properties' must be an integer")
    properties.priority = Number(priority)
  }
  if (expiration !== undefined) {
    if (typeof expiration !== 'string') {
      refuse("Invalid argument, 'expiration' in 'x-properties' must be a text: milliseconds")
    }
    properties.expiration = expiration
  }
  return { properties, headers: tableOf(headers, 'headers') }
}

function tableOf(value: HeaderValue, name: string): Headers {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  return isTable && !isTyped(value) ? (value as Headers) : refuse(`Invalid argument, '${name}' must be a table`)
}

function refuse(text: string): never {
  throw new Refusal('precondition-failed', text)
}
