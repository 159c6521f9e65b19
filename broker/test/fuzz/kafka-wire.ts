// Random and mutated octets through every Kafka decoder: whatever arrives, the answer is a value or a MalformedMessage
// within the bytes; and a value, encoded and decoded again, is the same.
// usage: node broker/test/fuzz/kafka-wire.ts [seconds = 10] [seed]

import assert from 'node:assert/strict'
import { APIS } from '../../src/wire/kafka/apis.ts'
import {
  encodeRequest,
  encodeResponse,
  readRequest,
  readRequestHeader,
  readResponse,
} from '../../src/wire/kafka/codec.ts'
import type { Field, Fields } from '../../src/wire/kafka/field.ts'
import { MalformedMessage } from '../../src/wire/kafka/malformed-message.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  encodeConsumerProtocol,
  readConsumerProtocol,
} from '../../src/wire/kafka/messages/consumer-protocol.ts'
import type { Api } from '../../src/wire/kafka/schema.ts'
import type { Encoded } from '../../src/wire/kafka/writer.ts'
import { pick } from './hostile-values.ts'
import { generator } from './random.ts'

const seconds = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? Date.now() % 0x7fffffff)

const random = generator(seed)

const NUMBERS = [0, 1, -1, 127, -128]
const OF_TYPE: { readonly [type: string]: () => unknown } = {
  boolean: () => random(2) === 0,
  string: () => pick(random, ['', 'orders', 'grün', 'x'.repeat(130)]),
  uuid: () => octets(16).toString('base64url'),
  bytes: () => octets(random(20)),
  records: () => pick(random, [octets(random(20)), [octets(3), octets(5)], octets(random(20))]),
}

const octets = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => random(256)))

function anyFields(fields: Fields): object {
  const entries = Object.entries(fields).filter(() => random(8) > 0)
  return Object.fromEntries(entries.map(([name, field]) => [name, anyField(field)]))
}

function anyField(field: Field): unknown {
  if (field.nullable < Number.POSITIVE_INFINITY && random(5) === 0) return null
  if (field.type === 'array') return Array.from({ length: random(4) }, () => anyField(field.item!))
  if (field.type === 'struct') return anyFields(field.fields!)
  return OF_TYPE[field.type]?.() ?? pick(random, NUMBERS)
}

interface Decoder {
  readonly name: string
  readonly good: Buffer
  /** @returns what it read, encoded again */
  readonly again: (input: Uint8Array) => Buffer
}

const joined = ({ parts }: Encoded): Buffer => Buffer.concat(parts).subarray(4)

function ofRequest(api: Api, version: number): Decoder {
  const again = (input: Uint8Array): Buffer => {
    const { bodyPos, correlationId, clientId } = readRequestHeader(input)
    return joined(encodeRequest(api, version, correlationId, clientId, readRequest(api, version, input, bodyPos)))
  }
  const good = joined(encodeRequest(api, version, 1, 'me', anyFields(api.request.fields)))
  return { name: `${api.name} request v${version}`, good, again }
}

function ofResponse(api: Api, version: number): Decoder {
  const again = (input: Uint8Array): Buffer => {
    const { correlationId, response } = readResponse(api, version, input)
    return joined(encodeResponse(api, version, correlationId, response))
  }
  const good = joined(encodeResponse(api, version, 1, anyFields(api.response.fields)))
  return { name: `${api.name} response v${version}`, good, again }
}

function ofConsumerProtocol(message: typeof consumerProtocolSubscription | typeof consumerProtocolAssignment): Decoder {
  const any = message as typeof consumerProtocolAssignment
  return {
    name: 'consumer protocol',
    good: Buffer.from(encodeConsumerProtocol(any, random(4), anyFields(any.fields))),
    again: (input) => Buffer.from(encodeConsumerProtocol(any, 3, readConsumerProtocol(any, input))),
  }
}

function anyDecoder(): Decoder {
  const kind = random(30)
  if (kind === 0) return ofConsumerProtocol(pick(random, [consumerProtocolSubscription, consumerProtocolAssignment]))
  const api = pick(random, APIS)
  const version = api.versionMin + random(api.versionMax - api.versionMin + 1)
  return kind < 15 ? ofRequest(api, version) : ofResponse(api, version)
}

const EXTREMES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff]

function hurt(good: Buffer): Buffer {
  if (random(10) === 0) return octets(random(80))
  const input = Buffer.from(good)
  for (let hits = random(5); hits > 0; hits--) {
    const at = random(input.length)
    const run = random(4) === 0 ? 4 : 1
    for (let i = at; i < Math.min(at + run, input.length); i++) {
      input[i] = random(2) === 0 ? random(256) : EXTREMES[random(EXTREMES.length)]!
    }
  }
  return input.subarray(0, random(3) === 0 ? random(input.length + 1) : input.length)
}

let inputs = 0
let understood = 0
for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
  const { name, good, again } = anyDecoder()
  for (let burst = 0; burst < 40; burst++) {
    const input = burst === 0 ? good : hurt(good)
    inputs++
    try {
      const once = unlessMalformed(again, input)
      if (once === null && burst > 0) continue
      assert.ok(once, 'what was encoded is malformed')
      assert.deepEqual(again(once), once, 'a decoded message changed on its way')
      understood++
    } catch (error) {
      console.error(`seed ${seed}, input ${inputs}, ${name}: ${input.toString('hex')}`)
      throw error
    }
  }
}
assert.ok(understood > inputs / 20, `understood only ${understood} of ${inputs}`)
console.log(`kafka wire: ${inputs} inputs, ${understood} understood, the rest refused, seed ${seed}`)

function unlessMalformed(again: Decoder['again'], input: Buffer): Buffer | null {
  try {
    return again(input)
  } catch (error) {
    if (error instanceof MalformedMessage && error.position >= 0 && error.position <= input.length) return null
    throw error
  }
}
