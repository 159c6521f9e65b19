/** The management API: every resource and the file that answers for it. */
import { Hono } from 'hono'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { alivenessRoutes } from './aliveness.ts'
import { channelRoutes } from './channels.ts'
import { clusterRoutes } from './cluster.ts'
import { connectionRoutes } from './connections.ts'
import { consumerRoutes } from './consumers.ts'
import { groupRoutes } from './groups.ts'
import { healthRoutes } from './health.ts'
import { nodeRoutes } from './nodes.ts'
import { overviewRoutes } from './overview.ts'
import { topicConfigRoutes } from './topic-configs.ts'
import { topicRoutes } from './topics.ts'
import { transactionRoutes } from './transactions.ts'
import { whoamiRoutes } from './whoami.ts'

export function managementRoutes(http: HttpContext): Hono<Env> {
  const app = new Hono<Env>()
  const all = [
    whoamiRoutes,
    transactionRoutes,
    topicRoutes,
    topicConfigRoutes,
    groupRoutes,
    overviewRoutes,
    nodeRoutes,
    clusterRoutes,
    alivenessRoutes,
    connectionRoutes,
    channelRoutes,
    consumerRoutes,
    healthRoutes,
  ]
  for (const routes of all) app.route('/', routes(http))
  return app
}
