/**
 * Messages as Apache Kafka's Java client writes them: of all declared APIs, all versions, both sides. Each line of
 * vectors/<api>.jsonl is one message with its header, but without its size; of vectors/left-out.jsonl the body of one in
 * which every field was left out, but that arrays have one item. Written by kafka-clients 4.3.1, versions
 * that it dropped by 3.9.1, from made-up values.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { APIS } from '../../../src/wire/kafka/apis.ts'
import {
  encodeRequest,
  encodeResponse,
  readRequest,
  readRequestHeader,
  readResponse,
} from '../../../src/wire/kafka/codec.ts'
import { MalformedMessage } from '../../../src/wire/kafka/malformed-message.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  encodeConsumerProtocol,
} from '../../../src/wire/kafka/messages/consumer-protocol.ts'
import { Reader } from '../../../src/wire/kafka/reader.ts'
import type { Api } from '../../../src/wire/kafka/schema.ts'
import { type Encoded, Writer } from '../../../src/wire/kafka/writer.ts'
import { bytes, hex } from '../hex.ts'
import { fromJson } from './values.ts'

interface Vector {
  /** Where the file is not of one API. */
  readonly api: string
  readonly side: 'request' | 'response' | 'data'
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly hex: string
  readonly value: { readonly [name: string]: unknown }
}

function vectorsOf(name: string): Vector[] {
  const file = name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
  const text = readFileSync(join(import.meta.dirname, 'vectors', `${file}.jsonl`), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
}

interface Side {
  value: object
  decode(message: Uint8Array): object
  encode(value: object): Encoded
}

function sideOf(api: Api, { side, version, correlationId, clientId, value }: Vector): Side {
  if (side === 'request') {
    return {
      value: fromJson(api.request.fields, version, value),
      decode(message) {
        const header = readRequestHeader(message)
        assert.deepEqual(
          [header.api, header.apiVersion, header.correlationId, header.clientId],
          [api, version, correlationId, clientId],
        )
        return readRequest(api, version, message, header.bodyPos)
      },
      encode: (request) => encodeRequest(api, version, correlationId, clientId, request),
    }
  }
  return {
    value: fromJson(api.response.fields, version, value),
    decode(message) {
      const decoded = readResponse(api, version, message)
      assert.equal(decoded.correlationId, correlationId)
      return decoded.response
    },
    encode: (response) => encodeResponse(api, version, correlationId, response),
  }
}

/** Size and octets of a message, in one piece. */
function joined({ parts, length }: Encoded): { size: number; message: Uint8Array } {
  const whole = Buffer.concat(parts)
  assert.equal(whole.length, length)
  return { size: whole.readInt32BE(0), message: whole.subarray(4) }
}

for (const api of APIS) {
  describe(`${api.name} as Kafka writes it`, () => {
    const vectors = vectorsOf(api.name)

    it('is there in all versions', () => {
      const seen = new Set(vectors.map(({ side, version }) => `${side} ${version}`))
      for (let version = api.versionMin; version <= api.versionMax; version++) {
        assert.ok(seen.has(`request ${version}`), `request ${version}`)
        assert.ok(seen.has(`response ${version}`), `response ${version}`)
      }
    })

    it('is decoded, and encoded to the same octets', () => {
      for (const vector of vectors) {
        const { value, decode, encode } = sideOf(api, vector)
        const label = `${vector.side} v${vector.version}`
        assert.deepEqual(decode(bytes(vector.hex)), value, label)
        const { size, message } = joined(encode(value))
        assert.equal(hex(message), vector.hex, label)
        assert.equal(size, message.length)
      }
    })

    it('is malformed when cut anywhere, or prolonged', () => {
      for (const vector of vectors) {
        const { decode } = sideOf(api, vector)
        const message = bytes(vector.hex)
        for (let end = 0; end < message.length; end++) {
          assert.throws(() => decode(message.subarray(0, end)), malformedWithin(end), `${vector.hex} cut at ${end}`)
        }
        assert.throws(() => decode(Buffer.concat([message, Buffer.alloc(1)])), malformedWithin(message.length))
      }
    })
  })
}

function malformedWithin(length: number): (error: unknown) => boolean {
  return (error) => error instanceof MalformedMessage && error.position >= 0 && error.position <= length
}

describe('what is left out', () => {
  const vectors = vectorsOf('LeftOut')

  for (const api of APIS) {
    it(`of ${api.name} is written as Kafka does`, () => {
      const own = vectors.filter((vector) => vector.api === api.name)
      assert.equal(own.length, 2 * (api.versionMax - api.versionMin + 1))
      for (const { side, version, value, hex: expected } of own) {
        const writer = new Writer()
        api[side === 'request' ? 'request' : 'response'].write(writer, version, value)
        assert.equal(hex(Buffer.concat(writer.finish().parts)), expected, `${side} v${version}`)
      }
    })
  }
})

describe('messages of the consumer protocol', () => {
  for (const [name, message] of [
    ['ConsumerProtocolSubscription', consumerProtocolSubscription],
    ['ConsumerProtocolAssignment', consumerProtocolAssignment],
  ] as const) {
    it(`${name} is read and written as Kafka does`, () => {
      for (const vector of vectorsOf(name)) {
        const value = fromJson(message.fields, vector.version, vector.value)
        assert.deepEqual(message.read(new Reader(bytes(vector.hex)), vector.version), value)
        const encoded = encodeConsumerProtocol(message as never, vector.version, value)
        assert.equal(hex(encoded), vector.version.toString(16).padStart(4, '0') + vector.hex)
      }
    })
  }
})
