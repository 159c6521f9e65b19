/**
 * How many calls of one user may be under way at once: those that wait, follow or search cost memory as long as they
 * last, and nothing else would end them.
 */
import type { MiddlewareHandler } from 'hono'
import { HttpError } from './answers.ts'
import type { Env } from './login/authentication.ts'

/** Behind a login. Counted until the answer is over or its caller is gone. @throws HttpError 429 */
export function callsUnderWay(max: number): MiddlewareHandler<Env> {
  const byUser = new Map<string, number>()
  return async (c, next) => {
    const { name } = c.var.caller.user
    const count = byUser.get(name) ?? 0
    if (count >= max) {
      const reason = `${max} calls of user '${name}' are under way already`
      throw new HttpError(429, 'too_many_requests', reason, { 'retry-after': '1' })
    }
    byUser.set(name, count + 1)
    c.env.outgoing.once('close', () => {
      const left = byUser.get(name)! - 1
      if (left === 0) byUser.delete(name)
      else byUser.set(name, left)
    })
    await next()
  }
}
