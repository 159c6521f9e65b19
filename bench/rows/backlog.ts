/** A backlog far beyond memory's share: what it costs to hold, to restart with, and how fast it goes. */
import { join } from 'node:path'
import type { BacklogJob } from '../load/backlog.ts'
import type { Metrics } from '../load/job.ts'
import { memory } from '../load/process-counters.ts'
import { classic, classic4, jobFor, load, type Row, type Run, signalbox } from './row.ts'

const allowanceSeconds = 3600

async function measure(run: Run): Promise<Metrics> {
  const directory = join(run.directory, 'broker')
  const { backlog: ours, backlogPeer = ours } = run.options
  const messages = run.name === 'signalbox' ? ours : backlogPeer
  const shape = { bodyBytes: 1024, messages, window: 1000, prefetch: 1000 }
  const job = { ...shape, ackEvery: run.options.ackEvery }
  const metrics: Metrics = { messages }
  let broker = await run.peer.start(directory)
  run.version = broker.version
  try {
    Object.assign(metrics, await load<BacklogJob>('fill', { ...jobFor(run, broker), ...job }, allowanceSeconds))
    metrics.fillRssMaxMB = memory(broker.pid).max / 1e6
    await broker.stop()
    broker = await run.peer.start(directory)
    metrics.restartMs = broker.readyMs
    await broker.kill()
    broker = await run.peer.start(directory)
    metrics.restartAfterKillMs = broker.readyMs
    Object.assign(metrics, await load<BacklogJob>('drain', { ...jobFor(run, broker), ...job }, allowanceSeconds))
    metrics.drainRssMaxMB = memory(broker.pid).max / 1e6
    metrics.rssMaxMB = Math.max(metrics.fillRssMaxMB, metrics.drainRssMaxMB)
  } finally {
    await broker.stop()
  }
  return metrics
}

export const backlog: Row = {
  name: 'backlog',
  title: 'backlog of 1 KiB persistent messages: fill (1,000 in flight), restart, kill -9 and restart, drain with acks',
  durability: 'confirmed',
  contenders: [classic, classic4, signalbox],
  roundsMax: 1,
  shown: [
    'messages',
    'fillPerSecond',
    'fillFlushesPerSecond',
    'bodiesWrittenPerPublish',
    'rssMaxMB',
    'fillRssMaxMB',
    'drainRssMaxMB',
    'restartMs',
    'restartAfterKillMs',
    'drainPerSecond',
    'drainFlushesPerSecond',
    'drainBrokerCores',
    'drainClientCores',
  ],
  goals: [
    { metric: 'rssMaxMB', atMost: 400 },
    { metric: 'drainPerSecond', against: 'rabbitmq', atLeast: 3 },
    { metric: 'restartMs', atMost: 5000 },
    { metric: 'restartAfterKillMs', atMost: 5000 },
  ],
  measure,
}
