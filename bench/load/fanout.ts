/** One confirmed publish to a fanout exchange is one message in every queue; consumers on ten connections keep up. */
import { Connection } from './connection.ts'
import { Consumer } from './consumer.ts'
import { exchangeDeclare, exchangeDeclareOk, queueBind, queueBindOk, queueDeclare, queueDeclareOk } from './frames.ts'
import { type Job, type Metrics, sleep } from './job.ts'
import { openDisk, openWindow } from './process-counters.ts'
import { Publisher } from './publisher.ts'

export interface FanoutJob extends Job {
  bodyBytes: number
  queues: number
  consumerConnections: number
  /** Unconfirmed publishes in flight. */
  window: number
  prefetch: number
  ackEvery: number
}

const exchange = 'fanout'

export async function fanout(job: FanoutJob): Promise<Metrics> {
  const sending = await Connection.open(job.address)
  await sending.openChannel(1)
  await sending.call(exchangeDeclare(1, exchange, 'fanout', true), exchangeDeclareOk)
  const names = Array.from({ length: job.queues }, (_, index) => `fanout-${index}`)
  for (const name of names) {
    await sending.call(queueDeclare(1, name, { durable: true }, job.queueArguments), queueDeclareOk)
    await sending.call(queueBind(1, name, exchange, ''), queueBindOk)
  }
  const connections: Connection[] = [sending]
  const consumers: Consumer[] = []
  for (let index = 0; index < job.consumerConnections; index++) {
    const connection = await Connection.open(job.address)
    await connection.openChannel(1)
    connections.push(connection)
    const queues = names.filter((_, queue) => queue % job.consumerConnections === index)
    const { prefetch, ackEvery } = job
    consumers.push(await Consumer.open(connection, { channel: 1, queues, prefetch, ackEvery }))
  }
  const publisher = await Publisher.open(sending, {
    channel: 1,
    exchange,
    routingKey: '',
    bodyBytes: job.bodyBytes,
    persistent: true,
    window: job.window,
  })
  const received = () => consumers.reduce((sum, consumer) => sum + consumer.received, 0)
  const measured = async (): Promise<Metrics> => {
    publisher.start()
    await sleep(job.warmupSeconds)
    const closeDisk = await openDisk()
    const close = openWindow(job.pid)
    const confirmed = publisher.confirmed
    const delivered = received()
    await sleep(job.seconds)
    const window = close()
    const publishes = publisher.confirmed - confirmed
    const deliveries = received() - delivered
    publisher.stop()
    return {
      confirmedPerSecond: publishes / window.seconds,
      deliveredPerSecond: deliveries / window.seconds,
      bodiesWrittenPerPublish: (await closeDisk()) / publishes / job.bodyBytes,
      ...window,
    }
  }
  const metrics = await Promise.race([measured(), ...connections.map((connection) => connection.failure)])
  for (const connection of connections) connection.close()
  return metrics
}
