// Whole requests and responses, with their headers.
//
//   request  = size i32, api key i16, api version i16, correlation id i32 │ v1: client id string │ v2: tagged fields
//   response = size i32, correlation id i32                               │ v1: tagged fields
//
// Flexible versions of an API have headers v2 and v1. The client id is never compact; the response of ApiVersions has
// header v0 in all versions, since a client reads it before it knows what the broker speaks (KIP-511).

import { apiOf } from './apis.ts'
import type { Decoded, Encodable, Fields } from './field.ts'
import { apiVersions } from './messages/api-versions.ts'
import { Reader } from './reader.ts'
import type { Api, DecodedResponse, RequestInput, RequestOf, ResponseOf } from './schema.ts'
import { type Encoded, Writer } from './writer.ts'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Undefined: none that is declared; then the body cannot be found. */
  readonly api: Api | undefined
  /** Where the body begins. */
  readonly bodyPos: number
}

/** Reads the header of a request without its size. @throws MalformedMessage */
export function readRequestHeader(request: Uint8Array): RequestHeader {
  const reader = new Reader(request)
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  const length = reader.length16()
  const clientId = length < 0 ? null : reader.text(length)
  const api = apiOf(apiKey)
  if (api !== undefined && apiVersion >= api.flexibleFrom) reader.skipTaggedFields()
  return { apiKey, apiVersion, correlationId, clientId, api, bodyPos: reader.pos }
}

/** Reads the body of a request, which ends with the bytes. @throws MalformedMessage */
export function readRequest<A extends Api>(api: A, version: number, request: Uint8Array, bodyPos: number): RequestOf<A>
export function readRequest(api: Api, version: number, request: Uint8Array, bodyPos: number): Decoded<Fields> {
  const reader = new Reader(request, bodyPos)
  const value = api.request.read(reader, version)
  reader.finish()
  return value
}

/** With size and header. */
export function encodeResponse<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  response: ResponseOf<A>,
): Encoded
export function encodeResponse(api: Api, version: number, correlationId: number, response: Encodable<Fields>): Encoded {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  if (hasTaggedHeader(api, version)) writer.int8(0)
  api.response.write(writer, version, response)
  writer.patchInt32(0, writer.length - 4)
  return writer.finish()
}

/** With size and header: a client's side. */
export function encodeRequest<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  clientId: string | null,
  request: RequestInput<A>,
): Encoded
export function encodeRequest(
  api: Api,
  version: number,
  correlationId: number,
  clientId: string | null,
  request: Encodable<Fields>,
): Encoded {
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
  return writer.finish()
}

/** Reads a response without its size: a client's side. @throws MalformedMessage */
export function readResponse<A extends Api>(
  api: A,
  version: number,
  response: Uint8Array,
): { readonly correlationId: number; readonly response: DecodedResponse<A> }
export function readResponse(
  api: Api,
  version: number,
  response: Uint8Array,
): { readonly correlationId: number; readonly response: Decoded<Fields> } {
  const reader = new Reader(response)
  const correlationId = reader.int32()
  if (hasTaggedHeader(api, version)) reader.skipTaggedFields()
  const value = api.response.read(reader, version)
  reader.finish()
  return { correlationId, response: value }
}

function hasTaggedHeader(api: Api, version: number): boolean {
  return version >= api.flexibleFrom && api.key !== apiVersions.key
}
