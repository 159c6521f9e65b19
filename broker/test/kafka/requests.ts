/** Requests as a client writes them, and answers as it reads them. */
import assert from 'node:assert/strict'
import { Reader } from '../../src/wire/kafka/reader.ts'
import type { Api, DecodedResponse, RequestInput } from '../../src/wire/kafka/schema.ts'
import { Writer } from '../../src/wire/kafka/writer.ts'

/** With its size before it. */
export function encodeRequest<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  request: RequestInput<A>,
  clientId: string | null = 'test',
): Buffer {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(correlationId)
  if (clientId === null) writer.int16(-1)
  else writer.string16(clientId)
  if (version >= api.flexibleFrom) writer.int8(0)
  api.request.write(writer, version, request)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.concat(writer.finish().parts)
}

/** Without its size; nothing may follow it. */
export function decodeAnswer<A extends Api>(
  api: A,
  version: number,
  answer: Uint8Array,
): { correlationId: number; response: DecodedResponse<A> } {
  const reader = new Reader(answer)
  const correlationId = reader.int32()
  if (version >= api.flexibleFrom && api.key !== 18) reader.skipTaggedFields()
  const response = api.response.read(reader, version) as DecodedResponse<A>
  assert.equal(reader.pos, reader.end, `bytes behind the answer to ${api.name}`)
  return { correlationId, response }
}

/** Takes whole answers out of what has arrived. */
export class AnswerReader {
  private unread = Buffer.alloc(0)

  take(bytes: Uint8Array): Buffer[] {
    this.unread = Buffer.concat([this.unread, bytes])
    const answers: Buffer[] = []
    while (this.unread.length >= 4) {
      const end = 4 + this.unread.readInt32BE(0)
      if (this.unread.length < end) break
      answers.push(this.unread.subarray(4, end))
      this.unread = this.unread.subarray(end)
    }
    return answers
  }
}
