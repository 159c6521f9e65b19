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
  /** Written and consumed through a queue of its own first: files that a broker makes ahead and uses again are made then. */
  runInBytes: number
}

const RUN_IN_BODY_BYTES = 16384

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
  await runIn(job)
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

async function runIn(job: FanoutJob): Promise<void> {
  const connection = await Connection.open(job.address)
  await connection.openChannel(1)
  await connection.call(queueDeclare(1, 'run-in', { durable: true }, job.queueArguments), queueDeclareOk)
  const { prefetch, ackEvery } = job
  const draining = await Connection.open(job.address)
  await draining.openChannel(1)
  await Consumer.open(draining, { channel: 1, queues: ['run-in'], prefetch, ackEvery })
  const publisher = await Publisher.open(connection, {
    channel: 1,
    exchange: '',
    routingKey: 'run-in',
    bodyBytes: RUN_IN_BODY_BYTES,
    persistent: true,
    window: 100,
    limit: Math.ceil(job.runInBytes / RUN_IN_BODY_BYTES),
  })
  publisher.start()
  await publisher.done
  connection.close()
  draining.close()
}
