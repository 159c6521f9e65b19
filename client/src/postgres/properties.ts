/**
 * Properties of a message as JSON in a column, and back to what they were: bytes and bigints in headers are written as
 * `{"$": kind, "value": text}`, and so is a table that has a `$` of its own.
 */
import type { Options } from 'amqplib'

type Tagged =
  | { readonly $: 'bytes'; readonly value: string }
  | { readonly $: 'bigint'; readonly value: string }
  | { readonly $: 'table'; readonly value: readonly [string, unknown][] }

export function encodeProperties(properties: Options.Publish): string {
  return JSON.stringify(tagged(properties))
}

export function decodeProperties(text: string): Options.Publish {
  return JSON.parse(text, (_, value) => (isTagged(value) ? untagged(value) : value))
}

/** Before JSON sees it: it would ask a Buffer for its own form. */
function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $: 'bigint', value: String(value) }
  if (typeof value !== 'object' || value === null) return value
  if (Buffer.isBuffer(value)) return { $: 'bytes', value: value.toString('base64') }
  if (Array.isArray(value)) return value.map(tagged)
  const fields = Object.entries(value).map(([name, field]) => [name, tagged(field)] as const)
  return '$' in value ? { $: 'table', value: fields } : Object.fromEntries(fields)
}

const isTagged = (value: unknown): value is Tagged => typeof value === 'object' && value !== null && '$' in value

function untagged(tagged: Tagged): unknown {
  switch (tagged.$) {
    case 'bytes':
      return Buffer.from(tagged.value, 'base64')
    case 'bigint':
      return BigInt(tagged.value)
    case 'table':
      return Object.fromEntries(tagged.value)
  }
}
