import fc from 'fast-check'
import {
  type FieldTable,
  type FieldValue,
  type Typed,
  type TypedTable,
  typed,
} from '../../src/wire/amqp/field-table.ts'

/** Text of at most 255 octets in UTF-8. */
export const shortText = fc.string({ unit: 'binary', maxLength: 60 })

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow)
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(narrow)

function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

const octets = fc.uint8Array({ maxLength: 40 })

const scalar: fc.Arbitrary<Typed> = fc.oneof(
  fc.boolean().map((value) => typed('t', value)),
  fc.integer({ min: -128, max: 127 }).map((value) => typed('b', value)),
  fc.integer({ min: 0, max: 255 }).map((value) => typed('B', value)),
  fc.integer({ min: -32768, max: 32767 }).map((value) => typed('s', value)),
  fc.integer({ min: 0, max: 65535 }).map((value) => typed('u', value)),
  fc.integer().map((value) => typed('I', value)),
  fc.integer({ min: 0, max: 0xffffffff }).map((value) => typed('i', value)),
  int64.map((value) => typed('l', value)),
  int64.map((value) => typed('L', value)),
  fc.float().map((value) => typed('f', value)),
  fc.double().map((value) => typed('d', value)),
  fc
    .record(
      { scale: fc.integer({ min: 0, max: 255 }), digits: fc.integer({ min: 0, max: 0xffffffff }) },
      { noNullPrototype: true },
    )
    .map((value) => typed('D', value)),
  fc.string({ unit: 'binary' }).map((value) => typed('S', value)),
  octets.map((value) => typed('x', value)),
  uint64.map((value) => typed('T', value)),
  fc.constant(typed('V', null)),
)

/** Tables with every tag, repeated keys included. */
export const { table: typedTable } = fc.letrec<{ value: Typed; table: TypedTable }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => typed('A', items)),
    tie('table').map((table) => typed('F', table)),
  ),
  table: fc.array(fc.tuple(shortText, tie('value')), { maxLength: 5 }),
}))

const plainNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc.double().filter((value) => !Number.isSafeInteger(value) || Object.is(value, -0)),
)

/** Tables as a person writes them. */
export const { table: plainTable } = fc.letrec<{ value: FieldValue; table: FieldTable }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.boolean(),
    plainNumber,
    fc.string({ unit: 'binary' }),
    fc.constant(null),
    octets.map((value) => typed('x', value)),
    uint64.map((value) => typed('T', value)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('table'),
  ),
  table: fc.dictionary(shortText, tie('value'), { maxKeys: 5, noNullPrototype: false }).map(withoutPrototype),
}))

function withoutPrototype(table: FieldTable): FieldTable {
  return Object.assign(Object.create(null), table)
}

const octet = fc.integer({ min: 0, max: 255 })

/** Properties of a message, each of them there or not, with headers of one's own making. */
export function properties<T>(headers: fc.Arbitrary<T>) {
  return fc.record(
    {
      contentType: shortText,
      contentEncoding: shortText,
      headers,
      deliveryMode: octet,
      priority: octet,
      correlationId: shortText,
      replyTo: shortText,
      expiration: shortText,
      messageId: shortText,
      timestamp: fc.maxSafeNat(),
      type: shortText,
      userId: shortText,
      appId: shortText,
      clusterId: shortText,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
}
