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
import { type Context, Hono, type Next } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { accessLog } from './access-log.ts'
import { methodFirst, nothingThere } from './allowed-methods.ts'
import { answerTo } from './answers.ts'
import { BodyBudget } from './body-limit.ts'
import { consoleFiles } from './console-files.ts'
import type { HttpContext } from './context.ts'
import { authentication, type Env, loginRoutes, sameSiteOnly } from './login/authentication.ts'
import { probeRoutes } from './management/health-probes.ts'
import { managementRoutes } from './management/routes.ts'
import { messagingRoutes } from './messaging/routes.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { soundAddress } from './sound-address.ts'
import { type Bound, underWay } from './under-way.ts'

/** RabbitMQ's `management.http.max_body_size`. */
const BODY_BYTES_MAX = 20_000_000
/** Of name and password. */
const LOGIN_BYTES_MAX = 16 << 10
/** Consumers that wait, each by a call of its own, and what they do meanwhile. */
const CALLS: Bound = { what: 'calls', ofUserMax: 1000, inAllMax: Number.POSITIVE_INFINITY }
/** Each reads up to 64 MB of messages, in slices that all others wait for. */
const SEARCHES: Bound = { what: 'searches of messages', ofUserMax: 8, inAllMax: 32 }
const SEARCHED = [
  '/api/queues/:vhost/:queue/messages',
  '/api/topics/:vhost/:topic/messages',
  '/api/exchanges/:vhost/:exchange/delayed',
]

export function createApp(http: HttpContext): Hono<Env> {
  // As RabbitMQ, an address may end in a slash.
  const app = new Hono<Env>({ strict: false })
  app.onError((error, c) => answerTo(http, error, c))
  app.notFound((c) => nothingThere(app, c))
  app.use(accessLog(http))
  app.use(secureHeaders(SECURE_HEADERS))
  app.use(sameSiteOnly(), soundAddress())
  // As RabbitMQ: which methods there are is told without a login.
  app.options('*', (c) => nothingThere(app, c))
  app.use(methodFirst(app))
  // A message that is as large as it may be, with all that JSON makes of it.
  const messageBytesMax = Math.max(BODY_BYTES_MAX, http.settings.maxMessageSize * 2)
  const bodies = new BodyBudget(messageBytesMax * 2)
  const calls = underWay(CALLS)
  app.use('/api/login', bodies.limit(LOGIN_BYTES_MAX))
  app.route('/api', loginRoutes(http))
  app.use('/api/*', authentication(http), managementOnly, calls, bodies.limit(messageBytesMax), durableChanges(http))
  app.on('GET', SEARCHED, underWay(SEARCHES))
  app.route('/api', managementRoutes(http))
  app.route('/v1', messagingRoutes(http, calls, bodies.limit(messageBytesMax)))
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

/** @throws HttpError 401 for users without a tag */
async function managementOnly(c: Context<Env>, next: Next): Promise<void> {
  c.var.caller.require('management')
  await next()
}

/** Whatever was changed is on the disk when it is answered. */
function durableChanges({ broker }: HttpContext) {
  return async (c: { req: { method: string } }, next: () => Promise<void>): Promise<void> => {
    await next()
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return
    await new Promise<void>((resolve) => broker.durability.after(broker.catalog.lastRound, resolve))
  }
}
