/** `/v1`: messaging for programs without a client. */
import { Hono, type MiddlewareHandler } from 'hono'
import type { HttpContext } from '../context.ts'
import { authentication, type Env } from '../login/authentication.ts'
import { Api } from './api.ts'
import { callingRoutes } from './calling.ts'
import { answerRefusals } from './client.ts'
import { followQueueRoutes } from './follow-queue.ts'
import { followTopicRoutes } from './follow-topic.ts'
import { Leases } from './leases.ts'
import { publishingRoutes } from './publishing.ts'
import { receivingRoutes } from './receiving.ts'
import { topicReadingRoutes } from './topic-reading.ts'
import { topicWritingRoutes } from './topic-writing.ts'

/** Everything but the document wants a login. @param limits of what callers may take, asked behind it */
export function messagingRoutes(http: HttpContext, ...limits: readonly MiddlewareHandler<Env>[]): Hono<Env> {
  const api = new Api()
  const leases = new Leases(http.broker)
  publishingRoutes(http, api)
  receivingRoutes(http, api, leases)
  followQueueRoutes(http, api, leases)
  callingRoutes(http, api)
  topicWritingRoutes(http, api)
  topicReadingRoutes(http, api)
  followTopicRoutes(http, api)
  const document = api.document(http.settings.signalboxVersion)
  const app = new Hono<Env>()
  app.onError(answerRefusals(http))
  app.get('/openapi.json', (c) => c.json(document))
  app.use(authentication(http), ...limits)
  app.route('/', api.app)
  return app
}
