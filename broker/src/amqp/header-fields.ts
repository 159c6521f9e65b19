/** Headers as AMQP's fields, for those that come without tags: what a value is decides its tag. */
import { type Headers, type HeaderValue, isTyped, type TypedValue } from '../broker/routing/headers.ts'
import { type FieldTag, type Typed, type TypedTable, typed } from '../wire/amqp/field-table.ts'

/** What an object is if it is no table. */
type FieldOf = (object: object) => Typed | null

/** A typed value is of its type. */
export function tableOf(headers: Headers): TypedTable {
  return tableWith(headers, fieldOfTyped)
}

/** Every object is a table, also one that looks like a typed value: JSON has none. */
export function tableOfJson(headers: Headers): TypedTable {
  return tableWith(headers, () => null)
}

function tableWith(headers: Headers, fieldOf: FieldOf): TypedTable {
  return Object.entries(headers).map(([name, value]) => [name, tagged(value, fieldOf)] as const)
}

function tagged(value: HeaderValue, fieldOf: FieldOf): Typed {
  if (value === null) return typed('V', null)
  switch (typeof value) {
    case 'boolean':
      return typed('t', value)
    case 'string':
      return typed('S', value)
    case 'bigint':
      return typed('l', value)
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? typed('l', value) : typed('d', value)
    default:
      if (value instanceof Uint8Array) return typed('x', value)
      if (Array.isArray(value))
        return typed(
          'A',
          value.map((one) => tagged(one, fieldOf)),
        )
      return fieldOf(value) ?? typed('F', tableWith(value as Headers, fieldOf))
  }
}

function fieldOfTyped(object: object): Typed | null {
  const value = object as HeaderValue
  return isTyped(value) && holds(value) ? (typed(value.type as Scalar, value.value as never) as Typed) : null
}

type Scalar = Exclude<FieldTag, 'A' | 'F' | 'V' | 't'>

/** What a typed value must hold to be one; anything else is a user's table that happens to look like it. */
const HOLDS: { readonly [T in Scalar]: (value: unknown) => boolean } = {
  b: (value) => isWithin(value, -(2 ** 7), 2 ** 7 - 1),
  B: (value) => isWithin(value, 0, 2 ** 8 - 1),
  s: (value) => isWithin(value, -(2 ** 15), 2 ** 15 - 1),
  u: (value) => isWithin(value, 0, 2 ** 16 - 1),
  I: (value) => isWithin(value, -(2 ** 31), 2 ** 31 - 1),
  i: (value) => isWithin(value, 0, 2 ** 32 - 1),
  l: (value) => isWithin(value, -(2n ** 63n), 2n ** 63n - 1n),
  L: (value) => isWithin(value, -(2n ** 63n), 2n ** 63n - 1n),
  T: (value) => isWithin(value, 0, 2n ** 64n - 1n),
  f: (value) => typeof value === 'number',
  d: (value) => typeof value === 'number',
  D: isDecimal,
  S: (value) => typeof value === 'string' || value instanceof Uint8Array,
  x: (value) => value instanceof Uint8Array,
}

function holds({ type, value }: TypedValue): boolean {
  return Object.hasOwn(HOLDS, type) && HOLDS[type as Scalar](value)
}

function isDecimal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('scale' in value) || !('digits' in value)) return false
  return isWithin(value.scale, 0, 2 ** 8 - 1) && isWithin(value.digits, 0, 2 ** 32 - 1)
}

function isWithin(value: unknown, min: number | bigint, max: number | bigint): boolean {
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value)
  return whole && (value as number | bigint) >= min && (value as number | bigint) <= max
}
