/**
 * Many connections at rest, each with a consumer on an exclusive queue of its own, then one of them served: what an
 * idle client costs, and whether the busy one notices the others.
 */
import { Connection } from './connection.ts'
import { basicConsumeOk, consume, queueDeclare, queueDeclareOk } from './frames.ts'
import { type Job, type Metrics, sleep } from './job.ts'
import { type LatencyJob, latency } from './latency.ts'
import { memory, openWindow } from './process-counters.ts'

export interface ConnectionsJob extends LatencyJob, Job {
  connections: number
  idleSeconds: number
}

const settleSeconds = 5
const openedAtOnce = 50

export async function connections(job: ConnectionsJob): Promise<Metrics> {
  const alone = await latency(job)
  await sleep(settleSeconds)
  const before = memory(job.pid).now
  const opened: Connection[] = []
  const began = performance.now()
  while (opened.length < job.connections) {
    const count = Math.min(openedAtOnce, job.connections - opened.length)
    opened.push(...(await Promise.all(Array.from({ length: count }, (_, i) => wait(job, opened.length + i)))))
  }
  const openedPerSecond = (job.connections / (performance.now() - began)) * 1000
  const failures = opened.map((connection) => connection.failure)
  await Promise.race([sleep(settleSeconds), ...failures])
  const close = openWindow(job.pid)
  await Promise.race([sleep(job.idleSeconds), ...failures])
  const idle = close()
  const after = memory(job.pid).now
  const among = await Promise.race([latency(job), ...failures])
  for (const connection of opened) connection.close()
  return {
    openedPerSecond,
    idleCores: idle.brokerCores,
    idleCpuSeconds: idle.brokerCores * idle.seconds,
    rssPerConnectionKB: (after - before) / job.connections / 1000,
    rssMB: after / 1e6,
    aloneP50Ms: alone.deliverP50Ms,
    aloneP99Ms: alone.deliverP99Ms,
    amongP50Ms: among.deliverP50Ms,
    amongP99Ms: among.deliverP99Ms,
    amongToAloneP99: among.deliverP99Ms / alone.deliverP99Ms,
  }
}

async function wait(job: ConnectionsJob, index: number): Promise<Connection> {
  const connection = await Connection.open(job.address, 4096)
  const queue = `waiting-${index}`
  await connection.openChannel(1)
  await connection.call(queueDeclare(1, queue, { exclusive: true }), queueDeclareOk)
  await connection.call(consume(1, queue, 'c', true), basicConsumeOk)
  return connection
}
