/**
 * Bodies as JSON carries them, and back. `json`: the value itself; `string`: its text in UTF-8; `base64`: any octets.
 * What is JSON by its content type is given as a value only if JavaScript reads all its numbers exactly, and writes it again.
 */
import { isUtf8 } from 'node:buffer'
import { badRequest } from '../answers.ts'
import { isNestedDeeper } from '../json-depth.ts'

export type Encoding = 'json' | 'string' | 'base64'

export interface Payload {
  readonly payload: unknown
  readonly payload_encoding: Encoding
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const LONG_NUMBER = /\d{16}/
const INTEGER = /^-?\d+$/
/** Far from where the stack ends. */
const DEPTH_MAX = 1000

/** The octets that are meant. Without an encoding a text is taken as it is, all else as JSON. @throws HttpError 400 */
export function bytesOf(payload: unknown, encoding: Encoding | undefined): { body: Uint8Array; isJson: boolean } {
  const known = encoding ?? (typeof payload === 'string' ? 'string' : 'json')
  if (known === 'json') return { body: Buffer.from(JSON.stringify(payload ?? null)), isJson: true }
  if (typeof payload !== 'string') throw badRequest(`payload: must be a string where payload_encoding is '${known}'`)
  if (known === 'string') return { body: Buffer.from(payload), isJson: false }
  const body = Buffer.from(payload, 'base64')
  if (body.toString('base64').replace(/=+$/, '') !== payload.replace(/=+$/, '')) {
    throw badRequest('payload: is not base64')
  }
  return { body, isJson: false }
}

/** @param isJson whether it says that it is */
export function payloadOf(body: Uint8Array, isJson: boolean): Payload {
  if (!isUtf8(body)) return { payload: base64(body), payload_encoding: 'base64' }
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString()
  const value = isJson ? exactJson(text) : undefined
  if (value !== undefined) return { payload: value, payload_encoding: 'json' }
  return { payload: text, payload_encoding: 'string' }
}

export function isJsonType(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType)
}

/** Undefined for what is no JSON, has an integer that no number holds, or is nested too deep. */
function exactJson(text: string): unknown {
  let exact = true
  const check = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value === 'number' && INTEGER.test(context?.source ?? '') && !Number.isSafeInteger(value)) exact = false
    return value
  }
  try {
    const value = LONG_NUMBER.test(text) ? JSON.parse(text, check) : JSON.parse(text)
    return exact && !isNestedDeeper(text, DEPTH_MAX) ? value : undefined
  } catch {
    return undefined
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
