/**
 * Which messages of a stream a consumer wants: those whose header `x-stream-filter-value` is one of the values that it
 * names. Every message is looked at, so none comes that was not asked for (RabbitMQ looks at chunks of messages).
 */
import { type Headers, type HeaderValue, isTyped } from '../routing/headers.ts'

const VALUE = 'x-stream-filter-value'

export class StreamFilter {
  private readonly values: ReadonlySet<string>
  private readonly matchUnfiltered: boolean

  constructor(values: readonly string[], matchUnfiltered: boolean) {
    this.values = new Set(values)
    this.matchUnfiltered = matchUnfiltered
  }

  /** @param headers of the message, null if it has none */
  matches(headers: Headers | null): boolean {
    const value = headers?.[VALUE]
    return value === undefined || value === null ? this.matchUnfiltered : this.values.has(textOf(value))
  }
}

function textOf(value: HeaderValue): string {
  const bare = value !== null && typeof value === 'object' && isTyped(value) ? (value.value as HeaderValue) : value
  return bare instanceof Uint8Array ? Buffer.from(bare).toString() : String(bare)
}
