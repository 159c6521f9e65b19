/** Throughput through one queue: transient at two sizes, and durable with confirms and acks. */
import type { FlowJob } from '../load/flow.ts'
import { perfTest } from '../peers/perf-test.ts'
import {
  type Contender,
  classic,
  classic4,
  jobFor,
  load,
  quorum,
  quorum4,
  type Row,
  type Run,
  signalbox,
  withBroker,
} from './row.ts'

const shown = [
  'deliveredPerSecond',
  'publishedPerSecond',
  'brokerCores',
  'clientCores',
  'flushesPerSecond',
  'rssMB',
  'perfTestSentPerSecond',
  'perfTestReceivedPerSecond',
]

type Shape = Pick<FlowJob, 'bodyBytes' | 'durable' | 'window' | 'prefetch'> & { acks: boolean }

const measure =
  ({ acks, ...shape }: Shape) =>
  (run: Run) =>
    withBroker(run, async (broker) => {
      const ackEvery = acks ? run.options.ackEvery : 0
      const { throughTopic } = run
      const metrics = await load<FlowJob>('flow', { ...jobFor(run, broker), ...shape, ackEvery, throughTopic })
      if (!run.perfTest) return metrics
      const args = perfTestArguments(shape, ackEvery, run.queueArguments)
      return { ...metrics, ...(await perfTest(run.perfTest, broker.address, run.options.seconds, args)) }
    })

/** The same shape in PerfTest's words; its queue is durable when its messages are persistent. */
function perfTestArguments(shape: Omit<Shape, 'acks'>, ackEvery: number, queueArguments: Record<string, string>) {
  const args = ['-x', '1', '-y', '1', '-s', String(shape.bodyBytes), '-u', 'perf-test', '-ad', 'false']
  if (shape.durable) args.push('-f', 'persistent')
  if (shape.window > 0) args.push('-c', String(shape.window))
  if (shape.prefetch > 0) args.push('-q', String(shape.prefetch))
  args.push(...(ackEvery === 0 ? ['-a'] : ackEvery > 1 ? ['-A', String(ackEvery)] : []))
  for (const [name, value] of Object.entries(queueArguments)) args.push('-qa', `${name}=${value}`)
  return args
}

export const small: Row = {
  name: '16b',
  title: '16 B, transient, no ack: one queue, one publisher, one consumer',
  durability: 'transient',
  contenders: [classic, classic4, signalbox],
  shown,
  goals: [{ metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 12 }],
  measure: measure({ bodyBytes: 16, durable: false, window: 0, prefetch: 0, acks: false }),
}

export const kib: Row = {
  name: '1kib',
  title: '1 KiB, transient, no ack: one queue, one publisher, one consumer',
  durability: 'transient',
  contenders: [classic, classic4, signalbox],
  shown,
  goals: [{ metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 6 }],
  measure: measure({ bodyBytes: 1024, durable: false, window: 0, prefetch: 0, acks: false }),
}

export const durable: Row = {
  name: 'durable',
  title: '1 KiB persistent, durable queue, confirms (1,000 in flight), manual ack (prefetch 200)',
  durability: 'confirmed',
  contenders: [classic, quorum, classic4, quorum4, signalbox],
  shown: ['confirmedPerSecond', ...shown],
  goals: [
    { metric: 'deliveredPerSecond', against: 'rabbitmq', atLeast: 6 },
    { metric: 'deliveredPerSecond', against: 'rabbitmq-quorum', atLeast: 6 },
    { metric: 'confirmedPerSecond', against: 'rabbitmq', atLeast: 6 },
    { metric: 'confirmedPerSecond', against: 'rabbitmq-quorum', atLeast: 6 },
  ],
  measure: measure({ bodyBytes: 1024, durable: true, window: 1000, prefetch: 200, acks: true }),
}

const alone: Contender = { ...signalbox, label: 'signalbox-without-topic' }

const topicQueueRow = (durability: 'synced' | 'written'): Row => ({
  name: durability === 'synced' ? 'topic-queue' : 'topic-queue-written',
  title: `1 KiB persistent to a ${durability} topic, to the one durable queue bound to it, to its consumer; confirms, manual ack`,
  durability: 'confirmed',
  contenders: [alone, { ...signalbox, throughTopic: durability }],
  shown: ['confirmedPerSecond', ...shown],
  goals: [{ metric: 'deliveredPerSecond', against: alone.label, atLeast: 0.6 }],
  measure: measure({ bodyBytes: 1024, durable: true, window: 1000, prefetch: 200, acks: true }),
})

export const topicQueue = topicQueueRow('synced')
export const topicQueueWritten = topicQueueRow('written')
