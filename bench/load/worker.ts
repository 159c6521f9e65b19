/** A load process: takes one job from its parent, answers with the metrics, ends. */
import { asUsed } from './as-used.ts'
import { drain, fill } from './backlog.ts'
import { connections } from './connections.ts'
import { fanout } from './fanout.ts'
import { flow } from './flow.ts'
import type { Metrics } from './job.ts'
import { jobs } from './jobs.ts'
import { latency } from './latency.ts'
import { manyQueues } from './many-queues.ts'
import { pages } from './pages.ts'

// biome-ignore lint/suspicious/noExplicitAny: each row checks its own job's type where it makes it
const loads: Record<string, (job: any) => Promise<Metrics>> = {
  asUsed,
  connections,
  drain,
  fanout,
  fill,
  flow,
  jobs,
  latency,
  manyQueues,
  pages,
}

process.once('disconnect', () => process.exit(1))
process.once('message', async ({ load, job }: { load: string; job: unknown }) => {
  try {
    process.send!({ metrics: await loads[load](job) }, () => process.exit(0))
  } catch (error) {
    process.send!({ error: error instanceof Error ? error.message : String(error) }, () => process.exit(1))
  }
})
