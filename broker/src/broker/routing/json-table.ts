/**
 * Tables as JSON. That has no bytes and no timestamps: they become text and numbers, which is also what RabbitMQ writes.
 */
import { type Headers, type HeaderValue, isTyped } from './headers.ts'

/** For `JSON.stringify`. */
export function jsonTable(table: Headers): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, jsonValue(value)]))
}

function jsonValue(value: HeaderValue): unknown {
  if (typeof value === 'bigint') return rawJson(value.toString())
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value)) return value.map(jsonValue)
  if (!isTyped(value)) return jsonTable(value as Headers)
  if (value.type !== 'D') return jsonValue(value.value as HeaderValue)
  const { scale, digits } = value.value as { scale: number; digits: number }
  return digits / 10 ** scale
}

/** An integer beyond 2^53 as its digits: in every supported Node, not yet in TypeScript's library. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON
