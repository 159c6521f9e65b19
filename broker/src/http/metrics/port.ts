/** A port with nothing but metrics, for whoever gets there: RabbitMQ's 15692. */
import type { RequestListener } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { getRequestListener } from '@hono/node-server'
import { answerTo } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { openMetricsRoutes } from './routes.ts'

export function metricsListener(http: HttpContext): RequestListener {
  const app = openMetricsRoutes(http)
  app.onError((error, c) => answerTo(http, error, c))
  return getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  }) as RequestListener
}
