/** What a request says about the list it wants (RabbitMQ's parameters). */
import type { Context } from 'hono'
import { topicMatcher } from '../../broker/group/subscription-regex.ts'
import { StreamRefusal } from '../../broker/stream-refusal.ts'
import { badRequest, HttpError } from '../answers.ts'

export interface ListQuery {
  /** Null for all of it. */
  readonly page: number | null
  readonly pageSize: number
  readonly filter: NameFilter | null
  readonly sort: string | null
  readonly reverse: boolean
}

export interface NameFilter {
  /** The same for filters that do the same. */
  readonly id: string
  /** Whether any name that a thing goes by may be meant, or only that of the list. */
  readonly byAnyName: boolean
  passes(name: string): boolean
}

const PAGE_SIZE = 100
const PAGE_SIZE_MAX = 500
const PATTERN_CHARS_MAX = 512

/** @throws HttpError 400 */
export function listQuery(c: Context): ListQuery {
  const page = wholeNumber(c, 'page')
  const size = wholeNumber(c, 'page_size')
  const pageSize = size ?? PAGE_SIZE
  if (page !== null && (page < 1 || pageSize < 1 || pageSize > PAGE_SIZE_MAX)) {
    const text = `Invalid pagination parameters: page number ${page}, page size ${size ?? 'undefined'}`
    throw new HttpError(400, 'invalid_pagination_parameters', text)
  }
  const isPattern = c.req.query('use_regex') === 'true'
  return {
    page,
    pageSize,
    filter:
      nameFilter(c.req.query('search') ?? '', isPattern, true) ??
      nameFilter(c.req.query('name') ?? '', isPattern, false),
    sort: c.req.query('sort') || null,
    reverse: c.req.query('sort_reverse') === 'true',
  }
}

export function pageOutOfRange(page: number, pageSize: number, count: number): HttpError {
  const text = `Page out of range, page: ${page} page size: ${pageSize}, len: ${count}`
  return new HttpError(400, 'page_out_of_range', text)
}

function wholeNumber(c: Context, name: string): number | null {
  const text = c.req.query(name)
  if (text === undefined) return null
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest('Pagination parameters are invalid')
  return Number(text)
}

function nameFilter(text: string, isPattern: boolean, byAnyName: boolean): NameFilter | null {
  if (text === '') return null
  if (!isPattern) {
    const wanted = text.toLowerCase()
    return { id: `${byAnyName}=${wanted}`, byAnyName, passes: (name) => name.toLowerCase().includes(wanted) }
  }
  const pattern = lowerCasePattern(text)
  const fits = matcher(text, `.*(?:${pattern}).*`)
  return { id: `${byAnyName}~${pattern}`, byAnyName, passes: (name) => fits(name.toLowerCase()) }
}

/** In time proportional to the name: whoever may look at lists may send patterns. */
function matcher(text: string, pattern: string): (name: string) => boolean {
  if (text.length > PATTERN_CHARS_MAX) throw badRequest(`name is longer than ${PATTERN_CHARS_MAX} characters`)
  try {
    return topicMatcher(pattern)
  } catch (error) {
    if (error instanceof StreamRefusal) throw badRequest(`Invalid regular expression: ${text}`)
    throw error
  }
}

/** Classes (`\D`, `\pL`) keep their letters. */
function lowerCasePattern(pattern: string): string {
  return pattern.replace(/\\[pP](?:\{[^}]*\}|.)|\\.|[A-Z]/g, (part) => (part[0] === '\\' ? part : part.toLowerCase()))
}
