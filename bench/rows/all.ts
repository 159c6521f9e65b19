/** Every row, in the order of the table. */
import { asUsed } from './as-used.ts'
import { backlog } from './backlog.ts'
import { connections } from './connections.ts'
import { fanout } from './fanout.ts'
import { durable, kib, small, topicQueue, topicQueueWritten } from './flow.ts'
import { latencyDurable, latencyTransient } from './latency.ts'
import { manyQueues } from './many-queues.ts'
import { pages, pagesFull } from './pages.ts'
import type { Row } from './row.ts'

export const rows: Row[] = [
  small,
  kib,
  durable,
  topicQueue,
  topicQueueWritten,
  asUsed,
  latencyTransient,
  latencyDurable,
  fanout,
  manyQueues,
  backlog,
  connections,
  pages,
  pagesFull,
]
