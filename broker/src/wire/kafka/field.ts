// The language in which Kafka's messages are declared: their fields, those of all versions in one declaration.
//
//   name: string()                      in every version
//   name: string({ since: 1 })          from version 1 on;  `until: 12` up to and with version 12
//   name: string({ nullable: 7 })       may be null from version 7 on (0: always)
//   rack: string({ tag: 0 })            a tagged field (KIP-482): left out where it has its default
//   topics: array({ ... }), array(int32()), leader: struct({ ... })
//
// A field that a version lacks decodes to its default and is not encoded; when encoding, a field left out has its
// default. Defaults are 0, '', false, [], no bytes, the zero uuid, a structure of defaults, unless declared; of
// `records`, null. Values are plain objects with all the fields of the declaration in its order, whatever the version.

export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

export type FieldType =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct'

declare const DECODED: unique symbol
declare const ENCODABLE: unique symbol

/** `Out` is what decoding gives, `In` what encoding takes. */
export interface Field<Out = unknown, In = unknown> {
  readonly [DECODED]?: Out
  readonly [ENCODABLE]?: In
  readonly type: FieldType
  readonly since: number
  readonly until: number
  /** The first version in which it may be null; Infinity: never. */
  readonly nullable: number
  /** -1: not a tagged field. */
  readonly tag: number
  readonly default: unknown
  /** int64 only: what is beyond ±2^53 becomes the nearest safe integer instead of being malformed. */
  readonly clamped: boolean
  /** Of an array. */
  readonly item: Field | null
  /** Of a structure. */
  readonly fields: Fields | null
}

export interface Fields {
  readonly [name: string]: Field
}

export function isPresent(field: Field, version: number): boolean {
  return version >= field.since && version <= field.until
}

/** All fields present. */
export type Decoded<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends Field<infer Out, unknown> ? Out : never
}

/** Fields may be left out. */
export type Encodable<F extends Fields> = {
  readonly [N in keyof F]?: (F[N] extends Field<unknown, infer In> ? In : never) | undefined
}

export interface FieldOptions<T> {
  readonly since?: number
  readonly until?: number
  readonly nullable?: number
  readonly tag?: number
  readonly default?: T
  readonly clamped?: boolean
}

type OrNull<O> = O extends { readonly nullable: number } ? null : never

function field(type: FieldType, empty: unknown, options: FieldOptions<unknown>): Field<never, never> {
  return {
    type,
    since: options.since ?? 0,
    until: options.until ?? Number.POSITIVE_INFINITY,
    nullable: options.nullable ?? Number.POSITIVE_INFINITY,
    tag: options.tag ?? -1,
    default: options.default === undefined ? empty : options.default,
    clamped: options.clamped ?? false,
    item: null,
    fields: null,
  }
}

type Simple<T> = <const O extends FieldOptions<T | null>>(options?: O) => Field<T | OrNull<O>, T | OrNull<O>>

function simple<T>(type: FieldType, empty: T): Simple<T> {
  return (options) => field(type, empty, options ?? {})
}

export const boolean = simple('boolean', false)
export const int8 = simple('int8', 0)
export const int16 = simple('int16', 0)
export const int32 = simple('int32', 0)
export const int64 = simple('int64', 0)
/** 22 characters of URL-safe base64. */
export const uuid = simple('uuid', ZERO_UUID)
export const string = simple('string', '')
/** Decodes to a view of the message. */
export const bytes = simple<Uint8Array>('bytes', new Uint8Array(0))

/** Record batches: decodes to a view of the message; several parts are encoded as if they were joined. */
export function records(
  options: FieldOptions<null> = {},
): Field<Uint8Array | null, Uint8Array | readonly Uint8Array[] | null> {
  return field('records', null, { nullable: 0, ...options })
}

/** Of structures, given as their fields, or of a simple type: `array(int32())`. */
export function array<const F extends Fields, const O extends FieldOptions<null>>(
  item: F,
  options?: O,
): Field<readonly Decoded<F>[] | OrNull<O>, readonly Encodable<F>[] | OrNull<O>>
export function array<T, const O extends FieldOptions<null>>(
  item: Field<T, T>,
  options?: O,
): Field<readonly T[] | OrNull<O>, readonly T[] | OrNull<O>>
export function array(item: Fields | Field, options: FieldOptions<null> = {}): Field<never, never> {
  const simpleItem = typeof item.type === 'string'
  return {
    ...field('array', Object.freeze([]), options),
    item: simpleItem ? (item as Field) : (struct(item as Fields) as Field),
  }
}

export function struct<const F extends Fields, const O extends FieldOptions<null>>(
  fields: F,
  options?: O,
): Field<Decoded<F> | OrNull<O>, Encodable<F> | OrNull<O>> {
  const empty = Object.fromEntries(Object.entries(fields).map(([name, { default: value }]) => [name, value]))
  return { ...field('struct', Object.freeze(empty), options ?? {}), fields }
}
