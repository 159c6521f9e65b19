/** Latency at 1,000 messages of 1 KiB per second: what a message waits when nobody is in a hurry. */
import type { LatencyJob } from '../load/latency.ts'
import { classic, classic4, jobFor, load, quorum, quorum4, type Row, type Run, signalbox, withBroker } from './row.ts'

const shape = { bodyBytes: 1024, rate: 1000 }
const measure = (durable: boolean) => (run: Run) =>
  withBroker(run, (broker) => load<LatencyJob>('latency', { ...jobFor(run, broker), ...shape, durable }))

const deliver = ['deliverP50Ms', 'deliverP99Ms']
const confirm = ['confirmP50Ms', 'confirmP99Ms']
const cost = ['messagesPerSecond', 'brokerCores', 'flushesPerSecond']
const atMost = (metrics: string[], against: string) => metrics.map((metric) => ({ metric, against, atMost: 1 }))

export const latencyTransient: Row = {
  name: 'latency-transient',
  title: 'publish → deliver at 1,000 msg/s, 1 KiB, transient, no ack',
  durability: 'transient',
  contenders: [classic, classic4, signalbox],
  shown: [...deliver, ...cost],
  goals: atMost(deliver, 'rabbitmq'),
  measure: measure(false),
}

export const latencyDurable: Row = {
  name: 'latency-durable',
  title: 'publish → deliver and publish → confirm at 1,000 msg/s, 1 KiB persistent, durable queue, acks',
  durability: 'confirmed',
  contenders: [classic, quorum, classic4, quorum4, signalbox],
  shown: [...deliver, ...confirm, ...cost],
  goals: [...atMost(deliver, 'rabbitmq'), ...atMost(confirm, 'rabbitmq-quorum')],
  measure: measure(true),
}
