/** A thousand small flows at once: does each pay for its own sync, or do they share? */
import type { ManyQueuesJob } from '../load/many-queues.ts'
import { classic, classic4, jobFor, load, type Row, signalbox, withBroker } from './row.ts'

export const manyQueues: Row = {
  name: 'many-queues',
  title:
    '1,000 durable queues, 1 KiB persistent, each with one publisher of one message in flight; ' +
    'a channel each, 100 channels on each of 10 connections',
  durability: 'confirmed',
  contenders: [classic, classic4, signalbox],
  shown: ['confirmedPerSecond', 'brokerCores', 'clientCores', 'flushesPerSecond', 'rssMB'],
  goals: [{ metric: 'confirmedPerSecond', against: 'rabbitmq', atLeast: 3 }],
  measure: (run) =>
    withBroker(run, (broker) =>
      load<ManyQueuesJob>('manyQueues', {
        ...jobFor(run, broker),
        bodyBytes: 1024,
        connections: 10,
        channelsEach: 100,
      }),
    ),
}
