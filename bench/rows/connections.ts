/** Thousands of clients that wait: the cost of standing there. */
import type { ConnectionsJob } from '../load/connections.ts'
import { classic, classic4, jobFor, load, type Row, signalbox, withBroker } from './row.ts'

export const connections: Row = {
  name: 'connections',
  title:
    'connections that each wait with a consumer, heartbeats off: CPU and memory at rest, ' +
    'and latency of one more at 1,000 msg/s (1 KiB, transient), alone and among them',
  durability: 'transient',
  contenders: [classic, classic4, signalbox],
  shown: [
    'openedPerSecond',
    'idleCores',
    'idleCpuSeconds',
    'rssPerConnectionKB',
    'rssMB',
    'aloneP50Ms',
    'amongP50Ms',
    'aloneP99Ms',
    'amongP99Ms',
    'amongToAloneP99',
  ],
  goals: [
    { metric: 'idleCores', atMost: 0.01 },
    { metric: 'rssPerConnectionKB', atMost: 60 },
    { metric: 'amongToAloneP99', atMost: 2 },
  ],
  measure: (run) =>
    withBroker(run, (broker) =>
      load<ConnectionsJob>('connections', {
        ...jobFor(run, broker),
        bodyBytes: 1024,
        rate: 1000,
        durable: false,
        connections: run.options.connections,
        idleSeconds: run.options.idleSeconds,
      }),
    ),
}
