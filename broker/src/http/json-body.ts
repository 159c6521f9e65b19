/** Request bodies as JSON, checked by a schema. */
import type { Context } from 'hono'
import type { z } from 'zod'
import { badRequest } from './answers.ts'

/** As deep as tables of AMQP; what is kept is walked by functions that call themselves. */
const DEPTH_MAX = 64
const [QUOTE, BACKSLASH, BRACKET, BRACE, BRACKET_END, BRACE_END] = Buffer.from('"\\[{]}')

/** What was sent, `{}` for nothing. @throws HttpError 400 for what is no JSON object, or nested too deep */
export async function jsonObject(c: Context): Promise<Record<string, unknown>> {
  const text = await c.req.text()
  if (text === '') return {}
  checkDepth(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badRequest('body is not valid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('body must be a JSON object')
  return value as Record<string, unknown>
}

/** Of a text that is to be JSON, before it is read. @throws HttpError 400 */
export function checkDepth(text: string): void {
  let depth = 0
  for (let pos = 0; pos < text.length; pos++) {
    const code = text.charCodeAt(pos)
    if (code === QUOTE) pos = endOfString(text, pos)
    else if (code === BRACKET || code === BRACE) {
      if (++depth > DEPTH_MAX) throw badRequest(`body is nested deeper than ${DEPTH_MAX}`)
    } else if (code === BRACKET_END || code === BRACE_END) depth--
  }
}

/** @param start of a string, its quote */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

/** @throws HttpError 400 naming the first field that is not what the schema wants */
export async function jsonBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const found = schema.safeParse(await jsonObject(c))
  if (found.success) return found.data
  const [issue] = found.error.issues
  const at = issue.path.join('.')
  throw badRequest(at === '' ? issue.message : `${at}: ${issue.message}`)
}
