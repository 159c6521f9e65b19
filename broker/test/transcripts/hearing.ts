// Comparing what arrived with what the dialogue's line expects of it.

import assert from 'node:assert/strict'
import type { Typed, TypedTable } from '../../src/wire/amqp/field-table.ts'
import type { MethodName } from '../../src/wire/amqp/methods.ts'
import { type Arrival, inWords, readable } from './client.ts'

/** Fields that must be as given; text may be a pattern. What is not named is not looked at. */
export type Expected = { readonly [field: string]: unknown }

export class Capture {
  readonly name: string
  readonly pattern: RegExp
  constructor(name: string, pattern: RegExp) {
    this.name = name
    this.pattern = pattern
  }
}

export class Captured {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Expects text of some form and keeps it under a name. */
export function capture(name: string, pattern: RegExp): Capture {
  return new Capture(name, pattern)
}

/** The text kept under a name; typed as what it is used for. */
export function captured(name: string): string {
  return new Captured(name) as unknown as string
}

export function hear(arrival: Arrival, name: MethodName, expected: Expected): void {
  const said = inWords(arrival)
  assert.equal(arrival.name, name, `expected ${name}, heard ${said}`)
  for (const [field, value] of Object.entries(expected)) {
    const pattern = value instanceof Capture ? value.pattern : value
    const actual = readable(arrival.args[field])
    if (pattern instanceof RegExp) assert.match(String(actual), pattern, `${field} of ${said}`)
    else assert.deepEqual(actual, pattern, `${field} of ${said}`)
  }
}

/** Headers in plain words: text as it is, other values behind the tag of their type, and `T:now` for this hour (clocks jump). */
export function inTags(table: TypedTable): { [name: string]: unknown } {
  return Object.fromEntries(table.map(([name, value]) => [name, inTag(value)]))
}

function inTag({ type, value }: Typed): unknown {
  if (type === 'A') return value.map((item) => inTag(item as Typed))
  if (type === 'F') return inTags(value as TypedTable)
  if (type === 'T' && Math.abs(Date.now() / 1000 - Number(value)) < 3600) return 'T:now'
  return type === 'S' ? String(readable(value)) : `${type}:${value}`
}
