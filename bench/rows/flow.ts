/** Throughput through one queue: transient at two sizes, and durable with confirms and acks. */
import type { FlowJob } from '../load/flow.ts'
import { classic, jobFor, load, quorum, type Row, type Run, signalbox, withBroker } from './row.ts'

const shown = ['deliveredPerSecond', 'publishedPerSecond', 'brokerCores', 'clientCores', 'flushesPerSecond', 'rssMB']
const transient = { signalbox: 'none (transient)', rabbitmq: 'none (transient)' }

type Shape = Pick<FlowJob, 'bodyBytes' | 'durable' | 'window' | 'prefetch'> & { acks: boolean }

const measure =
  ({ acks, ...shape }: Shape) =>
  (run: Run) =>
    withBroker(run, (broker) =>
      load<FlowJob>('flow', { ...jobFor(run, broker), ...shape, ackEvery: acks ? run.options.ackEvery : 0 }),
    )

export const small: Row = {
  name: '16b',
  title: '16 B, transient, no ack: one queue, one publisher, one consumer',
  durability: transient,
  contenders: [classic, signalbox],
  shown,
  goals: [{ metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 12 }],
  measure: measure({ bodyBytes: 16, durable: false, window: 0, prefetch: 0, acks: false }),
}

export const kib: Row = {
  name: '1kib',
  title: '1 KiB, transient, no ack: one queue, one publisher, one consumer',
  durability: transient,
  contenders: [classic, signalbox],
  shown,
  goals: [{ metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 6 }],
  measure: measure({ bodyBytes: 1024, durable: false, window: 0, prefetch: 0, acks: false }),
}

export const durable: Row = {
  name: 'durable',
  title: '1 KiB persistent, durable queue, confirms (1,000 in flight), manual ack (prefetch 200)',
  durability: {
    signalbox: 'synced before the confirm',
    rabbitmq: 'classic queue: confirms without a sync of its own',
    'rabbitmq-quorum': 'quorum queue (one node): synced before the confirm',
  },
  contenders: [classic, quorum, signalbox],
  shown: ['confirmedPerSecond', ...shown],
  goals: [
    { metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 6 },
    { metric: 'deliveredPerSecond', against: 'rabbitmq-quorum', atLeast: 6 },
    { metric: 'confirmedPerSecond', against: 'rabbitmq', atLeast: 6 },
    { metric: 'confirmedPerSecond', against: 'rabbitmq-quorum', atLeast: 6 },
  ],
  measure: measure({ bodyBytes: 1024, durable: true, window: 1000, prefetch: 200, acks: true }),
}
