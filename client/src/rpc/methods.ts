/** The methods of a service as types and schemas, and what of them the broker has. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Declaration } from '../connection/topology.ts'
import type { Schema } from '../message/schema.ts'
import { joined, ofKind } from '../receiving/names.ts'

/** Schemas, or in a type argument plain types: `{ price: { args: { sku: string }; result: number } }`. */
export type Methods = Readonly<Record<string, { readonly args?: unknown; readonly result?: unknown }>>

export type MethodSchemas = Readonly<Record<string, { readonly args?: Schema; readonly result?: Schema }>>

type Part<Method, Name extends 'args' | 'result'> = Method extends { readonly [key in Name]: infer Type }
  ? Type
  : // biome-ignore lint/suspicious/noExplicitAny: nothing was said of it
    any

export type InputOfPart<Method, Name extends 'args' | 'result'> =
  Part<Method, Name> extends Schema ? StandardSchemaV1.InferInput<Part<Method, Name>> : Part<Method, Name>

export type OutputOfPart<Method, Name extends 'args' | 'result'> =
  Part<Method, Name> extends Schema ? StandardSchemaV1.InferOutput<Part<Method, Name>> : Part<Method, Name>

/** Requests wait here for a worker, each until its deadline. */
export const requestQueue = (service: string, method: string): string => joined(ofKind('service', service), method)

export const requestDeclaration = (service: string, method: string): Declaration => ({
  kind: 'queue',
  name: requestQueue(service, method),
  options: { durable: true },
})

/** Tells all workers of a method which calls are cancelled. */
export const cancelExchange = (service: string): string => joined(ofKind('service', service), 'cancel')

export const cancelDeclaration = (service: string): Declaration => ({
  kind: 'exchange',
  name: cancelExchange(service),
  type: 'direct',
  options: { durable: true },
})

/** Of a request: when it is of no use any more, in ms since 1970. */
export const DEADLINE_HEADER = 'x-deadline'
