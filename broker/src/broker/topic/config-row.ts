/**
 * A setting as Kafka's admin interface knows it: a name, a type, a default, what values it takes. Values are kept as
 * text, as they came but trimmed and with numbers written plainly: what is described is what holds.
 */
import { StreamRefusal } from '../stream-refusal.ts'

export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'password'

/** @returns why a value is refused; a list is checked part by part. `number` is NaN where the type is none. */
export type ConfigCheck = (text: string, number: number) => string | null

export interface ConfigRow {
  readonly name: string
  readonly type: ConfigType
  /** Null: none. */
  readonly default: string | null
  readonly doc: string
  readonly check?: ConfigCheck
}

const LONGEST: Partial<Record<ConfigType, bigint>> = { short: 32_767n, int: 2_147_483_647n, long: (1n << 63n) - 1n }

/**
 * @returns the value as it is kept
 * @throws StreamRefusal invalid-config
 */
export function checkedValue(row: ConfigRow, value: string): string {
  const text = canonical(row, value.trim())
  if (row.type === 'list') {
    const parts = [...new Set(listOf(text))]
    if (parts.includes('')) {
      throw new StreamRefusal('invalid-config', `Configuration '${row.name}' values must not be empty.`)
    }
    for (const part of parts) refuseUnless(row, part, row.check?.(part, Number.NaN))
    return parts.join(',')
  }
  refuseUnless(row, text, row.check?.(text, Number(text)))
  return text
}

export function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',').map((part) => part.trim())
}

function canonical(row: ConfigRow, text: string): string {
  if (row.type === 'boolean') {
    const lower = text.toLowerCase()
    refuseUnless(row, text, lower === 'true' || lower === 'false' ? null : 'Expected value to be either true or false')
    return lower
  }
  const notNumber = `Not a number of type ${row.type.toUpperCase()}`
  if (row.type === 'double') {
    refuseUnless(row, text, text !== '' && Number.isFinite(Number(text)) ? null : notNumber)
    return text
  }
  const longest = LONGEST[row.type]
  if (longest === undefined) return text
  refuseUnless(row, text, /^[+-]?\d{1,30}$/.test(text) ? null : notNumber)
  const number = BigInt(text.replace('+', ''))
  refuseUnless(row, text, number <= longest && number >= -longest - 1n ? null : notNumber)
  return number.toString()
}

function refuseUnless(row: ConfigRow, text: string, why: string | null | undefined): void {
  if (why === null || why === undefined) return
  throw new StreamRefusal('invalid-config', `Invalid value ${text} for configuration ${row.name}: ${why}`)
}

export function atLeast(least: number): ConfigCheck {
  return (_text, number) => (number < least ? `Value must be at least ${least}` : null)
}

export function between(least: number, most: number): ConfigCheck {
  return (_text, number) => {
    if (number < least) return `Value must be at least ${least}`
    return number > most ? `Value must be no more than ${most}` : null
  }
}

/** The one number besides that leaves it to somebody else. */
export function betweenOr(least: number, most: number, other: number): ConfigCheck {
  return (_text, number) =>
    number === other || (number >= least && number <= most)
      ? null
      : `Value must be between ${least} and ${most} or equal to ${other}`
}

export function oneOf(...names: readonly string[]): ConfigCheck {
  return (text) => (names.includes(text) ? null : `String must be one of: ${names.join(', ')}`)
}
