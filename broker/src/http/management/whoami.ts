/** `/whoami`: what the caller is called and may do. Clients use it to check a login. */
import { Hono } from 'hono'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'

export function whoamiRoutes(_http: HttpContext): Hono<Env> {
  return new Hono<Env>().get('/whoami', (c) => {
    const { caller } = c.var
    caller.require('management')
    return c.json({ name: caller.user.name, tags: caller.user.tags, is_internal_user: true })
  })
}
