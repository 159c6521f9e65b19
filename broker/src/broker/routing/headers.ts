// The values of an AMQP table as routing sees them: when two are equal, and a text that stands for a whole table.
//
// Numbers are compared by value, whatever width they travelled in: a client that sends 5 as a byte and one that binds
// to 5 as a 64-bit integer mean the same.

export type HeaderValue =
  | boolean
  | number
  | bigint
  | string
  | null
  | Uint8Array
  | TypedValue
  | readonly HeaderValue[]
  | Headers

/** A value that keeps its tag on the wire, one character, because JavaScript has no type for it. */
export interface TypedValue {
  readonly type: string
  readonly value: unknown
}

export interface Headers {
  readonly [key: string]: HeaderValue
}

export const noHeaders: Headers = Object.freeze(Object.create(null))

export function sameValue(a: HeaderValue, b: HeaderValue): boolean {
  if (a === b) return true
  a = bare(a)
  b = bare(b)
  if (a === b) return true
  // biome-ignore lint/suspicious/noDoubleEquals: a number may equal a bigint
  if (isNumeric(a)) return isNumeric(b) && a == b
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return describeValue(a) === describeValue(b)
}

/** A text equal for equal tables and different for different ones, whatever the order of the keys; '' if empty. */
export function describeHeaders(headers: Headers): string {
  const keys = Object.keys(headers).sort()
  let text = ''
  for (const key of keys) text += `${JSON.stringify(key)}:${describeValue(headers[key])},`
  return text
}

/** As `describeHeaders`, for one value. */
export function describeValue(value: HeaderValue): string {
  value = bare(value)
  if (isNumeric(value)) return `${value}`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (value instanceof Uint8Array) return `<${Buffer.from(value).toString('hex')}>`
  if (Array.isArray(value)) return `[${value.map(describeValue).join()}]`
  return `{${describeHeaders(value as Headers)}}`
}

/** The scalar inside a typed value; a timestamp so equals the number of its seconds. */
function bare(value: HeaderValue): HeaderValue {
  if (!isTyped(value)) return value
  const inner = value.value as HeaderValue
  const scalar = typeof inner !== 'object' || inner === null || inner instanceof Uint8Array
  return scalar ? inner : value
}

/** Told by its form, so that one which went through JSON is still recognised. */
export function isTyped(value: HeaderValue): value is TypedValue {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('value' in value)) return false
  return typeof value.type === 'string' && value.type.length === 1 && Object.keys(value).length === 2
}

function isNumeric(value: HeaderValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}
