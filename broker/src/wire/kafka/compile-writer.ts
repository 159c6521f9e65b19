// Makes writers of declared fields, each for one version: the counterpart of compile-reader.ts.

import { type Field, type Fields, isPresent } from './field.ts'
import type { Writer } from './writer.ts'

export type WriteFunction = (writer: Writer, value: unknown) => void

type Values = Record<string, unknown>

/** A writer of a structure. */
export function writerOf(fields: Fields, version: number, flexible: boolean): WriteFunction {
  const names: string[] = []
  const writes: WriteFunction[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (field.tag >= 0 || !isPresent(field, version)) continue
    names.push(name)
    writes.push(valueWriter(field, version, flexible))
  }
  const writeTagged = flexible ? taggedWriter(fields, version) : null

  return (writer, value) => {
    const values = value as Values
    for (let i = 0; i < names.length; i++) writes[i](writer, values[names[i]])
    if (writeTagged !== null) writeTagged(writer, values)
  }
}

function taggedWriter(fields: Fields, version: number): (writer: Writer, values: Values) => void {
  const tagged = Object.entries(fields)
    .filter(([, field]) => field.tag >= 0 && isPresent(field, version))
    .map(([name, field]) => ({ name, field, write: valueWriter(field, version, true) }))
    .sort((a, b) => a.field.tag - b.field.tag)
  if (tagged.length === 0) return (writer) => writer.int8(0)

  return (writer, values) => {
    let count = 0
    for (const { name, field } of tagged) if (!isDefault(field, values[name])) count++
    writer.uvarint(count)
    if (count === 0) return
    for (const { name, field, write } of tagged) {
      if (isDefault(field, values[name])) continue
      writer.uvarint(field.tag)
      const start = writer.length
      write(writer, values[name])
      writer.insertSize(start)
    }
  }
}

function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined || value === field.default) return true
  if (value === null || field.default === null) return false
  if (field.type === 'array') return (value as unknown[]).length === 0
  if (field.type === 'bytes') return (value as Uint8Array).length === 0
  if (field.type !== 'struct') return false
  const values = value as Values
  return Object.entries(field.fields!).every(([name, inner]) => isDefault(inner, values[name]))
}

function valueWriter(field: Field, version: number, flexible: boolean): WriteFunction {
  const write = typeWriter(field, version, flexible)
  const writeNull = nullWriter(field, version, flexible, write)
  const empty = field.default
  return (writer, value) => {
    if (value === undefined) value = empty
    if (value === null) writeNull(writer)
    else write(writer, value)
  }
}

function typeWriter(field: Field, version: number, flexible: boolean): WriteFunction {
  switch (field.type) {
    case 'string':
      return flexible
        ? (writer, value) => writer.compactString(value as string)
        : (writer, value) => writer.string16(value as string)
    case 'bytes':
    case 'records':
      return octetsWriter(flexible)
    case 'array':
      return arrayWriter(typeWriter(field.item!, version, flexible), flexible)
    case 'struct': {
      const write = writerOf(field.fields!, version, flexible)
      if (version < field.nullable) return write
      return (writer, value) => {
        writer.int8(1)
        write(writer, value)
      }
    }
    default: {
      const { type } = field
      return SIMPLE_WRITERS[type]
    }
  }
}

const SIMPLE_WRITERS = {
  boolean: (writer: Writer, value: unknown) => writer.int8(value === true ? 1 : 0),
  int8: (writer: Writer, value: unknown) => writer.int8(value as number),
  int16: (writer: Writer, value: unknown) => writer.int16(value as number),
  int32: (writer: Writer, value: unknown) => writer.int32(value as number),
  int64: (writer: Writer, value: unknown) => writer.int64(value as number),
  uuid: (writer: Writer, value: unknown) => writer.uuid(value as string),
}

function octetsWriter(flexible: boolean): WriteFunction {
  return (writer, value) => {
    const parts = Array.isArray(value) ? (value as Uint8Array[]) : null
    let size = parts === null ? (value as Uint8Array).length : 0
    if (parts !== null) for (let i = 0; i < parts.length; i++) size += parts[i].length
    writeLength32(writer, size, flexible)
    if (parts === null) writer.octets(value as Uint8Array)
    else for (let i = 0; i < parts.length; i++) writer.octets(parts[i])
  }
}

function arrayWriter(write: WriteFunction, flexible: boolean): WriteFunction {
  return (writer, value) => {
    const items = value as unknown[]
    writeLength32(writer, items.length, flexible)
    for (let i = 0; i < items.length; i++) write(writer, items[i])
  }
}

function writeLength32(writer: Writer, length: number, flexible: boolean): void {
  if (flexible) writer.uvarint(length + 1)
  else writer.int32(length)
}

const EMPTY: { readonly [type: string]: unknown } = { string: '', array: [], struct: {} }
const NO_OCTETS = new Uint8Array(0)

/** Null where the version knows no null is written as the empty value. */
function nullWriter(field: Field, version: number, flexible: boolean, write: WriteFunction): (writer: Writer) => void {
  const { type } = field
  if (version < field.nullable) return (writer) => write(writer, EMPTY[type] ?? NO_OCTETS)
  if (type === 'struct') return (writer) => writer.int8(-1)
  if (flexible) return (writer) => writer.int8(0)
  return type === 'string' ? (writer) => writer.int16(-1) : (writer) => writer.int32(-1)
}
