/** Fan-out: the body is one, the queues are a hundred; does the broker write it once or a hundred times? */
import type { FanoutJob } from '../load/fanout.ts'
import { classic, classic4, jobFor, load, type Row, signalbox, withBroker } from './row.ts'

export const fanout: Row = {
  name: 'fanout',
  title: '1 KiB persistent to 100 durable queues, confirmed (100 in flight); 100 consumers on 10 connections, acks',
  durability: 'confirmed',
  contenders: [classic, classic4, signalbox],
  shown: [
    'confirmedPerSecond',
    'deliveredPerSecond',
    'bodiesWrittenPerPublish',
    'brokerCores',
    'clientCores',
    'flushesPerSecond',
    'rssMB',
  ],
  goals: [
    { metric: 'confirmedPerSecond', against: 'rabbitmq', atLeast: 3 },
    { metric: 'bodiesWrittenPerPublish', atMost: 2 },
  ],
  measure: (run) =>
    withBroker(run, (broker) =>
      load<FanoutJob>('fanout', {
        ...jobFor(run, broker),
        bodyBytes: 1024,
        queues: 100,
        consumerConnections: 10,
        window: 100,
        prefetch: 200,
        ackEvery: run.options.ackEvery,
        runInBytes: 400 << 20,
      }),
    ),
}
