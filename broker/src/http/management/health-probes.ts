/**
 * `/health/live` and `/health/ready`, for Kubernetes and load balancers, without a login. Whoever answers lives. Ready is
 * who takes clients: an alarm takes nothing away from that, for it is the consumers who let it go.
 */
import { Hono } from 'hono'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'

export function probeRoutes({ isStopping }: Pick<HttpContext, 'isStopping'>): Hono<Env> {
  return new Hono<Env>()
    .get('/health/live', (c) => c.json({ status: 'ok' }))
    .get('/health/ready', (c) => (isStopping() ? c.json({ status: 'stopping' }, 503) : c.json({ status: 'ok' })))
}
