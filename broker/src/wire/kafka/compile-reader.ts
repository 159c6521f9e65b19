// Makes readers of declared fields, each for one version. What depends on the version alone is decided here, once: which
// fields there are, whether lengths are compact, what may be null. What is left per message is a walk over two arrays.
// Values start as a copy of all defaults: a version's missing fields cost nothing, and all versions have one shape.

import { type Field, type Fields, isPresent } from './field.ts'
import { MalformedMessage } from './malformed-message.ts'
import type { Reader } from './reader.ts'

export type ReadFunction = (reader: Reader) => unknown

type Values = Record<string, unknown>

/** A reader of a structure. */
export function readerOf(fields: Fields, version: number, flexible: boolean): ReadFunction {
  const names: string[] = []
  const reads: ReadFunction[] = []
  const defaults: Values = {}
  for (const [name, field] of Object.entries(fields)) {
    defaults[name] = field.default
    if (field.tag >= 0 || !isPresent(field, version)) continue
    names.push(name)
    reads.push(valueReader(field, version, flexible))
  }
  const readTagged = flexible ? taggedReader(fields, version) : null

  return (reader) => {
    const value = { ...defaults }
    let i = 0
    try {
      for (; i < reads.length; i++) value[names[i]] = reads[i](reader)
    } catch (error) {
      throw error instanceof MalformedMessage ? error.within(names[i]) : error
    }
    if (readTagged !== null) readTagged(reader, value)
    return value
  }
}

function taggedReader(fields: Fields, version: number): (reader: Reader, value: Values) => void {
  const names: string[] = []
  const reads: ReadFunction[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (field.tag < 0 || !isPresent(field, version)) continue
    names[field.tag] = name
    reads[field.tag] = valueReader(field, version, true)
  }

  return (reader, value) => {
    for (let count = reader.uvarint(); count > 0; count--) {
      const tag = reader.uvarint()
      const size = reader.uvarint()
      const end = reader.take(size) + size
      if (names[tag] === undefined) continue
      const outerEnd = reader.end
      reader.pos = end - size
      reader.end = end
      try {
        value[names[tag]] = reads[tag](reader)
        reader.finish()
      } catch (error) {
        throw error instanceof MalformedMessage ? error.within(names[tag]) : error
      }
      reader.end = outerEnd
    }
  }
}

function valueReader(field: Field, version: number, flexible: boolean): ReadFunction {
  const nullable = version >= field.nullable
  switch (field.type) {
    case 'string':
      return stringReader(nullable, flexible)
    case 'bytes':
    case 'records':
      return octetsReader(nullable, flexible)
    case 'array':
      return arrayReader(valueReader(field.item!, version, flexible), nullable, flexible)
    case 'struct': {
      const read = readerOf(field.fields!, version, flexible)
      return nullable ? (reader) => (reader.int8() < 0 ? null : read(reader)) : read
    }
    case 'int64':
      return field.clamped ? (reader) => reader.clampedInt64() : (reader) => reader.int64()
    default: {
      const { type } = field
      return NUMBER_READERS[type]
    }
  }
}

const NUMBER_READERS = {
  boolean: (reader: Reader) => reader.boolean(),
  int8: (reader: Reader) => reader.int8(),
  int16: (reader: Reader) => reader.int16(),
  int32: (reader: Reader) => reader.int32(),
  uuid: (reader: Reader) => reader.uuid(),
}

const noNull = (reader: Reader, pos: number): never => reader.fail('null where none may be', pos)

/** Also where the length has more room: what is kept of it must fit the versions that have not. */
const STRING_BYTES_MAX = 0x7fff

function stringReader(nullable: boolean, flexible: boolean): ReadFunction {
  return (reader) => {
    const { pos } = reader
    const length = flexible ? reader.compactLength() : reader.length16()
    if (length > STRING_BYTES_MAX) reader.fail(`a string of ${length} bytes where 32767 is the most`, pos)
    if (length >= 0) return reader.text(length)
    return nullable ? null : noNull(reader, pos)
  }
}

function octetsReader(nullable: boolean, flexible: boolean): ReadFunction {
  return (reader) => {
    const { pos } = reader
    const length = flexible ? reader.compactLength() : reader.length32()
    if (length >= 0) return reader.octets(length)
    return nullable ? null : noNull(reader, pos)
  }
}

function arrayReader(read: ReadFunction, nullable: boolean, flexible: boolean): ReadFunction {
  return (reader) => {
    const { pos } = reader
    const count = flexible ? reader.compactLength() : reader.length32()
    if (count < 0) return nullable ? null : noNull(reader, pos)
    const items: unknown[] = []
    for (let i = 0; i < count; i++) items.push(read(reader))
    return items
  }
}
