/**
 * Values of arguments in RabbitMQ's words, for its error texts. Trade: an integer no longer knows the width it travelled
 * in, so it is called by the width that clients choose for its size.
 */

import { Refusal } from './refusal.ts'
import { describeValue, type HeaderValue, isTyped } from './routing/headers.ts'

const TYPE_NAMES: Readonly<Record<string, string>> = {
  f: 'float',
  d: 'double',
  D: 'decimal',
  S: 'longstr',
  x: 'binary',
  T: 'timestamp',
}

export function typeName(value: HeaderValue): string {
  switch (typeof value) {
    case 'string':
      return 'longstr'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'long'
    case 'number':
      if (!Number.isInteger(value)) return 'double'
      return value === (value | 0) ? 'signedint' : 'long'
    default:
      if (value === null) return 'void'
      if (isTyped(value)) return TYPE_NAMES[value.type] ?? value.type
      if (value instanceof Uint8Array) return 'binary'
      return Array.isArray(value) ? 'array' : 'table'
  }
}

export function isInteger(value: HeaderValue): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value)
}

/** @throws Refusal precondition-failed, saying what was received and what is there. `object`: queue 'q' in vhost '/' */
export function refuseInequivalent(
  name: string,
  object: string,
  received: HeaderValue | undefined,
  current: HeaderValue | undefined,
): never {
  const both = received !== undefined && current !== undefined
  const shown = (value: HeaderValue | undefined): string => {
    if (value === undefined) return 'none'
    return both ? `'${valueText(value)}'` : `the value '${valueText(value)}' of type '${typeName(value)}'`
  }
  throw new Refusal(
    'precondition-failed',
    `inequivalent arg '${name}' for ${object}: received ${shown(received)} but current is ${shown(current)}`,
  )
}

/** Any value in an error text; tables and the like, which no conversion of the language takes, in a form of ours. */
export function valueText(value: HeaderValue): string {
  const scalar = isTyped(value) ? value.value : value
  return typeof scalar === 'object' && scalar !== null ? describeValue(value) : String(scalar)
}
