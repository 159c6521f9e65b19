/** Fills a durable queue nobody consumes, and later drains it: two loads, with the broker restarted between them. */
import { Connection } from './connection.ts'
import { Consumer } from './consumer.ts'
import { queueDeclare, queueDeclareOk } from './frames.ts'
import type { Job, Metrics } from './job.ts'
import { openDisk, openWindow } from './process-counters.ts'
import { Publisher } from './publisher.ts'

export interface BacklogJob extends Job {
  bodyBytes: number
  messages: number
  /** Unconfirmed messages in flight while filling. */
  window: number
  prefetch: number
  ackEvery: number
}

const queue = 'backlog'

export async function fill(job: BacklogJob): Promise<Metrics> {
  const connection = await Connection.open(job.address)
  await connection.openChannel(1)
  await connection.call(queueDeclare(1, queue, { durable: true }, job.queueArguments), queueDeclareOk)
  const publisher = await Publisher.open(connection, {
    channel: 1,
    exchange: '',
    routingKey: queue,
    bodyBytes: job.bodyBytes,
    persistent: true,
    window: job.window,
    limit: job.messages,
  })
  const closeDisk = await openDisk()
  const close = openWindow(job.pid)
  publisher.start()
  await Promise.race([publisher.done, connection.failure])
  const window = close()
  connection.close()
  return {
    fillPerSecond: job.messages / window.seconds,
    fillFlushesPerSecond: window.flushesPerSecond,
    bodiesWrittenPerPublish: (await closeDisk()) / job.messages / job.bodyBytes,
  }
}

/** Counts what the broker says is there, then consumes until every message has come. */
export async function drain(job: BacklogJob): Promise<Metrics> {
  const connection = await Connection.open(job.address)
  await connection.openChannel(1)
  const declared = await connection.call(queueDeclare(1, queue, { passive: true }), queueDeclareOk)
  const ready = declared.readUInt32BE(declared.length - 8)
  if (ready !== job.messages) throw new Error(`${job.messages} confirmed, ${ready} ready after the restart`)
  const close = openWindow(job.pid)
  const { prefetch, ackEvery, messages: limit } = job
  const consumer = await Consumer.open(connection, { channel: 1, queues: [queue], prefetch, ackEvery, limit })
  await Promise.race([consumer.done, connection.failure])
  const window = close()
  connection.close()
  return {
    drainPerSecond: job.messages / window.seconds,
    drainBrokerCores: window.brokerCores,
    drainClientCores: window.clientCores,
    drainFlushesPerSecond: window.flushesPerSecond,
  }
}
