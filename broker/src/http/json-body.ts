/** Request bodies as JSON, checked by a schema. */
import type { Context } from 'hono'
import type { z } from 'zod'
import { badRequest } from './answers.ts'

/** What was sent, `{}` for nothing. @throws HttpError 400 for what is no JSON object */
export async function jsonObject(c: Context): Promise<Record<string, unknown>> {
  const text = await c.req.text()
  if (text === '') return {}
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

/** @throws HttpError 400 naming the first field that is not what the schema wants */
export async function jsonBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const found = schema.safeParse(await jsonObject(c))
  if (found.success) return found.data
  const [issue] = found.error.issues
  const at = issue.path.join('.')
  throw badRequest(at === '' ? issue.message : `${at}: ${issue.message}`)
}
