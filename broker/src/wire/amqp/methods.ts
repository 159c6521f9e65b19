// Method frames (AMQP 0-9-1 §4.2.4), read and written by the table of methods. For the methods that come per message
// the broker has hand-written paths; these here serve everything else and are the word by which those are checked.
//
//   frame = type u8 = 1, channel u16, size u32, payload, 0xCE        payload = class u16, method u16, arguments

import { FRAME_END, FrameType } from './constants.ts'
import { type FieldTable, plainTable, readTable, type TypedTable, writeTable } from './field-table.ts'
import { type FieldType, METHODS } from './method-table.ts'
import { Reader } from './reader.ts'
import { UnknownMethodError } from './syntax-error.ts'
import { Writer } from './writer.ts'

export type MethodName = keyof typeof METHODS

interface Decoded {
  bit: boolean
  octet: number
  short: number
  long: number
  /** Rounded beyond 2^53. */
  longlong: number
  shortstr: string
  longstr: Uint8Array
  table: FieldTable
  timestamp: number | bigint
}

interface Encodable extends Omit<Decoded, 'longstr' | 'table'> {
  longstr: Uint8Array | string
  table: FieldTable | TypedTable
}

type Fields<N extends MethodName> = (typeof METHODS)[N]['fields']
type Known<F> = Exclude<keyof F, `reserved${string}`>
type Defaulted<F> = { [K in Known<F>]: F[K] extends 'bit' | 'table' ? K : never }[Known<F>]
type Values<F, K extends keyof F, V> = { [P in K]: F[P] extends keyof V ? V[F[P]] : never }

/** What decoding a method gives. */
export type MethodArgs<N extends MethodName> = Values<Fields<N>, Known<Fields<N>>, Decoded>

/** What encoding a method takes: bits may be left out (false), tables too (empty). */
export type MethodInput<N extends MethodName> = Values<
  Fields<N>,
  Exclude<Known<Fields<N>>, Defaulted<Fields<N>>>,
  Encodable
> &
  Partial<Values<Fields<N>, Defaulted<Fields<N>>, Encodable>>

/** A decoded method; `name` tells which `args` it has. */
export type Method = {
  [N in MethodName]: {
    readonly classId: number
    readonly methodId: number
    readonly name: N
    readonly args: MethodArgs<N>
  }
}[MethodName]

interface Shape {
  readonly name: MethodName
  readonly id: readonly [number, number]
  readonly fields: readonly (readonly [name: string, type: FieldType])[]
}

const byName = new Map<MethodName, Shape>()
const byId = new Map<number, Shape>()
for (const [name, { id, fields }] of Object.entries(METHODS)) {
  const shape = { name: name as MethodName, id, fields: Object.entries(fields) }
  byName.set(shape.name, shape)
  byId.set(id[0] * 0x1_0000 + id[1], shape)
}

/** Whether a header frame and body frames follow the method. */
export function hasContent(name: MethodName): boolean {
  return 'content' in METHODS[name]
}

/**
 * Decodes a method frame's payload, which lies in `buf` from `pos` to `end`. Nothing in the result refers to `buf`.
 * @throws UnknownMethodError, FrameSyntaxError
 */
export function decodeMethod(buf: Uint8Array, pos: number, end: number): Method {
  const reader = new Reader(buf, pos, end)
  const classId = reader.uint16()
  const methodId = reader.uint16()
  const shape = byId.get(classId * 0x1_0000 + methodId)
  if (shape === undefined) throw new UnknownMethodError(pos, classId, methodId)
  const args = readFields(reader, shape.fields)
  reader.finish()
  return { classId, methodId, name: shape.name, args } as unknown as Method
}

/** A whole method frame. @throws RangeError when a value does not fit its field. */
export function encodeMethod<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): Uint8Array {
  const shape = byName.get(name)!
  const writer = new Writer()
  writer.uint8(FrameType.METHOD)
  writer.uint16(channel)
  const size = writer.beginSize()
  writer.uint16(shape.id[0])
  writer.uint16(shape.id[1])
  writeFields(writer, shape.fields, args as { readonly [field: string]: unknown })
  writer.endSize(size)
  writer.uint8(FRAME_END)
  return writer.finish()
}

function readFields(reader: Reader, fields: Shape['fields']): object {
  const args: { [field: string]: unknown } = {}
  let bits = 0
  let mask = 0
  for (const [name, type] of fields) {
    let value: unknown
    if (type === 'bit') {
      if (mask === 0 || mask === 0x100) {
        bits = reader.uint8()
        mask = 1
      }
      value = (bits & mask) !== 0
      mask <<= 1
    } else {
      mask = 0
      value = READ[type](reader)
    }
    if (!name.startsWith('reserved')) args[name] = value
  }
  return args
}

type Whole = Exclude<FieldType, 'bit'>

const READ: { readonly [T in Whole]: (reader: Reader) => Decoded[T] } = {
  octet: (r) => r.uint8(),
  short: (r) => r.uint16(),
  long: (r) => r.uint32(),
  longlong: (r) => r.uint64(),
  shortstr: (r) => r.shortstr(),
  longstr: (r) => r.longstr(),
  table: (r) => plainTable(readTable(r, 0)),
  timestamp: (r) => r.exactUint64(),
}

function writeFields(writer: Writer, fields: Shape['fields'], args: { readonly [field: string]: unknown }): void {
  let bits = 0
  let count = 0
  for (const [name, type] of fields) {
    if (type === 'bit') {
      if (args[name] === true) bits |= 1 << count
      count++
      continue
    }
    if (count > 0) writer.uint8(bits)
    bits = count = 0
    const write: (writer: Writer, value: never) => void = WRITE[type]
    write(writer, args[name] as never)
  }
  if (count > 0) writer.uint8(bits)
}

const WRITE: { readonly [T in Whole]: (writer: Writer, value: Encodable[T] | undefined) => void } = {
  octet: (w, value = 0) => w.uint8(value),
  short: (w, value = 0) => w.uint16(value),
  long: (w, value = 0) => w.uint32(value),
  longlong: (w, value = 0) => w.uint64(value),
  shortstr: (w, value = '') => w.shortstr(value),
  longstr: (w, value = '') => w.longstr(value),
  table: (w, value = {}) => writeTable(w, value),
  timestamp: (w, value = 0) => w.uint64(value),
}
