/**
 * The kinds of value a setting may have, each a zod type that takes what a flag, the environment or YAML gives
 * (a string, or YAML's own number) and yields the value the broker works with.
 * No kind words its own error: whoever reports a bad value prints the setting's one `allowed` sentence instead.
 */
import { z } from 'zod'
import { bytesOf } from './information-units.ts'

const REFUSED = 'not allowed'

function scalar<T>(read: (text: string) => T | undefined): z.ZodType<T> {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const result = read(String(value).trim())
    if (result !== undefined) return result
    context.addIssue({ code: 'custom', message: REFUSED })
    return z.NEVER
  })
}

function integerIn(text: string, min: number, max: number): number | undefined {
  if (!/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}

export const text = (pattern = /^[^\0]+$/): z.ZodType<string> =>
  scalar((value) => (pattern.test(value) ? value : undefined))

/** Text that is kept to the letter, spaces included: a password, a pattern. */
export const verbatim = z.union([z.string(), z.number().transform(String)])

export const oneOf = <const T extends string>(...choices: T[]): z.ZodType<T> =>
  scalar((value) => choices.find((choice) => choice === value))

export const integer = (min: number, max: number) => scalar((value) => integerIn(value, min, max))

export const bytes = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  scalar((value) => {
    const count = bytesOf(value)
    return count !== undefined && count >= min && count <= max ? count : undefined
  })

/** A share of the machine's memory up to 1, or an absolute size above it. */
export const shareOrBytes = scalar((value) => {
  const count = /^0?\.\d+$/.test(value) ? Number(value) : bytesOf(value)
  return count !== undefined && count > 0 ? count : undefined
})

/** A TCP port, 0 for any free one, null (written `off`) for no listener. */
export const port = orOff(scalar((value) => integerIn(value, 0, 65535)))

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** `broker.example.org:9092`, `[::1]:9092`; null, which only `startBroker` can spell, leaves it out. */
export const hostAndPortOrNull: z.ZodType<HostAndPort | null> = z.union([
  z.null(),
  z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65535) }),
  scalar((value) => {
    const [, bracketed, plain, digits] = /^(?:\[([^\]\s]+)\]|([^\s:/]+)):(\d+)$/.exec(value) ?? []
    const port = digits === undefined ? undefined : integerIn(digits, 1, 65535)
    return port === undefined ? undefined : { host: bracketed ?? plain!, port }
  }),
])

/** A YAML scalar is text. */
export const trueOrFalse: z.ZodType<boolean> = z.union([
  z.boolean(),
  z.enum(['true', 'false']).transform((value) => value === 'true'),
])

function orOff<T>(type: z.ZodType<T>): z.ZodType<T | null> {
  return z.union([z.literal('off').transform(() => null), z.null(), type])
}

/** A path that may be left out, which only `startBroker` can spell: null. */
export const pathOrNull = z.union([z.null(), scalar((value) => (/^[^\0]+$/.test(value) ? value : undefined))])

/** A YAML list, or `a,b` from a flag or the environment; `none` is the empty list. */
export const names: z.ZodType<string[]> = z.union([
  z.array(z.string().min(1)),
  z.string().transform((value) => (value === 'none' ? [] : value.split(',').map((name) => name.trim()))),
])
