/** Values of declared messages: completed with what was left out, read from JSON, made up. */
import fc from 'fast-check'
import { type Field, type Fields, isPresent } from '../../../src/wire/kafka/field.ts'

type Values = { readonly [name: string]: unknown }

/** What decoding gives for what was encoded: all fields, those that are missing or not of the version as defaults. */
export function completed(fields: Fields, version: number, values: Values): Values {
  return mapFields(fields, version, values, (field, value) => {
    if (field.type !== 'records' || !Array.isArray(value)) return value
    return new Uint8Array(Buffer.concat(value as Uint8Array[]))
  })
}

/** As `completed`, of a value in which octets are written in base64. */
export function fromJson(fields: Fields, version: number, values: Values): Values {
  return mapFields(fields, version, values, (field, value) => {
    if (field.type !== 'bytes' && field.type !== 'records') return value
    return new Uint8Array(Buffer.from(value as string, 'base64'))
  })
}

function mapFields(
  fields: Fields,
  version: number,
  values: Values,
  map: (field: Field, value: unknown) => unknown,
): Values {
  const mapOne = (field: Field, value: unknown): unknown => {
    if (value === null) return null
    if (field.type === 'array') return (value as unknown[]).map((item) => mapOne(field.item!, item))
    return field.type === 'struct' ? mapFields(field.fields!, version, value as Values, map) : map(field, value)
  }
  const result: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const given = isPresent(field, version) && values[name] !== undefined
    result[name] = given ? mapOne(field, values[name]) : field.default
  }
  return result
}

const octets = fc.uint8Array({ maxLength: 40 })

const ofType = {
  boolean: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id).toString('base64url')),
  string: fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 60 })),
  bytes: octets,
  records: fc.oneof(octets, fc.array(octets, { maxLength: 3 })),
}

/** Fields of the version, some of them left out. */
export function anyValues(fields: Fields, version: number): fc.Arbitrary<Values> {
  const present = Object.entries(fields).filter(([, field]) => isPresent(field, version))
  const record = Object.fromEntries(present.map(([name, field]) => [name, anyValue(field, version)]))
  return fc.record(record, { requiredKeys: [], noNullPrototype: true })
}

function anyValue(field: Field, version: number): fc.Arbitrary<unknown> {
  const value = nonNull(field, version)
  return version >= field.nullable ? fc.option(value, { freq: 4 }) : value
}

function nonNull(field: Field, version: number): fc.Arbitrary<unknown> {
  if (field.type === 'array') return fc.array(nonNull(field.item!, version), { maxLength: 3 })
  if (field.type === 'struct') return anyValues(field.fields!, version)
  return ofType[field.type]
}
