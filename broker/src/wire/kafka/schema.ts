// An API: a pair of messages under a key, one declaration per file in messages/, and the types that follow from it.

import type { Decoded, Encodable, Fields } from './field.ts'
import { Message } from './message.ts'

export { ZERO_UUID } from './field.ts'

export interface Api<Q extends Fields = Fields, S extends Fields = Fields> {
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  /** What ApiVersions says the lowest version is; those below `versionMin` are refused all the same. */
  readonly advertisedFrom: number
  /** From this version on: compact lengths, tagged fields, headers with tagged fields. Infinity: never. */
  readonly flexibleFrom: number
  readonly request: Message<Q>
  readonly response: Message<S>
}

interface ApiDeclaration<Q extends Fields, S extends Fields> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  readonly flexibleFrom?: number
  readonly advertisedFrom?: number
  readonly request: Q
  readonly response: S
}

export function api<const Q extends Fields, const S extends Fields>(declaration: ApiDeclaration<Q, S>): Api<Q, S> {
  const { key, name } = declaration
  const [versionMin, versionMax] = declaration.versions
  const flexibleFrom = declaration.flexibleFrom ?? Number.POSITIVE_INFINITY
  return {
    key,
    name,
    versionMin,
    versionMax,
    advertisedFrom: declaration.advertisedFrom ?? versionMin,
    flexibleFrom,
    request: new Message(declaration.request, flexibleFrom),
    response: new Message(declaration.response, flexibleFrom),
  }
}

/** What a handler is given. */
export type RequestOf<A extends Api> = A extends Api<infer Q, Fields> ? Decoded<Q> : never

/** What a handler answers: fields left out have their defaults. */
export type ResponseOf<A extends Api> = A extends Api<Fields, infer S> ? Encodable<S> : never

/** What a client sends. */
export type RequestInput<A extends Api> = A extends Api<infer Q, Fields> ? Encodable<Q> : never

/** What a client is given. */
export type DecodedResponse<A extends Api> = A extends Api<Fields, infer S> ? Decoded<S> : never
