/** Data is checked where it is sent and where it arrives, by any library that speaks Standard Schema. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { Invalid } from '../errors.ts'

export type Schema = StandardSchemaV1

/** Schemas by name: of jobs, events, or methods. */
export type Schemas = Readonly<Record<string, Schema>>

/** Where nothing is said of a name, its data may be anything. */
// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export type Untyped = Readonly<Record<string, any>>

/** What is sent under a name. `Data` holds a schema for each name, or plain types. */
export type InputOf<Data, Name extends keyof Data> = Data[Name] extends Schema
  ? StandardSchemaV1.InferInput<Data[Name]>
  : Data[Name]

/** What a handler gets under a name. */
export type OutputOf<Data, Name extends keyof Data> = Data[Name] extends Schema
  ? StandardSchemaV1.InferOutput<Data[Name]>
  : Data[Name]

/** @returns the data as the schema makes it. @throws Invalid */
export async function checked(schema: Schema, data: unknown, what: string): Promise<unknown> {
  let result = schema['~standard'].validate(data)
  if (result instanceof Promise) result = await result
  if (result.issues !== undefined) throw new Invalid(what, result.issues)
  return result.value
}
