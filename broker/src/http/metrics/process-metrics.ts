/** What the process tells of itself, under the names that prom-client gives: `process_*`, `nodejs_*`. */
let collecting: Promise<() => Promise<string>> | null = null

/** They look at each socket there is, and say nothing that is not said elsewhere. */
const LEFT_OUT = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
])

/** In the text format. What there is to measure is measured from the first call on. */
export async function processMetrics(): Promise<string> {
  collecting ??= begin()
  return (await collecting)()
}

async function begin(): Promise<() => Promise<string>> {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of LEFT_OUT) registry.removeSingleMetric(name)
  return () => registry.metrics()
}
