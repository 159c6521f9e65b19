import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { APIS, apiOf } from '../../../src/wire/kafka/apis.ts'
import {
  encodeRequest,
  encodeResponse,
  readRequest,
  readRequestHeader,
  readResponse,
} from '../../../src/wire/kafka/codec.ts'
import { array, int32, int64, string, uuid, ZERO_UUID } from '../../../src/wire/kafka/field.ts'
import { MalformedMessage } from '../../../src/wire/kafka/malformed-message.ts'
import { Message } from '../../../src/wire/kafka/message.ts'
import { apiVersions } from '../../../src/wire/kafka/messages/api-versions.ts'
import {
  consumerProtocolSubscription,
  encodeConsumerProtocol,
  readConsumerProtocol,
} from '../../../src/wire/kafka/messages/consumer-protocol.ts'
import { fetch } from '../../../src/wire/kafka/messages/fetch.ts'
import { heartbeat } from '../../../src/wire/kafka/messages/heartbeat.ts'
import { metadata } from '../../../src/wire/kafka/messages/metadata.ts'
import { offsetFetch } from '../../../src/wire/kafka/messages/offset-fetch.ts'
import { produce } from '../../../src/wire/kafka/messages/produce.ts'
import { Reader } from '../../../src/wire/kafka/reader.ts'
import { type Encoded, Writer } from '../../../src/wire/kafka/writer.ts'
import { bytes, hex } from '../hex.ts'

const withoutSize = ({ parts }: Encoded): Buffer => Buffer.concat(parts).subarray(4)

function malformed(read: () => unknown, path: string, problem: RegExp, position: number): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof MalformedMessage, String(error))
    assert.deepEqual([error.path.join('.'), error.position], [path, position])
    assert.match(error.message, problem)
    return true
  })
}

describe('the list of APIs', () => {
  it('finds each by its key, and nothing else', () => {
    for (const api of APIS) assert.equal(apiOf(api.key), api)
    assert.equal(new Set(APIS.map(({ key }) => key)).size, APIS.length)
    for (const key of [-1, 4, 999, 32767]) assert.equal(apiOf(key), undefined)
  })

  it('advertises versions of Produce that it refuses', () => {
    assert.deepEqual([produce.advertisedFrom, produce.versionMin], [0, 3])
    assert.equal(fetch.advertisedFrom, fetch.versionMin)
  })
})

describe('request headers', () => {
  it('of an API nobody declared end with the client id', () => {
    const header = readRequestHeader(bytes('7fff 0009 00000005 0002 6d65 01020304'))
    assert.deepEqual(header, {
      apiKey: 0x7fff,
      apiVersion: 9,
      correlationId: 5,
      clientId: 'me',
      api: undefined,
      bodyPos: 12,
    })
  })

  it('may carry tagged fields in flexible versions', () => {
    const request = bytes('000c 0004 00000005 ffff 02 00 01 aa 07 02 bbbb  02 67 00000003 02 6d 00 00')
    const header = readRequestHeader(request)
    assert.deepEqual([header.api, header.clientId, header.bodyPos], [heartbeat, null, 18])
    const value = readRequest(heartbeat, 4, request, header.bodyPos)
    assert.deepEqual(value, { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null })
  })

  it('are malformed when they are cut', () => {
    malformed(() => readRequestHeader(bytes('0012')), '', /2 bytes announced, 0 left/, 2)
    malformed(() => readRequestHeader(bytes('0012 0000 00000001 0005 6d65')), '', /length 5, but 2 bytes left/, 10)
    malformed(() => readRequestHeader(bytes('0012 0000 00000001 fffe')), '', /negative length -2/, 10)
  })
})

describe('responses', () => {
  it('of ApiVersions have the oldest header in all versions', () => {
    for (const version of [0, 3, 4]) {
      const message = withoutSize(encodeResponse(apiVersions, version, 7, { errorCode: 35 }))
      assert.equal(hex(message.subarray(0, 6)), '000000070023')
    }
  })

  it('of other APIs have tagged fields in their header when flexible', () => {
    assert.equal(hex(withoutSize(encodeResponse(heartbeat, 3, 7, {}))), '00000007 00000000 0000'.replaceAll(' ', ''))
    assert.equal(
      hex(withoutSize(encodeResponse(heartbeat, 4, 7, {}))),
      '00000007 00 00000000 0000 00'.replaceAll(' ', ''),
    )
  })
})

describe('octets', () => {
  const requestOf = (records: Uint8Array): Buffer => {
    const request = { topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
    return withoutSize(encodeRequest(produce, 9, 1, null, request))
  }

  it('are decoded as views', () => {
    const message = requestOf(bytes('010203'))
    const { bodyPos } = readRequestHeader(message)
    const { records } = readRequest(produce, 9, message, bodyPos).topicData[0]!.partitionData[0]!
    message.fill(9)
    assert.deepEqual(records, bytes('090909'))
  })

  it('are sent by reference when big, in their place', () => {
    const big = new Uint8Array(5000).fill(1)
    const bigger = new Uint8Array(70_000).fill(2)
    const small = bytes('030303')
    const partitions = [
      { partitionIndex: 0, records: [big, small, bigger] },
      { partitionIndex: 1, records: small },
      { partitionIndex: 2, records: [] },
      { partitionIndex: 3, records: null },
      { partitionIndex: 4, records: [big, bigger] },
    ]
    for (const version of [4, 12]) {
      const encoded = encodeResponse(fetch, version, 1, { responses: [{ topic: 't', partitions }] })
      assert.deepEqual(
        encoded.parts.filter((part) => part === big || part === bigger),
        [big, bigger, big, bigger],
      )
      assert.ok(encoded.parts.every((part) => part.length > 0))
      assert.equal(encoded.length, Buffer.concat(encoded.parts).length)
      const decoded = readResponse(fetch, version, withoutSize(encoded)).response
      assert.deepEqual(
        decoded.responses[0]!.partitions.map(({ records }) => records),
        [
          new Uint8Array(Buffer.concat([big, small, bigger])),
          small,
          new Uint8Array(0),
          null,
          new Uint8Array(Buffer.concat([big, bigger])),
        ],
      )
    }
  })

  it('of one response are not overwritten by the next, however big', () => {
    const large = encodeResponse(metadata, 0, 1, {
      topics: Array.from({ length: 9000 }, (_, i) => ({ name: `topic-${i}-${'x'.repeat(200)}` })),
    })
    const before = Buffer.concat(large.parts)
    const next = encodeResponse(metadata, 0, 2, { topics: [{ name: 'other' }] })
    assert.deepEqual(Buffer.concat(large.parts), before)
    assert.ok(large.length > 1_800_000)
    assert.equal(readResponse(metadata, 0, withoutSize(large)).response.topics.length, 9000)
    assert.equal(readResponse(metadata, 0, withoutSize(next)).response.topics[0]!.name, 'other')
  })
})

describe('what a version lacks', () => {
  it('is not encoded, and decoded as its default', () => {
    const response = { throttleTimeMs: 5, clusterId: 'c', topics: [{ name: 't', topicId: 'BBBBBBBBBBBBBBBBBBBBBA' }] }
    const decoded = readResponse(metadata, 0, withoutSize(encodeResponse(metadata, 0, 1, response))).response
    assert.deepEqual([decoded.throttleTimeMs, decoded.clusterId, decoded.topics[0]!.topicId], [0, null, ZERO_UUID])
  })

  it('null among it, is the empty value', () => {
    const response = { topics: [{ name: null }] }
    const decoded = readResponse(metadata, 11, withoutSize(encodeResponse(metadata, 11, 1, response))).response
    assert.equal(decoded.topics[0]!.name, '')
    const topics = withoutSize(encodeRequest(metadata, 0, 1, null, { topics: null }))
    assert.deepEqual(readRequest(metadata, 0, topics, 10).topics, [])
    const offsets = withoutSize(encodeRequest(offsetFetch, 2, 1, null, { topics: null }))
    assert.equal(readRequest(offsetFetch, 2, offsets, 10).topics, null)
  })
})

describe('malformed messages', () => {
  const name = new Message({ topics: array({ name: string(), ids: array(int32()) }) }, 1)
  const read = (version: number, message: string) => () => name.read(new Reader(bytes(message)), version)

  it('name the field and the position', () => {
    malformed(read(0, '00000002 0001 61 00000000 0005 61'), 'topics.name', /topics\.name: length 5, but 1 bytes/, 13)
    malformed(read(0, '00000001 0001 61 00000001 0000'), 'topics.ids', /4 bytes announced, 2 left/, 11)
  })

  it('have lengths and counts beyond what is left', () => {
    malformed(read(0, '7fffffff 0001 61'), 'topics', /length 2147483647, but 3 bytes left/, 4)
    malformed(read(1, 'ffffffff0f 0001 61'), 'topics', /length 4294967294, but 3 bytes left/, 5)
    malformed(read(0, '00000001 7fff 61'), 'topics.name', /length 32767, but 1 bytes left/, 6)
  })

  it('have negative lengths, or null where none may be', () => {
    malformed(read(0, 'fffffffe'), 'topics', /negative length -2/, 4)
    malformed(read(0, 'ffffffff'), 'topics', /null where none may be/, 0)
    malformed(read(1, '00'), 'topics', /null where none may be/, 0)
    malformed(read(0, '00000001 ffff 00000000'), 'topics.name', /null where none may be/, 4)
  })

  it('have strings longer than any version could carry', () => {
    const longest = (octets: string, size: number) => bytes(`02 ${octets} ${'61'.repeat(size)} 01 00 00`)
    const readIt = (message: Uint8Array) => name.read(new Reader(message), 1)
    assert.equal(readIt(longest('808002', 0x7fff)).topics[0]!.name.length, 0x7fff)
    malformed(() => readIt(longest('818002', 0x8000)), 'topics.name', /a string of 32768 bytes/, 1)
  })

  it('have varints that do not end, or are too big', () => {
    malformed(read(1, '808080808000'), 'topics', /a varint of more than 5 bytes/, 0)
    malformed(read(1, 'ffffffff1f'), 'topics', /a varint beyond 32 bits/, 0)
  })

  it('have tagged fields whose size is not that of their value', () => {
    const tagged = new Message({ rack: string({ tag: 3 }) }, 0)
    const value = (message: string) => tagged.read(new Reader(bytes(message)), 0)
    assert.deepEqual(value('01 03 02 02 61'), { rack: 'a' })
    assert.deepEqual(value('03 00 01 ff 03 02 02 61 09 00'), { rack: 'a' })
    malformed(() => value('01 03 03 02 61 62'), 'rack', /1 bytes too many/, 5)
    malformed(() => value('01 03 01 02 61'), 'rack', /length 1, but 0 bytes left/, 4)
    malformed(() => value('01 03 05 02 61'), '', /5 bytes announced, 2 left/, 3)
  })
})

describe('numbers beyond 2^53', () => {
  const numbers = new Message({ plain: int64(), clamped: int64({ clamped: true, default: 0 }) }, 9)
  const value = (message: string) => numbers.read(new Reader(bytes(message)), 0)

  it('are malformed, or clamped where that is declared', () => {
    malformed(() => value('7fffffffffffffff 0000000000000000'), 'plain', /a number beyond 2\^53/, 0)
    malformed(() => value('8000000000000000 0000000000000000'), 'plain', /a number beyond 2\^53/, 0)
    assert.deepEqual(value('001fffffffffffff 7fffffffffffffff'), {
      plain: Number.MAX_SAFE_INTEGER,
      clamped: Number.MAX_SAFE_INTEGER,
    })
    assert.deepEqual(value('ffe0000000000001 8000000000000000'), {
      plain: Number.MIN_SAFE_INTEGER,
      clamped: Number.MIN_SAFE_INTEGER,
    })
  })
})

describe('the consumer protocol', () => {
  it('of a later version is read as the newest that is known', () => {
    const value = { topics: ['a'], userData: null, ownedPartitions: [], generationId: 4, rackId: 'r' }
    const encoded = encodeConsumerProtocol(consumerProtocolSubscription, 3, value)
    encoded[1] = 9
    const later = Buffer.concat([encoded, bytes('0102')])
    assert.deepEqual(readConsumerProtocol(consumerProtocolSubscription, later), value)
  })

  it('is malformed with a negative version', () => {
    malformed(() => readConsumerProtocol(consumerProtocolSubscription, bytes('ffff 00')), '', /negative version -1/, 0)
  })
})

describe('writers', () => {
  it('refuse what cannot be written', () => {
    const message = new Message({ name: string(), id: uuid() }, 9)
    assert.throws(() => message.write(new Writer(), 0, { name: 'x'.repeat(40_000) }), RangeError)
    assert.throws(() => message.write(new Writer(), 0, { id: 'short' }), RangeError)
  })
})
