/** What a consumer of a stream asks for in its arguments. */
import { typeName, valueText } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import { type Headers, type HeaderValue, noHeaders } from '../routing/headers.ts'
import { StreamFilter } from './stream-filter.ts'
import { parseStreamOffset } from './stream-offset.ts'
import type { StreamQueue } from './stream-queue.ts'
import type { StreamReaderOptions } from './stream-reader.ts'

const OFFSET = 'x-stream-offset'
const FILTER = 'x-stream-filter'
const MATCH_UNFILTERED = 'x-stream-match-unfiltered'
const NAME = 'x-stream-consumer'

/** @throws Refusal precondition-failed for a value that makes no sense */
export function streamReaderOptions(stream: StreamQueue, args: Headers): StreamReaderOptions {
  const refuse = (name: string, reason: string): never => {
    const text = `invalid arg '${name}' for queue '${stream.name}' in vhost '${stream.vhost}': ${reason}`
    throw new Refusal('precondition-failed', text)
  }
  const { [OFFSET]: from, [FILTER]: values, [MATCH_UNFILTERED]: unfiltered, [NAME]: name } = args ?? noHeaders
  const offset = parseStreamOffset(from, stream.surroundings.clock.now())
  if (offset === null) return refuse(OFFSET, `{invalid_stream_offset_arg,${termOf(from!)}}`)
  if (unfiltered !== undefined && typeof unfiltered !== 'boolean') {
    return refuse(MATCH_UNFILTERED, `{unacceptable_type,${typeName(unfiltered)}}`)
  }
  const wanted = typeof values === 'string' ? [values] : values
  if (wanted !== undefined && !isTexts(wanted)) return refuse(FILTER, `{unacceptable_type,${typeName(wanted)}}`)
  if (name !== undefined && typeof name !== 'string') return refuse(NAME, `{unacceptable_type,${typeName(name)}}`)
  if (name === '') return refuse(NAME, 'the name of a consumer must not be empty')
  const filter = wanted === undefined ? null : new StreamFilter(wanted, unfiltered ?? false)
  return { offset, filter, name: name ?? null }
}

function isTexts(value: HeaderValue): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function termOf(value: HeaderValue): string {
  const text = valueText(value)
  return `{${typeName(value)},${typeof value === 'string' ? `<<${JSON.stringify(value)}>>` : text}}`
}
