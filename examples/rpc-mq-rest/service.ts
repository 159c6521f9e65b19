/**
 * A price service with three doors: `service.ts TCP-PORT HTTP-PORT` answers a line of plain TCP, a REST request and a
 * message from a queue with the same function. It is stateless: any start of it can answer any call.
 */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import { appraisalMs, prices, queue } from './prices.ts'

const [tcpPort, httpPort] = process.argv.slice(2).map(Number)

async function price(item: string, door: string): Promise<string> {
  if (item === 'diamond') {
    process.send!(`appraising for ${door}`)
    await sleep(appraisalMs)
  }
  return String(prices[item])
}

const tcp = createTcpServer((socket) => {
  createInterface(socket).on('line', async (item) => socket.end(`${await price(item, 'TCP')}\n`))
})

const http = createHttpServer(async (request, response) => {
  const item = request.url!.replace('/prices/', '')
  response.end(await price(item, 'REST'))
})

async function listen(server: Server, port: number): Promise<number> {
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

const connection = await connect(process.env.AMQP_URL!)
const channel = await connection.createChannel()
process.once('disconnect', async () => {
  tcp.close()
  http.close()
  await channel.close()
  await connection.close()
})
process.send!([await listen(tcp, tcpPort), await listen(http, httpPort)])

await channel.consume(queue, async (request) => {
  const { replyTo, correlationId } = request!.properties
  channel.sendToQueue(replyTo, Buffer.from(await price(request!.content.toString(), 'queue')), { correlationId })
  channel.ack(request!) // behind the answer: a request is forgotten only once it has been answered
})
