/**
 * The console: static files that were built into the package. Their names carry a hash of what is in them, so browsers
 * keep them for good; the page itself is asked for each time. Any other address that a person opens is a page of it.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import type { Env } from './login/authentication.ts'

/** Beside the sources, and beside what is built of them. */
const FILES = join(import.meta.dirname, '../../console')

export function consoleFiles(): Hono<Env> {
  const assets = serveStatic<Env>({
    root: FILES,
    onFound: (_path, c) => c.header('cache-control', 'public, max-age=31536000, immutable'),
  })
  return new Hono<Env>().get('/assets/*', assets).get('*', (c, next) => {
    if (!c.req.header('accept')?.includes('text/html')) return next()
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
