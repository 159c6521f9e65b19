/** The shape as applications have it: the client library's cost included. */
import type { AsUsedJob } from '../load/as-used.ts'
import { classic, classic4, jobFor, load, type Row, signalbox, withBroker } from './row.ts'

export const asUsed: Row = {
  name: 'as-used',
  title:
    'amqplib: 10 publishers (confirms, 100 in flight each) → topic exchange → 5 durable queues → 10 consumers, ' +
    'prefetch 20, acks, 200 B persistent with headers; a connection each, one client process',
  durability: 'confirmed',
  contenders: [classic, classic4, signalbox],
  shown: ['deliveredPerSecond', 'brokerCores', 'clientCores', 'flushesPerSecond', 'rssMB'],
  goals: [{ metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 3, unlessClientCores: 0.9 }],
  measure: (run) =>
    withBroker(run, (broker) =>
      load<AsUsedJob>('asUsed', {
        ...jobFor(run, broker),
        bodyBytes: 200,
        publishers: 10,
        queues: 5,
        consumers: 10,
        prefetch: 20,
        window: 100,
      }),
    ),
}
