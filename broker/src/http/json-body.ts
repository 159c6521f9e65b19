/** Request bodies as JSON, checked by a schema. */
import type { Context } from 'hono'
import type { z } from 'zod'
import { badRequest } from './answers.ts'
import { isNestedDeeper } from './json-depth.ts'

/** As deep as tables of AMQP; what is kept is walked by functions that call themselves. */
const DEPTH_MAX = 64

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
  if (isNestedDeeper(text, DEPTH_MAX)) throw badRequest(`body is nested deeper than ${DEPTH_MAX}`)
}

/** @throws HttpError 400 naming the first field that is not what the schema wants */
export async function jsonBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const found = schema.safeParse(await jsonObject(c))
  if (found.success) return found.data
  const [issue] = found.error.issues
  const at = issue.path.join('.')
  throw badRequest(at === '' ? issue.message : `${at}: ${issue.message}`)
}
