/**
 * The shape "as used", through amqplib as applications are written: ten publishers with confirm channels, a topic
 * exchange, five queues, ten consumers that ack each message. All clients share this process, and its CPU is
 * reported: near one core, the library is the limit and not the broker. The connections end with the process.
 */
import amqplib, { type ConfirmChannel } from 'amqplib'
import { type Job, type Metrics, sleep } from './job.ts'
import { openWindow } from './process-counters.ts'

export interface AsUsedJob extends Job {
  bodyBytes: number
  publishers: number
  queues: number
  consumers: number
  prefetch: number
  /** Unconfirmed messages in flight of each publisher. */
  window: number
}

const exchange = 'as-used'

export async function asUsed(job: AsUsedJob): Promise<Metrics> {
  const url = `amqp://guest:guest@${job.address.host}:${job.address.port}?heartbeat=0`
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => {})
  const connect = async () => {
    const connection = await amqplib.connect(url)
    connection.on('error', failure.reject)
    return connection
  }
  const names = Array.from({ length: job.queues }, (_, index) => `as-used-${index}`)
  const setUp = await (await connect()).createChannel()
  await setUp.assertExchange(exchange, 'topic', { durable: true })
  for (const [index, name] of names.entries()) {
    await setUp.assertQueue(name, { durable: true, arguments: job.queueArguments })
    await setUp.bindQueue(name, exchange, `orders.*.region-${index}`)
  }
  let received = 0
  for (let index = 0; index < job.consumers; index++) {
    const channel = await (await connect()).createChannel()
    await channel.prefetch(job.prefetch)
    await channel.consume(names[index % names.length], (message) => {
      if (!message) return failure.reject(new Error('a consumer was cancelled'))
      received++
      channel.ack(message)
    })
  }
  const running = { now: true }
  const measured = async (): Promise<Metrics> => {
    for (let index = 0; index < job.publishers; index++) {
      keepPublishing(await (await connect()).createConfirmChannel(), index, job, running, failure.reject)
    }
    await sleep(job.warmupSeconds)
    const close = openWindow(job.pid)
    const before = received
    await sleep(job.seconds)
    const window = close()
    return { deliveredPerSecond: (received - before) / window.seconds, ...window }
  }
  const metrics = await Promise.race([measured(), failure.promise])
  running.now = false
  return metrics
}

/** Each confirm makes room for the next message; keys go round the regions, so each reaches one queue. */
function keepPublishing(
  channel: ConfirmChannel,
  publisher: number,
  job: AsUsedJob,
  running: { now: boolean },
  failed: (error: Error) => void,
): void {
  const body = Buffer.alloc(job.bodyBytes, 'x')
  let sequence = publisher
  const publishNext = () => {
    sequence++
    const options = {
      persistent: true,
      contentType: 'application/json',
      messageId: `${publisher}-${sequence}`,
      headers: { tenant: `tenant-${publisher}`, attempt: 1, source: 'bench' },
    }
    channel.publish(exchange, `orders.created.region-${sequence % job.queues}`, body, options, confirmed)
  }
  const confirmed = (error: Error | null) => {
    if (!running.now) return
    if (error) failed(error)
    else publishNext()
  }
  for (let count = 0; count < job.window; count++) publishNext()
}
