/**
 * The head of every request:
 *
 *   API key i16 | version i16 | correlation id i32 | client id, nullable string | tagged fields, in flexible versions
 *
 * and of every answer, behind its size:
 *
 *   correlation id i32 | tagged fields, in flexible versions but those of ApiVersions: a client that does not know what is
 *   spoken here must be able to read the answer.
 */
import type { Output } from '../net/output.ts'
import type { Reader } from '../wire/kafka/reader.ts'
import type { Api } from '../wire/kafka/schema.ts'
import { Writer } from '../wire/kafka/writer.ts'

export const API_VERSIONS = 18

export interface RequestHeader {
  readonly key: number
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** Up to the client id, which all versions have in one form. @throws MalformedMessage */
export function readHeader(reader: Reader): RequestHeader {
  const key = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  const length = reader.length16()
  return { key, version, correlationId, clientId: length < 0 ? null : reader.text(length) }
}

/** Parts from this size on are not copied. */
const BY_REFERENCE_MIN = 4096

export function writeAnswer(output: Output, api: Api, version: number, correlationId: number, response: unknown): void {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  if (version >= api.flexibleFrom && api.key !== API_VERSIONS) writer.int8(0)
  api.response.write(writer, version, response as never)
  writer.patchInt32(0, writer.length - 4)
  for (const part of writer.finish().parts) {
    if (part.length < BY_REFERENCE_MIN) output.append(part)
    else output.reference(part)
  }
}
