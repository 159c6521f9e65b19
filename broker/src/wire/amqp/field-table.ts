// Field tables (AMQP 0-9-1 §4.2.5.5) with RabbitMQ's value types: queue and exchange arguments, message headers.
//
//   table = size u32, then entries: key shortstr, value        array = size u32, then values
//   value = tag u8, then
//     t bool u8      b i8   B u8   s i16  u u16   I i32  i u32   l L i64   f f32   d f64
//     D scale u8, digits u32       S x size u32, octets          T seconds u64     A array  F table   V nothing
//
// Values have two JavaScript forms. *Typed* keeps the tag of each value and the order of keys, so that encoding gives
// the same octets again. *Plain* is what people write and compare: integers of any width become one kind of number;
// what has no plain form (a timestamp, raw octets, a float) stays Typed inside it.

import { Reader } from './reader.ts'
import { FrameSyntaxError } from './syntax-error.ts'
import { Writer } from './writer.ts'

/** A decimal: digits / 10^scale, unsigned as RabbitMQ reads it. */
export interface Decimal {
  readonly scale: number
  readonly digits: number
}

interface TagValues {
  t: boolean
  b: number
  B: number
  s: number
  u: number
  I: number
  i: number
  l: number | bigint
  L: number | bigint
  f: number
  d: number
  D: Decimal
  /** Uint8Array where the octets are not UTF-8. */
  S: string | Uint8Array
  x: Uint8Array
  /** Seconds since 1970. */
  T: number | bigint
  A: readonly FieldValue[]
  F: FieldTable | TypedTable
  V: null
}

export type FieldTag = keyof TagValues

/** A value together with its tag on the wire. A class, so that no user's table can be mistaken for one. */
class TypedValue<T extends FieldTag = FieldTag> {
  readonly type: T
  readonly value: TagValues[T]

  constructor(type: T, value: TagValues[T]) {
    this.type = type
    this.value = value
  }
}

/** One of the value types, told apart by `type`. */
export type Typed = { [T in FieldTag]: TypedValue<T> }[FieldTag]

/** Entries in wire order; keys may repeat. `new Map(table)` where look-ups are wanted. */
export type TypedTable = readonly (readonly [key: string, value: Typed])[]

export type FieldValue = boolean | number | bigint | string | null | readonly FieldValue[] | FieldTable | Typed

/** Plain form. Decoded ones have no prototype, so that every key is harmless. */
export interface FieldTable {
  readonly [key: string]: FieldValue
}

/** Makes a value of a type that JavaScript has not: `typed('T', 1700000000)`. */
export function typed<T extends FieldTag>(type: T, value: TagValues[T]): TypedValue<T> {
  return new TypedValue(type, value)
}

/** Tables nested deeper are refused: nobody writes them, and a decoder must not exhaust its stack. */
export const TABLE_DEPTH_MAX = 64

/** Decodes the table at `pos`, which must end within `end`. @throws FrameSyntaxError */
export function decodeTable(buf: Uint8Array, pos: number, end: number): FieldTable {
  return plainTable(decodeTableTyped(buf, pos, end))
}

/** As `decodeTable`, keeping every tag and the order of keys. @throws FrameSyntaxError */
export function decodeTableTyped(buf: Uint8Array, pos: number, end: number): TypedTable {
  return readTable(new Reader(buf, pos, end), 0)
}

/** Decodes one value, tag included, that must end within `end`. @throws FrameSyntaxError */
export function decodeValue(buf: Uint8Array, pos: number, end: number): Typed {
  return readValue(new Reader(buf, pos, end), 0) as Typed
}

/** A table with its size, as it stands on the wire. @throws RangeError for values no tag can hold. */
export function encodeTable(table: FieldTable | TypedTable): Uint8Array {
  const writer = new Writer()
  writeTable(writer, table)
  return writer.finish()
}

/** Drops what plain values cannot say (integer widths, repeated keys: the last one counts). */
export function plainTable(table: TypedTable): FieldTable {
  const plain: Record<string, FieldValue> = Object.create(null)
  for (const [key, value] of table) plain[key] = plainValue(value)
  return plain
}

export function readTable(reader: Reader, depth: number): TypedTable {
  const inner = enter(reader, depth)
  const entries: [string, Typed][] = []
  while (inner.pos < inner.end) entries.push([inner.shortstr(), readValue(inner, depth)])
  reader.pos = inner.end
  return entries
}

function readArray(reader: Reader, depth: number): Typed[] {
  const inner = enter(reader, depth)
  const values: Typed[] = []
  while (inner.pos < inner.end) values.push(readValue(inner, depth))
  reader.pos = inner.end
  return values
}

/** A reader confined to the octets that the size at hand announces. */
function enter(reader: Reader, depth: number): Reader {
  if (depth > TABLE_DEPTH_MAX) reader.fail('table nested too deeply')
  const size = reader.uint32()
  const start = reader.take(size)
  return new Reader(reader.buf, start, start + size)
}

function readValue(reader: Reader, depth: number): Typed {
  const at = reader.pos
  const read = READ[String.fromCharCode(reader.uint8()) as FieldTag]
  if (read === undefined) throw new FrameSyntaxError(at, `unknown field type ${reader.buf[at]}`)
  return read(reader, depth + 1)
}

const READ: { readonly [T in FieldTag]: (reader: Reader, depth: number) => TypedValue<T> } = {
  t: (r) => typed('t', r.uint8() !== 0),
  b: (r) => typed('b', r.int8()),
  B: (r) => typed('B', r.uint8()),
  s: (r) => typed('s', r.int16()),
  u: (r) => typed('u', r.uint16()),
  I: (r) => typed('I', r.int32()),
  i: (r) => typed('i', r.uint32()),
  l: (r) => typed('l', r.exactInt64()),
  L: (r) => typed('L', r.exactInt64()),
  f: (r) => typed('f', r.float32()),
  d: (r) => typed('d', r.float64()),
  D: (r) => typed('D', { scale: r.uint8(), digits: r.uint32() }),
  S: (r) => typed('S', readText(r)),
  x: (r) => typed('x', r.longstr()),
  T: (r) => typed('T', r.exactUint64()),
  A: (r, depth) => typed('A', readArray(r, depth)),
  F: (r, depth) => typed('F', readTable(r, depth)),
  V: () => typed('V', null),
}

function readText(reader: Reader): string | Uint8Array {
  const size = reader.uint32()
  return reader.utf8(size) ?? reader.octets(size)
}

function plainValue(value: Typed): FieldValue {
  switch (value.type) {
    case 'd':
      return looksLikeInteger(value.value) ? value : value.value
    case 'S':
      return typeof value.value === 'string' ? value.value : value
    case 'A':
      return value.value.map((item) => (item instanceof TypedValue ? plainValue(item as Typed) : item))
    case 'F':
      return isTypedTable(value.value) ? plainTable(value.value) : value.value
    case 'f':
    case 'D':
    case 'x':
    case 'T':
      return value
    default:
      return value.value
  }
}

export function writeTable(writer: Writer, table: FieldTable | TypedTable): void {
  const size = writer.beginSize()
  for (const [key, value] of isTypedTable(table) ? table : Object.entries(table)) {
    writer.shortstr(key)
    writeValue(writer, value)
  }
  writer.endSize(size)
}

/** Chooses the tag for a plain value. */
function tagged(value: Exclude<FieldValue, Typed>): Typed {
  if (value === null) return typed('V', null)
  if (Array.isArray(value)) return typed('A', value)
  switch (typeof value) {
    case 'boolean':
      return typed('t', value)
    case 'string':
      return typed('S', value)
    case 'bigint':
      return typed('l', value)
    case 'number':
      if (!looksLikeInteger(value)) return typed('d', value)
      return value === (value | 0) ? typed('I', value) : typed('l', value)
    default:
      return typed('F', value as FieldTable)
  }
}

function writeValue(writer: Writer, value: FieldValue): void {
  const field = value instanceof TypedValue ? (value as Typed) : tagged(value)
  writer.uint8(field.type.charCodeAt(0))
  const write: (writer: Writer, value: never) => void = WRITE[field.type]
  write(writer, field.value as never)
}

const WRITE: { readonly [T in FieldTag]: (writer: Writer, value: TagValues[T]) => void } = {
  t: (w, value) => w.uint8(value ? 1 : 0),
  b: (w, value) => w.int8(value),
  B: (w, value) => w.uint8(value),
  s: (w, value) => w.int16(value),
  u: (w, value) => w.uint16(value),
  I: (w, value) => w.int32(value),
  i: (w, value) => w.uint32(value),
  l: (w, value) => w.int64(value),
  L: (w, value) => w.int64(value),
  f: (w, value) => w.float32(value),
  d: (w, value) => w.float64(value),
  D: (w, value) => {
    w.uint8(value.scale)
    w.uint32(value.digits)
  },
  S: (w, value) => w.longstr(value),
  x: (w, value) => w.longstr(value),
  T: (w, value) => w.uint64(value),
  A: (w, value) => writeArray(w, value),
  F: (w, value) => writeTable(w, value),
  V: () => {},
}

function writeArray(writer: Writer, values: readonly FieldValue[]): void {
  const size = writer.beginSize()
  for (const value of values) writeValue(writer, value)
  writer.endSize(size)
}

function isTypedTable(table: FieldTable | TypedTable): table is TypedTable {
  return Array.isArray(table)
}

/** Integers that a number holds exactly; beyond that, and for -0, only a double says the same. */
function looksLikeInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}
