/**
 * How many calls may be under way at once: those that wait, follow or search cost memory, and time of the processor, as long
 * as they last, and nothing else would end them.
 */
import type { MiddlewareHandler } from 'hono'
import { badRequest, HttpError } from './answers.ts'
import type { Env } from './login/authentication.ts'

export interface Bound {
  /** What is counted, as the refusal calls it: `calls`. */
  readonly what: string
  readonly ofUserMax: number
  readonly inAllMax: number
}

/** Behind a login. Counted until the answer is over or its caller is gone. @throws HttpError 429, 400 for who is gone already */
export function underWay({ what, ofUserMax, inAllMax }: Bound): MiddlewareHandler<Env> {
  const byUser = new Map<string, number>()
  let inAll = 0
  return async (c, next) => {
    const { name } = c.var.caller.user
    const { outgoing } = c.env
    // Gone while it was logged in: it would be counted for ever.
    if (outgoing.destroyed) throw badRequest('the caller is gone')
    const count = byUser.get(name) ?? 0
    if (count >= ofUserMax) throw tooMany(`${ofUserMax} ${what} of user '${name}' are under way already`)
    if (inAll >= inAllMax) throw tooMany(`${inAllMax} ${what} are under way already`)
    byUser.set(name, count + 1)
    inAll++
    outgoing.once('close', () => {
      const left = byUser.get(name)! - 1
      if (left === 0) byUser.delete(name)
      else byUser.set(name, left)
      inAll--
    })
    await next()
  }
}

const tooMany = (reason: string): HttpError => new HttpError(429, 'too_many_requests', reason, { 'retry-after': '1' })
