/**
 * A slow worker with two doors: it takes jobs over HTTP from a load balancer, and from a queue. By either it works on
 * as many at a time as its pool is big, and a job takes it the same time.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import { msPerJob, poolSize, queue } from './load.ts'

async function work(job: string): Promise<string> {
  await sleep(msPerJob)
  return `done ${job}`
}

const server = createServer(async (request, response) => {
  response.end(await work(request.url!.replace('/jobs/', '')))
})

const connection = await connect(process.env.AMQP_URL!)
const channel = await connection.createChannel()
await channel.prefetch(poolSize)
await channel.consume(queue, async (message) => {
  const result = await work(message!.content.toString())
  channel.sendToQueue(message!.properties.replyTo, Buffer.from(result))
  channel.ack(message!)
})

await once(server.listen(0, '127.0.0.1'), 'listening')
process.send!((server.address() as AddressInfo).port)

process.once('disconnect', async () => {
  server.close()
  await channel.close()
  await connection.close()
})
