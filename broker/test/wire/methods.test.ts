import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeTable } from '../../src/wire/amqp/field-table.ts'
import { type FieldType, METHODS } from '../../src/wire/amqp/method-table.ts'
import { decodeMethod, encodeMethod, hasContent, type MethodName } from '../../src/wire/amqp/methods.ts'
import { FrameSyntaxError, UnknownMethodError } from '../../src/wire/amqp/syntax-error.ts'
import { definitions } from './amqplib-codec.ts'
import * as arbitrary from './arbitrary.ts'
import { bytes, hex } from './hex.ts'

const names = Object.keys(METHODS) as MethodName[]

const ofType: { [T in FieldType]: fc.Arbitrary<unknown> } = {
  bit: fc.boolean(),
  octet: fc.integer({ min: 0, max: 255 }),
  short: fc.integer({ min: 0, max: 65535 }),
  long: fc.integer({ min: 0, max: 0xffffffff }),
  longlong: fc.maxSafeNat(),
  shortstr: arbitrary.shortText,
  longstr: fc.uint8Array({ maxLength: 300 }),
  table: arbitrary.plainTable,
  timestamp: fc.maxSafeNat(),
}

/** Values whose encoding leaves no choice, so that two encoders must agree on every octet. */
const agreed: { [T in FieldType]: fc.Arbitrary<unknown> } = {
  ...ofType,
  longstr: fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
  table: fc.dictionary(arbitrary.shortText, fc.oneof(fc.boolean(), fc.string({ unit: 'binary' })), { maxKeys: 4 }),
}

function argsOf(name: MethodName, types: typeof ofType): fc.Arbitrary<{ [field: string]: unknown }> {
  const fields = Object.entries<FieldType>(METHODS[name].fields).filter(([field]) => !field.startsWith('reserved'))
  return fc.record(Object.fromEntries(fields.map(([field, type]) => [field, types[type]])), { noNullPrototype: true })
}

/** Encodes what only the run of the test knows to fit. */
const encode = encodeMethod as (channel: number, name: MethodName, args: object) => Uint8Array

for (const name of names) {
  const [classId, methodId] = METHODS[name].id

  test(`${name}: encoded as amqplib does`, () => {
    fc.assert(
      fc.property(argsOf(name, agreed), (args) => {
        const theirs = definitions.encodeMethod(classId * 0x10000 + methodId, 7, args)
        assert.equal(hex(encode(7, name, args)), hex(theirs))
      }),
      { numRuns: 30 },
    )
  })

  test(`${name}: comes back equal; cut or prolonged it is a syntax error`, () => {
    fc.assert(
      fc.property(argsOf(name, ofType), (args) => {
        const frame = encode(7, name, args)
        const end = frame.length - 1
        assert.deepEqual(decodeMethod(frame, 7, end), { classId, methodId, name, args })
        for (let cut = 7; cut < end; cut++) assert.throws(() => decodeMethod(frame, 7, cut), FrameSyntaxError)
        assert.throws(() => decodeMethod(frame, 7, end + 1), FrameSyntaxError)
      }),
      { numRuns: 30 },
    )
  })
}

test('frames as the specification draws them', () => {
  assert.equal(
    hex(encodeMethod(1, 'queue.declare-ok', { queue: 'q', messageCount: 3, consumerCount: 2 })),
    hex(bytes('01 0001 0000000e 0032000b 01 71 00000003 00000002 ce')),
  )
  assert.equal(hex(encodeMethod(0, 'connection.close-ok', {})), hex(bytes('01 0000 00000004 000a0033 ce')))
  assert.equal(
    hex(encodeMethod(2, 'queue.declare', { queue: '', exclusive: true, nowait: true })),
    hex(bytes('01 0002 0000000c 0032000a 0000 00 14 00000000 ce')),
  )
  assert.equal(
    hex(encodeMethod(1, 'basic.nack', { deliveryTag: 2 ** 33, requeue: true })),
    hex(bytes('01 0001 0000000d 003c0078 0000000200000000 02 ce')),
  )
})

test('an unknown method says which', () => {
  assert.throws(
    () => decodeMethod(bytes('003c 0079'), 0, 4),
    (error) => error instanceof UnknownMethodError && error.classId === 60 && error.methodId === 121,
  )
})

test('decoded octets do not change with the buffer they came from', () => {
  const frame = encodeMethod(0, 'connection.secure-ok', { response: 'secret' })
  const method = decodeMethod(frame, 7, frame.length - 1)
  frame.fill(0)
  assert.deepEqual(method.args, { response: new TextEncoder().encode('secret') })
})

test('tables may be given with exact types', () => {
  const table = encodeTable([])
  const frame = encodeMethod(1, 'queue.unbind', { queue: '', exchange: 'x', routingKey: '', arguments: [] })
  assert.equal(hex(frame.subarray(-1 - table.length, -1)), hex(table))
})

test('a delivery tag that no broker gave is rounded, not refused', () => {
  const frame = encodeMethod(1, 'basic.ack', { deliveryTag: 0 })
  frame.fill(0xff, 11, 19)
  assert.deepEqual(decodeMethod(frame, 7, frame.length - 1).args, { deliveryTag: 2 ** 64, multiple: false })
})

test('values that do not fit are our own mistake', () => {
  assert.throws(() => encodeMethod(1, 'basic.ack', { deliveryTag: 2 ** 53 }), RangeError)
  assert.throws(() => encodeMethod(1, 'basic.cancel', { consumerTag: 'x'.repeat(256) }), RangeError)
})

test('content follows four methods', () => {
  assert.deepEqual(names.filter(hasContent), ['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok'])
})

test('what is marked as answered has its answer, and nothing else does', () => {
  const answered = names.filter((name) => 'reply' in METHODS[name])
  const answers = names.filter((name) => name.endsWith('-ok')).map((name) => name.slice(0, -'-ok'.length))
  assert.deepEqual(answered.sort(), answers.sort())
})
