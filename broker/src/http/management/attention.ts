/** `/attention`: what somebody should look at, the most urgent first. */
import { Hono } from 'hono'
import { Attention } from '../attention/attention.ts'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'

export function attentionRoutes(http: HttpContext): Hono<Env> {
  const attention = new Attention(http)
  return new Hono<Env>().get('/attention', async (c) => {
    c.var.caller.require('management')
    return c.json(await attention.of(c.var.caller))
  })
}
