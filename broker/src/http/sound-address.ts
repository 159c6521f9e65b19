/**
 * Addresses that mean one thing to everybody. What is no UTF-8 when it is decoded names nothing, and `.` and `..` would be
 * taken for steps on the way: what they were to name would be mistaken for something else.
 */
import type { MiddlewareHandler } from 'hono'
import { badRequest } from './answers.ts'
import type { Env } from './login/authentication.ts'

/** @throws HttpError 400 */
export function soundAddress(): MiddlewareHandler<Env> {
  return async (c, next) => {
    const [path] = (c.env.incoming.url ?? '').split('?', 1)
    if (path.includes('%')) checkDecodable(path)
    if (path.includes('.') || /%2e/i.test(path)) checkSteps(path)
    await next()
  }
}

function checkDecodable(path: string): void {
  try {
    decodeURIComponent(path)
  } catch {
    throw badRequest('the address is not UTF-8 in percent-encoding')
  }
}

function checkSteps(path: string): void {
  for (const segment of path.split('/')) {
    if (/^(\.|%2e){1,2}$/i.test(segment)) throw badRequest("nothing called '.' or '..' can be named by an address")
  }
}
