/**
 * What HTTP answers when something is wrong: RabbitMQ's `{error, reason}`, from one exhaustive table for the broker's
 * refusals. What is none of these is a bug of ours: 500, and in the diagnostics with its stack.
 */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { StacklessError } from '../base/stackless-error.ts'
import { Refusal, type RefusalCode } from '../broker/refusal.ts'
import { StreamRefusal } from '../broker/stream-refusal.ts'
import type { HttpContext } from './context.ts'
import { streamStatus } from './stream-answers.ts'

/** A request that cannot be served as it stands. */
export class HttpError extends StacklessError {
  readonly status: ContentfulStatusCode
  /** RabbitMQ's word for it. */
  readonly error: string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: ContentfulStatusCode,
    error: string,
    reason: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(reason)
    this.status = status
    this.error = error
    this.headers = headers
  }
}

export const badRequest = (reason: string): HttpError => new HttpError(400, 'bad_request', reason)
export const notAuthorised = (reason: string): HttpError => new HttpError(401, 'not_authorised', reason)
/** Of a thing that its address names. */
export const notFound = (reason = 'Not Found'): HttpError =>
  new HttpError(404, reason === 'Not Found' ? 'Object Not Found' : 'not_found', reason)

const REFUSALS: { readonly [C in RefusalCode]: readonly [ContentfulStatusCode, string] } = {
  'not-found': [404, 'not_found'],
  'access-refused': [401, 'not_authorised'],
  'resource-locked': [400, 'bad_request'],
  'precondition-failed': [400, 'bad_request'],
  'not-allowed': [400, 'bad_request'],
  'not-implemented': [400, 'bad_request'],
  'content-too-large': [413, 'content_too_large'],
  'resource-error': [503, 'service_unavailable'],
  'internal-error': [500, 'internal_error'],
}

export function answerTo(http: HttpContext, error: unknown, c: Context): Response {
  if (error instanceof HttpError) {
    // RabbitMQ names what is missing only to those who want to change something.
    if (error.status === 404 && error.message === 'vhost_not_found' && c.req.method === 'GET')
      return answerTo(http, notFound(), c)
    return c.json({ error: error.error, reason: error.message }, error.status, error.headers)
  }
  if (error instanceof Refusal) {
    const [status, word] = REFUSALS[error.code]
    return c.json({ error: word, reason: error.message }, status)
  }
  if (error instanceof StreamRefusal) {
    const [status, word] = streamStatus(error.code)
    return c.json({ error: word, reason: error.message }, status)
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  http.broker.logger.error({ error: text, path: c.req.path }, 'a bug in the broker')
  return c.json({ error: 'internal_error', reason: 'internal error' }, 500)
}
