/**
 * What was asked for, in the diagnostics: a line for every request at the level debug, one for every change over the
 * management API at info: who did what, from where. No line has what stands behind a `?` or in a body. Each answer has
 * the number of its request, which is that of the lines, and whatever number a proxy had given it.
 */
import { randomBytes } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { HttpContext } from './context.ts'
import { type Env, placeOf } from './login/authentication.ts'

const HEADER = 'x-request-id'
/** That of a proxy, if it is nothing that could spoil a line. */
const ACCEPTED = /^[\w.:-]{1,64}$/

export function accessLog({ broker: { logger, clock } }: HttpContext): MiddlewareHandler<Env> {
  const process = randomBytes(4).toString('hex')
  let count = 0
  return async (c, next) => {
    const given = c.req.header(HEADER)
    const request = given !== undefined && ACCEPTED.test(given) ? given : `${process}-${++count}`
    const began = clock.monotonic()
    await next()
    c.header(HEADER, request)
    const { method, path } = c.req
    const line = {
      request,
      method,
      path,
      status: c.res.status,
      ms: Math.round(clock.monotonic() - began),
      user: c.get('caller')?.user.name ?? null,
      peer: placeOf(c).address,
    }
    if (path.startsWith('/api/') && !READING.has(method)) logger.info(line, 'management call')
    else logger.debug(line, 'http request')
  }
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
