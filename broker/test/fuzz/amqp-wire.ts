// Random and mutated octets through every AMQP decoder, and edits of property blocks: whatever arrives, the answer is a
// value or a FrameSyntaxError, and what an edit does not name keeps its octets.
// usage: node broker/test/fuzz/amqp-wire.ts [seconds = 10] [seed]

import { decodeContentHeader } from '../../src/wire/amqp/content.ts'
import { editProperties } from '../../src/wire/amqp/edit-properties.ts'
import { decodeTable, decodeTableTyped, encodeTable, typed } from '../../src/wire/amqp/field-table.ts'
import { decodeMethod, encodeMethod } from '../../src/wire/amqp/methods.ts'
import { decodeProperties, encodeProperties, PropertyScan } from '../../src/wire/amqp/properties.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import { anyDeaths, anyValue, pick } from './hostile-values.ts'
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
  (input, end) => edited(input, end),
]

/** What was understood must come back as the same octets, but for odd booleans and odd NaNs, so compare at rest. */
function reencode(input: Uint8Array, end: number): void {
  const once = encodeTable(decodeTableTyped(input, 0, end))
  const twice = encodeTable(decodeTableTyped(once, 0, once.length))
  if (Buffer.compare(once, twice) !== 0) throw new Error('a decoded table changed on its way')
}

const bytesOf = (block: Uint8Array): string => Buffer.from(block).toString('hex')
const untouched = { set: [], remove: [], expiration: undefined }

/** An edit is undone by its opposite, octet for octet; without a change only headers that cannot be read are shorter. */
function edited(input: Uint8Array, end: number): void {
  const same = editProperties(input, 0, end, untouched)
  scan.scan(input, 0, end)
  if (scan.headersPos < 0 || readable(input)) equal(same, input, 'an edit without a change made one')
  const [hadHeaders, hadExpiration] = [scan.headersPos >= 0, scan.expirationPos >= 0]

  const name = pick(random, ['\0new', 'x-fuzz', 'a', 'x-death'])
  const value = name === 'x-death' ? anyDeaths(random) : anyValue(random)
  const twice = {
    set: [[name, value]] as const,
    remove: ['t'],
    expiration: pick(random, [undefined, null, '', '60000']),
  }
  const changed = editProperties(input, 0, end, twice)
  equal(editProperties(changed, 0, changed.length, twice), changed, 'the same edit again changed something')

  if (!hadHeaders || Buffer.from(input).includes('x-fuzz')) return
  const set = editProperties(input, 0, end, { ...untouched, set: [['x-fuzz', value]] })
  equal(editProperties(set, 0, set.length, { ...untouched, remove: ['x-fuzz'] }), same, 'a header left a trace')
  if (hadExpiration) return
  const timed = editProperties(input, 0, end, { ...untouched, expiration: '5' })
  equal(editProperties(timed, 0, timed.length, { ...untouched, expiration: null }), same, 'an expiration left a trace')
}

function readable(input: Uint8Array): boolean {
  try {
    decodeTableTyped(input, scan.headersPos, scan.headersPos + scan.headersLen)
    return true
  } catch {
    return false
  }
}

function equal(a: Uint8Array, b: Uint8Array, problem: string): void {
  if (Buffer.compare(a, b) !== 0) throw new Error(`${problem}: ${bytesOf(a)} is not ${bytesOf(b)}`)
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
