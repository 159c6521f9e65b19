import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'
import { encodeProperties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import * as arbitrary from '../wire/arbitrary.ts'
import { batchOf, type KafkaRecord, kafkaBatch, kafkaRecords, type Message, messagesOf, TOPIC } from './record-scene.ts'

const NAMES = ['', 'a', 'b', 'é', 'x-partition-key', 'x-record-key', 'x-tombstone', 'x-death']
const RESERVED = ['amqp.properties', 'amqp.exchange', 'amqp.key', 'amqp.', 'amqp.other']

// Few names, so that some come twice and some mean something.
const name = fc.oneof(fc.constantFrom(...NAMES, ...RESERVED), arbitrary.shortText)
const octets = fc.uint8Array({ maxLength: 20 })
const oddText = octets.map((value) => typed('S', value))
const value = fc.oneof(
  { weight: 3, arbitrary: arbitrary.typedTable.map((table) => table[0]?.[1] ?? typed('t', true)) },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: fc.constantFrom(typed('t', true), typed('S', 'k'), typed('d', -0), typed('V', null)) },
)
const headers = fc.array(fc.tuple(name, value), { maxLength: 6 }) as fc.Arbitrary<TypedTable>
const blocks = fc.oneof(
  (arbitrary.properties(headers) as fc.Arbitrary<PropertiesInput>).map(encodeProperties),
  headers.map((table) => encodeProperties({ headers: table, deliveryMode: 2 })),
)
const message: fc.Arbitrary<Message> = fc.record(
  {
    exchange: fc.constantFrom(TOPIC, '', 'shop'),
    routingKey: fc.oneof(fc.constant(new Uint8Array(0)), fc.constant(Buffer.from('k')), octets),
    properties: blocks,
    body: fc.oneof(fc.constant(new Uint8Array(0)), octets),
  },
  { noNullPrototype: true },
)

const plain = (all: readonly Message[]) =>
  all.map(({ exchange, routingKey, properties, body }) => ({
    exchange,
    routingKey: Buffer.from(routingKey).toString('hex'),
    properties: Buffer.from(properties).toString('hex'),
    body: Buffer.from(body).toString('hex'),
  }))

test('AMQP, record, AMQP: every message comes back byte for byte', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (messages) => {
      assert.deepEqual(plain(messagesOf(batchOf(messages))), plain(messages))
    }),
    { numRuns: 2000 },
  )
})

test('a Kafka program that passes records on as they are changes nothing', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (messages) => {
      assert.deepEqual(plain(messagesOf(kafkaBatch(kafkaRecords(batchOf(messages))))), plain(messages))
    }),
    { numRuns: 300 },
  )
})

test('headers in another order are the same headers', () => {
  fc.assert(
    fc.property(message, (one) => {
      const [record] = kafkaRecords(batchOf([one])) as [KafkaRecord]
      // Those of one name keep their order, as in an object of arrays.
      const names = [...new Set(record.headers.map(({ key }) => key.toString('latin1')))].reverse()
      const turned = names.flatMap((n) => record.headers.filter(({ key }) => key.toString('latin1') === n))
      if (!turned.some(({ key }) => key.toString() === 'amqp.properties')) return
      assert.deepEqual(plain(messagesOf(kafkaBatch([{ ...record, headers: turned }]))), plain([one]))
    }),
    { numRuns: 500 },
  )
})
