/**
 * One message or record as it is printed: for people with what is known of it, its payload below; or raw, which is the
 * payload alone, byte for byte, and a line end; or as the broker's JSON, one a line.
 */
import type { Output } from '../output.ts'
import { shownBytes, shownNumber } from '../quantities.ts'

export type Encoding = 'json' | 'string' | 'base64'

export interface Shown {
  /** What it is and where it stands, in a few words. */
  readonly head: readonly string[]
  readonly fields: Readonly<Record<string, unknown>>
  /** Null is that of a record that deletes its key. */
  readonly payload: unknown
  readonly encoding: Encoding
  readonly payloadBytes: number
  readonly truncated?: boolean
}

const LINE_END = Buffer.from('\n')
const INDENT = '  '

/** @param value what `--json` prints */
export function messageText(out: Output, isRaw: boolean, value: unknown, shown: Shown): Buffer {
  if (out.json) return Buffer.from(`${JSON.stringify(value)}\n`)
  if (isRaw) return Buffer.concat([octetsOf(shown), LINE_END])
  const { head, fields, payloadBytes, truncated } = shown
  const lines = [out.styled('bold', [...head, shownBytes(payloadBytes)].join(' · '))]
  for (const [name, field] of Object.entries(fields)) {
    const text = typeof field === 'string' ? field : JSON.stringify(field)
    lines.push(`${INDENT}${out.styled('dim', `${name}:`)} ${text}`)
  }
  for (const line of payloadLines(shown)) lines.push(`${INDENT}${line}`)
  if (truncated) lines.push(`${INDENT}${out.styled('dim', '… cut off here')}`)
  return Buffer.from(`${lines.join('\n')}\n`)
}

export function octetsOf({ payload, encoding }: Pick<Shown, 'payload' | 'encoding'>): Buffer {
  if (payload === null && encoding !== 'json') return Buffer.alloc(0)
  if (encoding === 'base64') return Buffer.from(payload as string, 'base64')
  return Buffer.from(encoding === 'string' ? (payload as string) : JSON.stringify(payload))
}

/** JSON with line breaks, text as it is, octets in base64. */
export function payloadLines({ payload, encoding }: Pick<Shown, 'payload' | 'encoding'>): string[] {
  if (encoding === 'base64') return [`base64 ${payload}`]
  if (encoding === 'json') return JSON.stringify(payload, null, 2).split('\n')
  if (payload === null) return ['(deletes its key)']
  return withoutControls(indentedJson(payload as string)).split('\n')
}

const TEXTS_AND_SPACE = /("(?:[^"\\]|\\.)*")|\s+/g

/** Only what says the same when it is written again: a number that JavaScript does not hold stays as it was. */
function indentedJson(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text.replace(TEXTS_AND_SPACE, '$1') ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}

/** What somebody published does not steer the terminal. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}

/** `1 message`, `1,200 messages` */
export function shownMessages(count: number): string {
  return `${shownNumber(count)} ${count === 1 ? 'message' : 'messages'}`
}

/** Properties as fields of their own, then the headers. */
export function fieldsOf({ headers, ...properties }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...properties, ...(headers !== undefined && Object.keys(headers as object).length > 0 && { headers }) }
}
