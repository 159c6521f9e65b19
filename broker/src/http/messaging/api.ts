/**
 * The routes of `/v1` and the document that describes them: what is not described cannot be reached. Bodies and queries
 * are checked by the schemas that the document shows.
 */
import { OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { Context, Handler } from 'hono'
import { badRequest, HttpError } from '../answers.ts'
import type { Env } from '../login/authentication.ts'

export type Ctx = Context<Env>

type Method = 'get' | 'post'

export interface Description {
  readonly summary: string
  readonly description?: string
  readonly tag: string
  readonly query?: z.ZodObject
  /** JSON, unless `raw`. */
  readonly body?: z.ZodType
  readonly raw?: boolean
  /** Of the answer when all is well; text is that of an event stream. */
  readonly answer: z.ZodType | string
  /** What else is answered: status and when. */
  readonly errors: Readonly<Record<number, string>>
}

const ErrorAnswer = z
  .object({ error: z.string(), reason: z.string() })
  .openapi('Error', { example: { error: 'not_found', reason: "no queue 'orders' in vhost '/'" } })

const PARAMETERS: Readonly<Record<string, string>> = {
  vhost: 'Percent-encoded: `%2F` is the vhost `/`.',
  exchange: 'The name of an exchange; `amq.default` is the default exchange.',
  queue: 'The name of a queue.',
  topic: 'The name of a topic.',
  partition: 'The number of a partition, from 0 on.',
}

const LOGIN_ERRORS = {
  401: 'The login is missing or wrong.',
  403: 'The user may not do this.',
  404: 'The vhost, or what is named in it, does not exist.',
}

export class Api {
  readonly app = new OpenAPIHono<Env>()

  /** @param path as the document writes it: `/vhosts/{vhost}/…` */
  add(method: Method, path: string, description: Description, handler: Handler<Env>): void {
    this.app.openAPIRegistry.registerPath(routeOf(method, path, description))
    // Whoever asks for the head of a stream does not want it begun.
    const isStream = typeof description.answer === 'string'
    const answer: Handler<Env> = (c, next) => (isStream && c.req.method === 'HEAD' ? c.body(null) : handler(c, next))
    this.app.on(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ':$1'), answer)
  }

  document(version: string): object {
    this.app.openAPIRegistry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' })
    return this.app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Signalbox messaging',
        version,
        description:
          'Messaging by HTTP for programs without a client library: publish, receive and acknowledge, follow, request and ' +
          'reply, read and write topics. Any user with permissions in the vhost may call; no tag is needed.',
      },
      servers: [{ url: '/v1' }],
      security: [{ basic: [] }],
    })
  }
}

/** What the query says. @throws HttpError 400 naming the first parameter that is not what the schema wants */
export function queryOf<T extends z.ZodType>(c: Ctx, schema: T): z.output<T> {
  const found = schema.safeParse(c.req.query())
  if (found.success) return found.data
  const [issue] = found.error.issues
  throw badRequest(`${issue.path.join('.')}: ${issue.message}`)
}

/** A parameter that is a whole number in digits. */
export const wholeNumber = (max = Number.MAX_SAFE_INTEGER, min = 0) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= max, `must be ${max} at most`)
    .refine((value) => value >= min, `must be ${min} at least`)

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

export const unavailable = (error: string, reason: string): HttpError =>
  new HttpError(503, error, reason, { 'retry-after': '1' })

function routeOf(method: Method, path: string, description: Description): RouteConfig {
  const { summary, tag, query, body, raw, answer, errors } = description
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const params = z.object(
    Object.fromEntries(names.map((name) => [name, z.string().openapi({ description: PARAMETERS[name] })])),
  )
  const responses: RouteConfig['responses'] = {
    200:
      typeof answer === 'string'
        ? { description: answer, content: { 'text/event-stream': { schema: z.string() } } }
        : { description: 'Done.', content: { 'application/json': { schema: answer } } },
  }
  for (const [status, text] of Object.entries({ ...LOGIN_ERRORS, ...errors })) {
    responses[Number(status)] = { description: text, content: { 'application/json': { schema: ErrorAnswer } } }
  }
  return {
    method,
    path,
    summary,
    tags: [tag],
    ...(description.description !== undefined && { description: description.description }),
    request: {
      ...(names.length > 0 && { params }),
      ...(query !== undefined && { query }),
      ...(body !== undefined && { body: { required: true, content: { 'application/json': { schema: body } } } }),
      ...(raw === true && { body: { content: { '*/*': { schema: z.any() } } } }),
    },
    responses,
  }
}
