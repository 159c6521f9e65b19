import { Hono } from 'hono'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'

export function messagingRoutes(_http: HttpContext): Hono<Env> {
  return new Hono<Env>()
}
