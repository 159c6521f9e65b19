/** Which messages a request means: from where, which ones, how many. */
import type { Context } from 'hono'
import { z } from 'zod'
import type { BrowseOptions } from '../../broker/operations/browse.ts'
import type { MessageFilter } from '../../broker/operations/filter.ts'
import type { Selection } from '../../broker/operations/transfer.ts'
import { badRequest } from '../answers.ts'

const SCAN_BYTES = 8 << 20
const SCAN_BYTES_MAX = 64 << 20

/** @throws HttpError 400 */
export function browseOptions(c: Context): BrowseOptions {
  const limit = wholeNumber(c, 'limit')
  const bodyBytesMax = wholeNumber(c, 'body_bytes')
  const filter = messageFilter({ key: c.req.query('key'), header: c.req.query('header'), text: c.req.query('text') })
  const scanBytesMax = wholeNumber(c, 'scan_bytes') ?? SCAN_BYTES
  if (scanBytesMax > SCAN_BYTES_MAX) throw badRequest(`scan_bytes must be at most ${SCAN_BYTES_MAX}`)
  return {
    place: wholeNumber(c, 'place'),
    sinceMs: wholeNumber(c, 'since'),
    signal: c.req.raw.signal,
    ...(limit !== undefined && { limit }),
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
    // Only a search may have to go far.
    ...(filter !== undefined && { filter, scanBytesMax }),
  }
}

/** @throws HttpError 400 */
export function wholeNumber(c: Context, name: string): number | undefined {
  const text = c.req.query(name)
  if (text === undefined) return undefined
  const number = exactNumber(text)
  if (number === null) throw badRequest(`${name} must be a whole number, not '${text}'`)
  return number
}

/** Null for what is no whole number, or one that JavaScript cannot hold exactly. */
export function exactNumber(text: string): number | null {
  const number = Number(text)
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : null
}

const filterFields = z.object({
  key: z.string().optional(),
  header: z.string().optional(),
  text: z.string().optional(),
})

/** Of bodies of requests. */
export const selectionFields = {
  places: z.array(z.int().nonnegative()).optional(),
  /** Begin here: what stands before is passed over without a look. */
  place: z.int().nonnegative().optional(),
  filter: filterFields.optional(),
  limit: z.int().positive().optional(),
}

export function selectionOf(
  { places, place, filter, limit }: z.output<z.ZodObject<typeof selectionFields>>,
  signal: AbortSignal,
): Selection {
  const found = filter === undefined ? undefined : messageFilter(filter)
  return {
    signal,
    ...(places !== undefined && { places }),
    ...(place !== undefined && { place }),
    ...(limit !== undefined && { limit }),
    ...(found !== undefined && { filter: found }),
  }
}

/** `header` is `NAME` or `NAME=VALUE`. What is empty says nothing. */
function messageFilter({ key, header, text }: z.output<typeof filterFields>): MessageFilter | undefined {
  if (!key && !header && !text) return undefined
  return {
    ...(key && { keyContains: key }),
    ...(header && { header: headerOf(header) }),
    ...(text && { contains: text }),
  }
}

function headerOf(text: string): { name: string; value?: string } {
  const at = text.indexOf('=')
  return at < 0 ? { name: text } : { name: text.slice(0, at), value: text.slice(at + 1) }
}
