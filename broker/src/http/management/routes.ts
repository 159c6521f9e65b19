/** The management API: every resource and the file that answers for it. */
import { Hono } from 'hono'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { whoamiRoutes } from './whoami.ts'

export function managementRoutes(http: HttpContext): Hono<Env> {
  const app = new Hono<Env>()
  for (const routes of [whoamiRoutes]) app.route('/', routes(http))
  return app
}
