/**
 * What it costs the flow when somebody looks: 10,000 queues, one of them with a steady flow, and beside it a client of the
 * management API that asks for one page after another, each sorted in another way.
 */
import { Connection } from './connection.ts'
import { Consumer } from './consumer.ts'
import { queueDeclare, queueDeclareOk } from './frames.ts'
import { type Job, type Metrics, percentile, sleep } from './job.ts'
import { openWindow } from './process-counters.ts'
import { Publisher } from './publisher.ts'

export interface PagesJob extends Job {
  /** `http://host:port` of the management API. */
  http: string
  queues: number
  /** As many as go through if nothing is said. */
  messagesPerSecond: number | undefined
  /** Pages asked for in a second; 0: nobody looks. */
  pagesPerSecond: number
  bodyBytes: number
}

const login = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` }

const LOOKS = [
  'sort=name',
  'sort=messages&sort_reverse=true',
  'sort=message_stats.publish_details.rate&sort_reverse=true',
  'sort=name&page=80',
  'name=flow',
]

export async function pages(job: PagesJob): Promise<Metrics> {
  const receiving = await Connection.open(job.address)
  const sending = await Connection.open(job.address)
  await receiving.openChannel(1)
  await sending.openChannel(1)
  for (let i = 1; i < job.queues; i++) {
    await receiving.call(queueDeclare(1, `queue-${i}`, { durable: false }, job.queueArguments), queueDeclareOk)
  }
  await receiving.call(queueDeclare(1, 'flow', { durable: false }, job.queueArguments), queueDeclareOk)
  const consumer = await Consumer.open(receiving, { channel: 1, queues: ['flow'], prefetch: 0, ackEvery: 0 })
  const publisher = await Publisher.open(sending, {
    channel: 1,
    exchange: '',
    routingKey: 'flow',
    bodyBytes: job.bodyBytes,
    persistent: false,
    window: 0,
    ...(job.messagesPerSecond !== undefined && { perSecond: job.messagesPerSecond }),
  })
  const milliseconds: number[] = []
  let looking = job.pagesPerSecond > 0
  const look = async (): Promise<void> => {
    for (let n = 0; looking; n++) {
      const began = performance.now()
      const query = `page_size=100&${LOOKS[n % LOOKS.length]}`
      const answer = await fetch(`${job.http}/api/queues?${query.includes('page=8') ? '' : 'page=1&'}${query}`, {
        headers: login,
      })
      const page = (await answer.json()) as { total_count: number; items: unknown[] }
      if (page.total_count !== job.queues) throw new Error(`a page of ${page.total_count} queues`)
      milliseconds.push(performance.now() - began)
      await sleep(Math.max(0, 1 / job.pagesPerSecond - (performance.now() - began) / 1000))
    }
  }
  const measured = async (): Promise<Metrics> => {
    publisher.start()
    const looks = look()
    await sleep(job.warmupSeconds)
    milliseconds.length = 0
    const close = openWindow(job.pid)
    const { received } = consumer
    await sleep(job.seconds)
    const window = close()
    looking = false
    const deliveredPerSecond = (consumer.received - received) / window.seconds
    await looks
    publisher.stop()
    const ascending = Float64Array.from(milliseconds).sort()
    return {
      deliveredPerSecond,
      ...(job.pagesPerSecond > 0 && {
        pages: milliseconds.length,
        pageMsP50: percentile(ascending, 0.5),
        pageMsP99: percentile(ascending, 0.99),
        pageMsMost: ascending.at(-1) ?? Number.NaN,
      }),
      ...window,
    }
  }
  const metrics = await Promise.race([measured(), sending.failure, receiving.failure])
  sending.close()
  receiving.close()
  return metrics
}
