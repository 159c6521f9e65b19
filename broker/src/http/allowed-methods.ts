/** What is answered where nothing is: 405 with `Allow` if the address takes other methods, OPTIONS with the same, else 404. */
import type { Context, Hono, MiddlewareHandler } from 'hono'
import type { Env } from './login/authentication.ts'

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE']

/** As RabbitMQ: that an address does not take a method is said before anybody logs in. */
export function methodFirst(app: Hono<Env>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    if (hasHandler(app, method, c.req.path)) return next()
    const answer = nothingThere(app, c)
    return answer.status === 405 ? answer : next()
  }
}

export function nothingThere(app: Hono<Env>, c: Context<Env>): Response {
  const allowed = METHODS.filter((method) => hasHandler(app, method, c.req.path))
  if (allowed.length === 0) return c.json({ error: 'Object Not Found', reason: 'Not Found' }, 404)
  if (allowed.includes('GET')) allowed.unshift('HEAD')
  const allow = [...allowed, 'OPTIONS'].join(', ')
  if (c.req.method === 'OPTIONS') return c.body(null, 200, { allow })
  return c.json({ error: 'method_not_allowed', reason: 'Method Not Allowed' }, 405, { allow })
}

/** Whether anything but middleware takes it. */
function hasHandler(app: Hono<Env>, method: string, path: string): boolean {
  const [matched] = app.router.match(method, path)
  return matched.some(([[, route]]) => route.method === method && !route.path.endsWith('*'))
}
