/**
 * All that the HTTP port answers, put together. Loaded at the first request, so that a broker nobody asks by HTTP starts
 * as fast and stays as small as one without.
 *
 *   /api      the management API, RabbitMQ's and beyond it      (login, role by tag)
 *   /v1       messaging for programs without a client           (login, permissions)
 *   /metrics  for Prometheus                                    /health  for probes
 *   /         the console
 */

import type { RequestListener } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { accessLog } from './access-log.ts'
import { nothingThere } from './allowed-methods.ts'
import { answerTo } from './answers.ts'
import { limitBody } from './body-limit.ts'
import { consoleFiles } from './console-files.ts'
import type { HttpContext } from './context.ts'
import { authentication, type Env, loginRoutes, sameSiteOnly } from './login/authentication.ts'
import { probeRoutes } from './management/health-probes.ts'
import { managementRoutes } from './management/routes.ts'
import { messagingRoutes } from './messaging/routes.ts'
import { metricsRoutes } from './metrics/routes.ts'

/** RabbitMQ's `management.http.max_body_size`. */
const BODY_BYTES_MAX = 20_000_000

export function createApp(http: HttpContext): Hono<Env> {
  // As RabbitMQ, an address may end in a slash.
  const app = new Hono<Env>({ strict: false })
  app.onError((error, c) => answerTo(http, error, c))
  app.notFound((c) => nothingThere(app, c))
  app.use(accessLog(http))
  app.use(secureHeaders(SECURE_HEADERS))
  app.use(sameSiteOnly())
  app.use(limitBody(Math.max(BODY_BYTES_MAX, http.settings.maxMessageSize * 2)))
  // As RabbitMQ: which methods there are is told without a login.
  app.options('*', (c) => nothingThere(app, c))
  app.route('/api', loginRoutes(http))
  app.use('/api/*', authentication(http), durableChanges(http))
  app.route('/api', managementRoutes(http))
  app.route('/v1', messagingRoutes(http))
  app.route('/', metricsRoutes(http))
  app.route('/', probeRoutes(http))
  app.route('/', consoleFiles())
  return app
}

export function requestListener(http: HttpContext): RequestListener {
  const app = createApp(http)
  return getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  }) as RequestListener
}

const SECURE_HEADERS: NonNullable<Parameters<typeof secureHeaders>[0]> = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
  strictTransportSecurity: false,
}

/** Whatever was changed is on the disk when it is answered. */
function durableChanges({ broker }: HttpContext) {
  return async (c: { req: { method: string } }, next: () => Promise<void>): Promise<void> => {
    await next()
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return
    await new Promise<void>((resolve) => broker.durability.after(broker.catalog.lastRound, resolve))
  }
}
