import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'
import { decodeProperties, encodeProperties, type PropertiesInput } from '../../src/wire/amqp/properties.ts'
import * as arbitrary from '../wire/arbitrary.ts'
import { bytes } from '../wire/hex.ts'
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

test('blocks that this broker would write otherwise', () => {
  const rows: [what: string, hex: string][] = [
    ['nothing', '0000'],
    ['headers that are empty', '3000 00000000 02'],
    ['a boolean of 2', '2000 00000004 01 61 74 02'],
    ['a name that is no UTF-8', '3000 00000009 02 ff61 53 00000001 31 02'],
    ['three words of flags', '2001 0001 0000 00000004 01 61 74 01'],
  ]
  for (const [what, block] of rows) {
    const properties = bytes(block)
    const one = { exchange: 'shop', routingKey: Buffer.from('k'), properties, body: Buffer.from('b') }
    assert.deepEqual(plain(messagesOf(batchOf([one]))), plain([one]), what)
  }
})

test('no client gets headers that cannot be read: what people read of them remains', () => {
  const rows: [what: string, hex: string][] = [
    ['an unknown tag', '3000 0000000d 01 61 53 00000001 31 01 62 3f 00 00 02'],
    ['a value cut short', '3000 0000000b 01 61 53 00000001 31 01 62 6c 02'],
    ['a text and then a name cut short', '3000 0000000a 01 61 53 00000001 31 09 62 02'],
    ['a table with noise in it', '2000 0000000b 01 61 46 00000004 01 62 3f 00'],
    ['tables in tables, too deep to read', `2000 ${nested(70)}`],
  ]
  for (const [what, block] of rows) {
    const one = { exchange: 'shop', routingKey: Buffer.from('k'), properties: bytes(block), body: Buffer.from('b') }
    const batch = batchOf([one])
    const readable = kafkaRecords(batch)[0]!.headers.filter(({ key }) => !String(key).startsWith('amqp.'))
    const headers = Object.fromEntries(readable.map(({ key, value }) => [String(key), String(value)]))
    const some = readable.length > 0 && { headers }
    const expected = { ...one, properties: encodeProperties({ deliveryMode: 2, ...some }) }
    assert.deepEqual(plain(messagesOf(batch)), plain([expected]), what)
    // The same where a Kafka program added a header.
    const added = { key: Buffer.from('added'), value: Buffer.from('v') }
    const changed = kafkaRecords(batch).map((record) => ({ ...record, headers: [added, ...record.headers] }))
    const [{ properties }] = messagesOf(kafkaBatch(changed)) as [Message]
    assert.deepEqual(
      { ...decodeProperties(properties, 0, properties.length).headers },
      { added: 'v', ...headers },
      what,
    )
  }
})

function nested(depth: number): string {
  let inner = ''
  for (let i = 0; i < depth; i++)
    inner = `${(inner.length / 2).toString(16).padStart(8, '0')}${inner}`.replace(/^/, i < depth - 1 ? '0046' : '')
  return inner
}

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

interface Edit {
  readonly action: 'keep' | 'remove' | 'change'
  readonly value: Uint8Array | null
}

const kafkaValue = fc.oneof({ weight: 5, arbitrary: octets }, { weight: 1, arbitrary: fc.constant(null) })
const edit: fc.Arbitrary<Edit> = fc.record({
  action: fc.constantFrom('keep', 'keep', 'remove', 'change'),
  value: kafkaValue,
})
const text = (value: Uint8Array | null) => (value === null ? typed('V', null) : typed('S', value))

test('what a Kafka program changes, adds and takes out is changed in the block, and nothing else', () => {
  const distinct = fc.uniqueArray(
    fc.tuple(
      name.filter((one) => one !== 'x-record-key'),
      value,
    ),
    { selector: ([one]) => one, maxLength: 6 },
  )
  const props = fc.oneof(
    arbitrary.properties(distinct) as fc.Arbitrary<PropertiesInput & { headers?: TypedTable }>,
    distinct.map((headers) => ({ headers, deliveryMode: 2 }) as PropertiesInput & { headers: TypedTable }),
  )
  const edits = fc.array(edit, { minLength: 6, maxLength: 6 })
  const added = fc.array(fc.tuple(fc.constantFrom('added', 'added', 'é+'), kafkaValue), { maxLength: 2 })
  fc.assert(
    fc.property(props, edits, added, (properties, edits, added) => {
      const one = {
        exchange: 'shop',
        routingKey: Buffer.from('k'),
        body: Buffer.from('b'),
        properties: encodeProperties(properties),
      }
      const [record] = kafkaRecords(batchOf([one])) as [KafkaRecord]
      const table = properties.headers ?? []
      const editOf = new Map(table.filter(([key]) => !isOurs(key)).map(([key], at) => [key, edits[at]!]))

      const headers = record.headers.flatMap(({ key, value }) => {
        const change = editOf.get(key.toString())
        if (change === undefined || change.action === 'keep') return [{ key, value }]
        return change.action === 'remove' ? [] : [{ key, value: change.value && Buffer.from(change.value) }]
      })
      for (const [key, value] of added) headers.push({ key: Buffer.from(key), value: value && Buffer.from(value) })
      const [found] = messagesOf(kafkaBatch([{ ...record, headers }])) as [Message]

      const shown = new Map(record.headers.map(({ key, value }) => [key.toString(), value]))
      const kept = table.flatMap(([key, value]): TypedTable => {
        const change = editOf.get(key)
        if (change?.action === 'remove') return []
        if (change?.action !== 'change' || isSame(change.value, shown.get(key)!)) return [[key, value]]
        return [[key, text(change.value)]]
      })
      const expected = [...kept, ...added.map(([key, value]) => [key, text(value)] as const)]
      const isTold = !shown.has('amqp.properties')
      const hasTable = expected.length > 0 || (properties.headers !== undefined && !isTold)
      const { headers: _, ...others } = properties
      assert.equal(
        Buffer.from(found.properties).toString('hex'),
        Buffer.from(encodeProperties({ ...others, ...(hasTable && { headers: expected }) })).toString('hex'),
      )
      assert.deepEqual(plain([{ ...found, properties: one.properties }]), plain([one]))
    }),
    { numRuns: 2000 },
  )
})

function isOurs(name: string): boolean {
  return ['amqp.properties', 'amqp.exchange', 'amqp.key'].includes(name)
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.from(a).equals(b)
}

test('one of several headers of a name goes, the others keep their types', () => {
  const table: TypedTable = [
    ['n', typed('b', 1)],
    ['n', typed('I', 2)],
    ['n', typed('l', 3)],
  ]
  const one = messageWith({ headers: table })
  const [record] = kafkaRecords(batchOf([one])) as [KafkaRecord]
  const without = (at: number) => record.headers.filter((_, i) => i !== at)
  for (const at of [0, 1, 2]) {
    const [found] = messagesOf(kafkaBatch([{ ...record, headers: without(at) }])) as [Message]
    const expected = encodeProperties({ headers: table.filter((_, i) => i !== at) })
    assert.equal(Buffer.from(found.properties).toString('hex'), Buffer.from(expected).toString('hex'))
  }
})

function messageWith(properties: PropertiesInput, body = 'b', routingKey = 'k', exchange = TOPIC): Message {
  const block = encodeProperties(properties)
  return { exchange, routingKey: Buffer.from(routingKey), properties: block, body: Buffer.from(body) }
}

const shown = (one: Message) =>
  kafkaRecords(batchOf([one]))[0]!.headers.map(({ key, value }) => [key.toString(), value?.toString() ?? null])

test('headers read as text', () => {
  const rows: [TypedTable[number][1], string | null][] = [
    [typed('S', 'text, é'), 'text, é'],
    [typed('x', Buffer.from('octets')), 'octets'],
    [typed('t', true), 'true'],
    [typed('t', false), 'false'],
    [typed('b', -128), '-128'],
    [typed('l', -(2n ** 63n)), '-9223372036854775808'],
    [typed('T', 2n ** 64n - 1n), '18446744073709551615'],
    [typed('d', -0), '-0'],
    [typed('d', Number.NaN), 'NaN'],
    [typed('d', 0.1), '0.1'],
    [typed('f', Math.fround(0.1)), '0.1'],
    [typed('f', Math.fround(16777216)), '16777216'],
    [typed('f', Number.NEGATIVE_INFINITY), '-Infinity'],
    [typed('D', { scale: 2, digits: 314 }), '3.14'],
    [typed('D', { scale: 3, digits: 5 }), '0.005'],
    [typed('D', { scale: 0, digits: 5 }), '5'],
    [typed('V', null), null],
    [typed('A', [typed('I', 1), typed('S', 'a"'), typed('V', null), typed('d', Number.NaN)]), '[1,"a\\"",null,"NaN"]'],
    [
      typed('F', [
        ['k', typed('F', [['x', typed('x', Uint8Array.of(255))]])],
        ['k', typed('t', true)],
      ]),
      '{"k":{"x":"/w=="},"k":true}',
    ],
  ]
  for (const [value, expected] of rows) {
    const [[, found]] = shown(messageWith({ headers: [['h', value]] })) as [[string, string | null]]
    assert.equal(found, expected)
  }
})

test('a record says no more than it must', () => {
  const texts: TypedTable = [
    ['trace', typed('S', 'abc')],
    ['nothing', typed('V', null)],
  ]
  assert.deepEqual(shown(messageWith({ deliveryMode: 2 })), [])
  assert.deepEqual(shown(messageWith({ deliveryMode: 2, headers: texts })), [
    ['trace', 'abc'],
    ['nothing', null],
  ])
  assert.deepEqual(shown(messageWith({ deliveryMode: 2 }, 'b', 'k', 'shop')), [['amqp.exchange', 'shop']])
  assert.deepEqual(shown(messageWith({ deliveryMode: 1 })), [['amqp.properties', '\x10\0\x01']])
  const keyed = shown(messageWith({ deliveryMode: 2, headers: [['x-partition-key', typed('S', 'p')]] }))
  assert.deepEqual(keyed, [
    ['x-partition-key', 'p'],
    ['amqp.key', 'k'],
  ])
})

test('the record key is x-partition-key, else the routing key, else x-record-key, else null', () => {
  const keyOf = (routingKey: string, headers: TypedTable) =>
    kafkaRecords(batchOf([messageWith({ headers }, 'b', routingKey)]))[0]!.key?.toString() ?? null
  assert.equal(keyOf('k', []), 'k')
  assert.equal(keyOf('', []), null)
  assert.equal(keyOf('k', [['x-partition-key', typed('S', 'p')]]), 'p')
  assert.equal(
    keyOf('k', [
      ['x-partition-key', typed('I', 7)],
      ['n', typed('I', 1234)],
    ]),
    '7',
  )
  assert.equal(keyOf('k', [['x-partition-key', typed('S', '')]]), 'k')
  assert.equal(keyOf('k', [['x-record-key', typed('S', 'r')]]), 'k')
  assert.equal(keyOf('', [['x-record-key', typed('S', 'r')]]), 'r')
  assert.equal(
    keyOf('', [
      ['x-record-key', typed('S', 'r')],
      ['x-partition-key', typed('S', 'p')],
    ]),
    'p',
  )
})

const kafkaRecord = fc.record(
  {
    key: fc.oneof(
      fc.constant(null),
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map(Buffer.from),
      fc.string({ minLength: 1 }).map(Buffer.from),
    ),
    value: fc.oneof(fc.constant(null), octets.map(Buffer.from)),
    headers: fc.array(
      fc.record(
        {
          key: fc.oneof(fc.constantFrom('', 'a', 'trace'), arbitrary.shortText).map(Buffer.from),
          value: kafkaValue.map((value) => value && Buffer.from(value)),
        },
        { noNullPrototype: true },
      ),
      { maxLength: 5 },
    ),
  },
  { noNullPrototype: true },
)

test('Kafka, AMQP, Kafka: key, value and headers come back, null values and repeated keys included', () => {
  fc.assert(
    fc.property(fc.array(kafkaRecord, { minLength: 1, maxLength: 4 }), (records) => {
      const messages = messagesOf(kafkaBatch(records as KafkaRecord[])).map((one) => ({ ...one, exchange: 'copy' }))
      const again = kafkaRecords(batchOf(messages)).map(({ key, value, headers }) => ({
        key,
        value,
        headers: headers.filter((header) => !isOurs(header.key.toString())),
      }))
      assert.deepEqual(again, records)
    }),
    { numRuns: 1000 },
  )
})

test('a record key that can be no routing key, and a null value, are headers', () => {
  const headerOf = ({ properties }: Message) => decodeProperties(properties, 0, properties.length).headers!
  const [binary, long, tombstone, empty] = messagesOf(
    kafkaBatch([
      { key: Buffer.from([0xff, 0]), value: Buffer.from('v'), headers: [] },
      { key: Buffer.alloc(256, 'k'), value: Buffer.from('v'), headers: [] },
      { key: Buffer.from('k'), value: null, headers: [] },
      { key: Buffer.from('k'), value: Buffer.alloc(0), headers: [] },
    ]),
  ) as [Message, Message, Message, Message]
  assert.equal(binary.routingKey.length, 0)
  assert.deepEqual({ ...headerOf(binary) }, { 'x-record-key': typed('S', Uint8Array.of(0xff, 0)) })
  assert.equal(long.routingKey.length, 0)
  assert.deepEqual({ ...headerOf(long) }, { 'x-record-key': 'k'.repeat(256) })
  assert.equal(tombstone.body.length, 0)
  assert.deepEqual({ ...headerOf(tombstone) }, { 'x-tombstone': true })
  assert.deepEqual(plain([empty]), plain([messageWith({ deliveryMode: 2 }, '')]))
})

test('a Kafka program may take value and key away, and give others', () => {
  const properties: PropertiesInput = { contentType: 'text/plain', headers: [['n', typed('b', 1)]] }
  const [record] = kafkaRecords(batchOf([messageWith(properties)])) as [KafkaRecord]
  const again = (changes: Partial<KafkaRecord>) => messagesOf(kafkaBatch([{ ...record, ...changes }]))[0]!
  const expected = (header: TypedTable[number] | null, body: string, routingKey: string) => {
    const headers: TypedTable = [['n', typed('b', 1)], ...(header === null ? [] : [header])]
    return plain([messageWith({ ...properties, headers }, body, routingKey)])
  }
  const tombstone = again({ value: null })
  assert.deepEqual(plain([tombstone]), expected(['x-tombstone', typed('t', true)], '', 'k'))
  const binary = Uint8Array.of(0xff)
  const keyed = again({ key: Buffer.from(binary) })
  assert.deepEqual(plain([keyed]), expected(['x-record-key', typed('S', binary)], 'b', ''))
  assert.deepEqual(plain([again({ key: Buffer.from('other') })]), expected(null, 'b', 'other'))

  // And back: what told of the value and the key goes with them.
  const restored = { key: Buffer.from('k'), value: Buffer.from('b') }
  for (const one of [tombstone, keyed]) {
    const [gone] = kafkaRecords(batchOf([one])) as [KafkaRecord]
    assert.deepEqual(plain(messagesOf(kafkaBatch([{ ...gone, ...restored }]))), expected(null, 'b', 'k'))
  }
})

test('what others wrote under our names does no harm', () => {
  const forged = (headers: [string, string | Buffer | null][]): Message =>
    messagesOf(
      kafkaBatch([
        {
          key: Buffer.from('k'),
          value: Buffer.from('b'),
          headers: headers.map(([key, value]) => ({
            key: Buffer.from(key),
            value: value === null ? null : Buffer.from(value),
          })),
        },
      ]),
    )[0]!
  const plainOne = plain([messageWith({ deliveryMode: 2 })])
  for (const bad of [null, '', 'x', '\x7f\x7f\x7f', '\x20\0\0\0\0\x09', 'x'.repeat(200_000)]) {
    assert.deepEqual(plain([forged([['amqp.properties', bad]])]), plainOne, String(bad).slice(0, 20))
  }
  assert.deepEqual(plain([forged([['amqp.exchange', Buffer.from([0xff])]])]), plainOne)
  for (const name of ['amqp.key', 'amqp.exchange']) {
    for (const bad of [null, 'x'.repeat(256)]) assert.deepEqual(plain([forged([[name, bad]])]), plainOne)
  }
  const named = forged([
    ['amqp.exchange', 'first'],
    ['amqp.exchange', 'last'],
    ['h', 'v'],
    ['amqp.key', 'x'],
  ])
  assert.deepEqual(plain([named]), plain([messageWith({ deliveryMode: 2, headers: { h: 'v' } }, 'b', 'x', 'last')]))
})

test('headers that no client could take are left out', () => {
  const headers = [
    { key: Buffer.alloc(256, 'n'), value: Buffer.from('long name') },
    { key: Buffer.from('a'), value: Buffer.from('1') },
    { key: Buffer.from('big'), value: Buffer.alloc(200_000) },
    { key: Buffer.from('b'), value: Buffer.from('2') },
  ]
  const [found] = messagesOf(kafkaBatch([{ key: null, value: Buffer.from('b'), headers }])) as [Message]
  const expected = messageWith({ deliveryMode: 2, headers: { a: '1', b: '2' } }, 'b', '')
  assert.deepEqual(plain([found]), plain([expected]))
})

test('very many headers of one name are matched one by one, not each with all', () => {
  const count = 60_000
  const table: TypedTable = Array.from({ length: count }, () => ['', typed('V', null)] as const)
  const properties = encodeProperties({ headers: table })
  assert.ok(properties.length < 131_052)
  const others = Array.from({ length: count }, () => ({ key: Buffer.alloc(0), value: Buffer.from('x') }))
  const block = { key: Buffer.from('amqp.properties'), value: Buffer.from(properties) }
  const [one] = messagesOf(kafkaBatch([{ key: null, value: null, headers: [...others, block] }])) as [Message]
  const { headers } = decodeProperties(one.properties, 0, one.properties.length)
  assert.equal(headers?.[''], 'x')
})
