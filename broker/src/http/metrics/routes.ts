/**
 * `/metrics`, `/metrics/per-object` and `/metrics/detailed?family=…&vhost=…` for Prometheus. From the machine itself
 * without a login; from elsewhere with that of a user with the tag `monitoring`.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { HttpContext } from '../context.ts'
import { authentication, type Env, placeOf } from '../login/authentication.ts'
import type { Exposition } from './exposition.ts'
import { Scrapes } from './scrape.ts'

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function metricsRoutes(http: HttpContext): Hono<Env> {
  const login = authentication(http)
  const mayScrape: MiddlewareHandler<Env> = async (c, next) => {
    if (placeOf(c).loopback) return next()
    return login(c, async () => {
      c.var.caller.require('monitoring')
      await next()
    })
  }
  return new Hono<Env>().use('/metrics/*', mayScrape).route('/', openMetricsRoutes(http))
}

/** The same without any login, for a port that has nothing else. */
export function openMetricsRoutes(http: HttpContext): Hono<Env> {
  const scrapes = new Scrapes(http)
  return new Hono<Env>()
    .get('/metrics', async (c) => answer(c, await scrapes.aggregated()))
    .get('/metrics/per-object', async (c) => answer(c, await scrapes.perObject()))
    .get('/metrics/detailed', async (c) => {
      const vhosts = c.req.queries('vhost')
      const families = new Set(c.req.queries('family') ?? [])
      return answer(c, await scrapes.detailed(families, vhosts === undefined ? null : new Set(vhosts)))
    })
}

/** The chunks are those of everybody who got this answer. */
function answer(c: Context<Env>, { chunks }: Exposition): Response {
  let next = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++])
      else controller.close()
    },
  })
  return c.body(body, 200, { 'content-type': CONTENT_TYPE })
}
