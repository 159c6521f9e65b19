/** A load process: takes one job from its parent, answers with the metrics, ends. */
import { flow } from './flow.ts'
import type { Metrics } from './job.ts'

// biome-ignore lint/suspicious/noExplicitAny: each load checks its own job's type where the row makes it
const loads: Record<string, (job: any) => Promise<Metrics>> = { flow }

process.once('message', async ({ load, job }: { load: string; job: unknown }) => {
  try {
    process.send!({ metrics: await loads[load](job) }, () => process.exit(0))
  } catch (error) {
    process.send!({ error: error instanceof Error ? error.stack : String(error) }, () => process.exit(1))
  }
})
