/**
 * The console: static files that were built into the package. Their names carry a hash of what is in them, so browsers
 * keep them for good, and lie there compressed, too; the page itself is asked for each time. Any other address that a
 * person opens is a page of it, except below those that programs use.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type MiddlewareHandler } from 'hono'
import type { Env } from './login/authentication.ts'

/** Beside the sources, and beside what is built of them. */
const FILES = join(import.meta.dirname, '../../console')

const OF_PROGRAMS = /^\/(api|v1|metrics|health|assets)(\/|$)/

export function consoleFiles(): Hono<Env> {
  const assets = serveStatic<Env>({ root: FILES, precompressed: true })
  const kept: MiddlewareHandler<Env> = async (c, next) => {
    await next()
    if (c.res.ok) c.header('cache-control', 'public, max-age=31536000, immutable')
  }
  return new Hono<Env>().get('/assets/*', kept, assets).get('*', (c, next) => {
    if (!c.req.header('accept')?.includes('text/html') || OF_PROGRAMS.test(c.req.path)) return next()
    let page: string
    try {
      page = readFileSync(join(FILES, 'index.html'), 'utf8')
    } catch {
      return next()
    }
    c.header('cache-control', 'no-cache')
    return c.html(page)
  })
}
