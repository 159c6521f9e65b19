/**
 * The same burst, ten times what three slow workers can hold, meets them twice: behind a round-robin load balancer
 * with full pools, and behind a queue. The one refuses most of it, the other takes longer and loses nothing.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Channel, connect } from 'amqplib'
import { startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { createBalancer } from './balancer.ts'
import { burst, queue, usual, workerCount } from './load.ts'

await example('burst', async ({ amqpUrl }, prove) => {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  await channel.deleteQueue(queue) // what a run that was cut short may have left
  await channel.assertQueue(queue)
  const workers = await Promise.all(
    Array.from({ length: workerCount }, () => startChild(new URL('worker.ts', import.meta.url), [], amqpUrl)),
  )
  const balancer = createBalancer(workers.map(([, port]) => port as number))
  await once(balancer.listen(0, '127.0.0.1'), 'listening')
  const { port } = balancer.address() as AddressInfo

  const calm = await throughBalancer(port, usual)
  prove(`balancer, ${usual} jobs at once: ${calm.done} done, ${calm.refused} refused`, calm.done === usual)

  const { done, refused } = await throughBalancer(port, burst)
  prove(`balancer, ${burst} jobs at once: ${done} done, ${refused} refused`, refused > 0 && done + refused === burst)

  const startedMs = Date.now()
  const results = await throughQueue(channel, burst)
  const tookMs = Date.now() - startedMs
  const lost = jobNumbers(burst).filter((job) => !results.includes(`done ${job}`)).length
  prove(`queue,    ${burst} jobs at once: ${results.length} done in ${tookMs} ms, 0 refused, ${lost} lost`, lost === 0)
  prove('queue: no job was done twice', results.length === burst)

  balancer.close()
  await Promise.all(workers.map(([worker]) => stopChild(worker)))
  const { messageCount } = await channel.deleteQueue(queue)
  prove('queue: no job is left in it', messageCount === 0)
  await connection.close()
})

/** Sends `count` jobs at once to the load balancer; resolves to how many were done and how many turned away. */
async function throughBalancer(port: number, count: number): Promise<{ done: number; refused: number }> {
  const statuses = await Promise.all(
    jobNumbers(count).map(async (job) => {
      const response = await fetch(`http://127.0.0.1:${port}/jobs/${job}`, { method: 'POST' })
      const isDone = (await response.text()) === `done ${job}`
      return isDone ? 'done' : response.status
    }),
  )
  const number = (status: string | number) => statuses.filter((each) => each === status).length
  return { done: number('done'), refused: number(503) }
}

/** Sends `count` jobs at once to the queue; resolves to all results when that many have come back. */
async function throughQueue(channel: Channel, count: number): Promise<string[]> {
  const { queue: replyTo } = await channel.assertQueue('', { exclusive: true })
  const results: string[] = []
  const allBack = new Promise<void>((resolve) => {
    const collect = (result: string): void => {
      results.push(result)
      if (results.length === count) resolve()
    }
    channel.consume(replyTo, (message) => collect(message!.content.toString()), { noAck: true })
  })
  for (const job of jobNumbers(count)) channel.sendToQueue(queue, Buffer.from(String(job)), { replyTo })
  await allBack
  return results
}

function jobNumbers(count: number): number[] {
  return Array.from({ length: count }, (_, job) => job)
}
