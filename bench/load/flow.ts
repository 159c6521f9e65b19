/** One publisher, one queue, one consumer, as fast as the broker goes. */
import { Connection } from './connection.ts'
import { Consumer } from './consumer.ts'
import {
  exchangeDeclare,
  exchangeDeclareOk,
  queueBind,
  queueBindOk,
  queueDeclare,
  queueDeclareOk,
  queueDelete,
  queueDeleteOk,
} from './frames.ts'
import { type Job, type Metrics, sleep } from './job.ts'
import { openWindow } from './process-counters.ts'
import { Publisher } from './publisher.ts'

export interface FlowJob extends Job {
  bodyBytes: number
  durable: boolean
  /** Unconfirmed messages in flight; 0: no confirms. */
  window: number
  prefetch: number
  ackEvery: number
  /** Published to a topic of this durability, which the queue is bound to. */
  throughTopic?: 'synced' | 'written' | undefined
}

export async function flow(job: FlowJob): Promise<Metrics> {
  const queue = 'flow'
  const topic = 'flow-topic'
  const receiving = await Connection.open(job.address)
  const sending = await Connection.open(job.address)
  await receiving.openChannel(1)
  await sending.openChannel(1)
  await receiving.call(queueDeclare(1, queue, { durable: job.durable }, job.queueArguments), queueDeclareOk)
  if (job.throughTopic) {
    await receiving.call(
      exchangeDeclare(1, topic, 'x-topic-log', true, { 'x-topic-configs': { durability: job.throughTopic } }),
      exchangeDeclareOk,
    )
    await receiving.call(queueBind(1, queue, topic, '#'), queueBindOk)
  }
  const consumer = await Consumer.open(receiving, {
    channel: 1,
    queues: [queue],
    prefetch: job.prefetch,
    ackEvery: job.ackEvery,
  })
  const publisher = await Publisher.open(sending, {
    channel: 1,
    exchange: job.throughTopic ? topic : '',
    routingKey: queue,
    bodyBytes: job.bodyBytes,
    persistent: job.durable,
    window: job.window,
  })
  const measured = async (): Promise<Metrics> => {
    publisher.start()
    await sleep(job.warmupSeconds)
    const close = openWindow(job.pid)
    const { published, confirmed } = publisher
    const { received } = consumer
    await sleep(job.seconds)
    const window = close()
    const metrics = {
      deliveredPerSecond: (consumer.received - received) / window.seconds,
      publishedPerSecond: (publisher.published - published) / window.seconds,
      confirmedPerSecond: (publisher.confirmed - confirmed) / window.seconds,
      backlogAtEnd: publisher.published - consumer.received,
      ...window,
    }
    publisher.stop()
    if (consumer.received > publisher.published) throw new Error('more messages delivered than published')
    return metrics
  }
  const metrics = await Promise.race([measured(), sending.failure, receiving.failure])
  sending.close()
  await Promise.race([receiving.call(queueDelete(1, queue), queueDeleteOk), receiving.failure])
  receiving.close()
  return metrics
}
