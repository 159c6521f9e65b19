// Random and mutated octets through every AMQP decoder: whatever arrives, the answer is a value or a FrameSyntaxError.
// usage: node broker/test/fuzz/amqp-wire.ts [seconds = 10] [seed]

import { decodeContentHeader } from '../../src/wire/amqp/content.ts'
import { decodeTable, decodeTableTyped, encodeTable, typed } from '../../src/wire/amqp/field-table.ts'
import { decodeMethod, encodeMethod } from '../../src/wire/amqp/methods.ts'
import { decodeProperties, encodeProperties, PropertyScan } from '../../src/wire/amqp/properties.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import { generator } from './random.ts'

const seconds = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? Date.now() % 0x7fffffff)

const random = generator(seed)

const headers = {
  a: [1, 'x', { b: null }],
  t: typed('T', 5),
  d: typed('D', { scale: 1, digits: 2 }),
  s: 'long '.repeat(9),
}
const good: Uint8Array[] = [
  encodeTable(headers),
  encodeMethod(1, 'queue.declare', { queue: 'jobs', durable: true, arguments: headers }).subarray(7, -1),
  encodeMethod(0, 'connection.start-ok', {
    clientProperties: headers,
    mechanism: 'PLAIN',
    response: '\0guest\0guest',
    locale: 'en_US',
  }).subarray(7, -1),
  encodeMethod(1, 'basic.deliver', { consumerTag: 'c', deliveryTag: 9, exchange: 'x', routingKey: 'k' }).subarray(
    7,
    -1,
  ),
  encodeProperties({
    contentType: 'text/plain',
    headers,
    deliveryMode: 2,
    priority: 4,
    replyTo: 'r',
    expiration: '60',
  }),
  encodeProperties({ correlationId: 'c', messageId: 'm', timestamp: 1, type: 't', userId: 'u', appId: 'a' }),
]
const extremes = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff]

function nextInput(): Uint8Array {
  if (random(4) === 0) return Uint8Array.from({ length: random(80) }, () => random(256))
  const input = Uint8Array.from(good[random(good.length)])
  for (let hits = 1 + random(4); hits > 0; hits--) {
    input[random(input.length)] = random(2) === 0 ? random(256) : extremes[random(extremes.length)]
  }
  return input.slice(0, random(3) === 0 ? random(input.length + 1) : input.length)
}

const scan = new PropertyScan()
const decoders: ((input: Uint8Array, end: number) => unknown)[] = [
  (input, end) => decodeMethod(input, 0, end),
  (input, end) => decodeTable(input, 0, end),
  (input, end) => reencode(input, end),
  (input, end) => decodeProperties(input, 0, end),
  (input, end) => scan.scan(input, 0, end),
  (input, end) => decodeContentHeader(input, 0, end),
]

/** What was understood must come back as the same octets, but for odd booleans and odd NaNs, so compare at rest. */
function reencode(input: Uint8Array, end: number): void {
  const once = encodeTable(decodeTableTyped(input, 0, end))
  const twice = encodeTable(decodeTableTyped(once, 0, once.length))
  if (Buffer.compare(once, twice) !== 0) throw new Error('a decoded table changed on its way')
}

let inputs = 0
let understood = 0
for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
  for (let burst = 0; burst < 500; burst++) {
    const input = nextInput()
    inputs++
    for (const decode of decoders) {
      try {
        decode(input, input.length)
        understood++
      } catch (error) {
        if (error instanceof FrameSyntaxError && error.position >= 0 && error.position <= input.length) continue
        console.error(`seed ${seed}, input ${inputs}: ${Buffer.from(input).toString('hex')}`)
        throw error
      }
    }
  }
}
console.log(`amqp wire: ${inputs} inputs, ${understood} understood, the rest refused, seed ${seed}`)
