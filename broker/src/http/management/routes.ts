/** The management API: every resource and the file that answers for it. */
import { Hono } from 'hono'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { alivenessRoutes } from './aliveness.ts'
import { attentionRoutes } from './attention.ts'
import { bindingRoutes } from './bindings.ts'
import { channelRoutes } from './channels.ts'
import { clusterRoutes } from './cluster.ts'
import { connectionRoutes } from './connections.ts'
import { consumerRoutes } from './consumers.ts'
import { definitionRoutes } from './definitions.ts'
import { delayedRoutes } from './delayed.ts'
import { exchangeRoutes } from './exchanges.ts'
import { groupRoutes } from './groups.ts'
import { healthRoutes } from './health.ts'
import { userLimitRoutes, vhostLimitRoutes } from './limits.ts'
import { messageRoutes } from './messages.ts'
import { nodeRoutes } from './nodes.ts'
import { overviewRoutes } from './overview.ts'
import { globalParameterRoutes, parameterRoutes } from './parameters.ts'
import { permissionRoutes, topicPermissionRoutes } from './permissions.ts'
import { operatorPolicyRoutes, policyRoutes } from './policies.ts'
import { queueGetRoutes } from './queue-get.ts'
import { queueRoutes } from './queues.ts'
import { topicConfigRoutes } from './topic-configs.ts'
import { topicMessageRoutes } from './topic-messages.ts'
import { topicPublishRoutes } from './topic-publish.ts'
import { topicReplayRoutes } from './topic-replay.ts'
import { topicRoutes } from './topics.ts'
import { topologyRoutes } from './topology.ts'
import { traceRoutes } from './trace.ts'
import { transactionRoutes } from './transactions.ts'
import { userRoutes } from './users.ts'
import { vhostRoutes } from './vhosts.ts'
import { whoamiRoutes } from './whoami.ts'

export function managementRoutes(http: HttpContext): Hono<Env> {
  const app = new Hono<Env>()
  const all = [
    whoamiRoutes,
    topicReplayRoutes,
    topicPublishRoutes,
    topicMessageRoutes,
    topologyRoutes,
    traceRoutes,
    transactionRoutes,
    topicRoutes,
    topicConfigRoutes,
    groupRoutes,
    overviewRoutes,
    attentionRoutes,
    nodeRoutes,
    clusterRoutes,
    alivenessRoutes,
    connectionRoutes,
    channelRoutes,
    consumerRoutes,
    vhostRoutes,
    userRoutes,
    permissionRoutes,
    topicPermissionRoutes,
    policyRoutes,
    operatorPolicyRoutes,
    parameterRoutes,
    globalParameterRoutes,
    vhostLimitRoutes,
    userLimitRoutes,
    definitionRoutes,
    healthRoutes,
    queueRoutes,
    queueGetRoutes,
    messageRoutes,
    delayedRoutes,
    exchangeRoutes,
    bindingRoutes,
  ]
  for (const routes of all) app.route('/', routes(http))
  return app
}
