// The values of field tables as people read them, for programs that know no field tables: numbers and truth values as
// text, tables and arrays as JSON (octets that are not UTF-8 in base64). The types are not kept: who wants them back
// keeps the table too.

import { type Decimal, decodeValue, type Typed, type TypedTable } from './field-table.ts'
import { FrameSyntaxError } from './syntax-error.ts'

/** Digits after which two floats of 32 bits are told apart. */
const FLOAT_DIGITS_MAX = 9

/** The value at `pos`, tag included; null for a table or array that cannot be read. */
export function fieldText(buf: Uint8Array, pos: number, end: number): string | null {
  try {
    return textOf(decodeValue(buf, pos, end))
  } catch (error) {
    if (error instanceof FrameSyntaxError) return null
    throw error
  }
}

function textOf(field: Typed): string {
  switch (field.type) {
    case 'A':
    case 'F':
      return jsonOf(field)
    case 'D':
      return decimalText(field.value)
    case 'f':
      return floatText(field.value)
    case 'd':
      return Object.is(field.value, -0) ? '-0' : String(field.value)
    default:
      return String(field.value)
  }
}

function jsonOf(field: Typed): string {
  switch (field.type) {
    case 'A':
      return `[${field.value.map((item) => jsonOf(item as Typed)).join(',')}]`
    case 'F':
      return `{${(field.value as TypedTable).map(([key, value]) => `${JSON.stringify(key)}:${jsonOf(value)}`).join(',')}}`
    case 'S':
    case 'x':
      return JSON.stringify(
        typeof field.value === 'string' ? field.value : Buffer.from(field.value as Uint8Array).toString('base64'),
      )
    case 'f':
    case 'd':
      return Number.isFinite(field.value) ? textOf(field) : JSON.stringify(String(field.value))
    default:
      return textOf(field)
  }
}

/** Exact: 314 with a scale of 2 is 3.14. */
function decimalText({ scale, digits }: Decimal): string {
  if (scale === 0) return String(digits)
  const text = String(digits).padStart(scale + 1, '0')
  return `${text.slice(0, -scale)}.${text.slice(-scale)}`
}

/** The shortest text that means this float: 0.1, not 0.10000000149011612. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0'
  for (let digits = 1; digits < FLOAT_DIGITS_MAX; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(FLOAT_DIGITS_MAX)) : value)
}
