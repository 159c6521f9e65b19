/** Three ways to ask the price service. Each resolves to a price, or rejects when it cannot get one. */
import { randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Channel } from 'amqplib'
import { queue } from './prices.ts'

export type Ask = (item: string) => Promise<number>

/** Plain TCP: one connection, one line there, one line back. */
export function askByTcp(port: number): Ask {
  return async (item) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.write(`${item}\n`)
    const answer = await text(socket)
    if (!answer.endsWith('\n')) throw new Error('the connection ended before the answer')
    return Number(answer)
  }
}

/** REST: `GET /prices/ITEM`. */
export function askByRest(port: number): Ask {
  return (item) =>
    new Promise((resolve, reject) => {
      const url = `http://127.0.0.1:${port}/prices/${item}`
      get(url, { agent: false }, (response) => text(response).then(Number).then(resolve, reject)).on('error', reject)
    })
}

/**
 * A queue: the request names where the answer shall go and which request it answers. `amq.rabbitmq.reply-to` is the
 * broker's direct way back to this channel; no reply queue needs to be declared.
 */
export async function askByQueue(channel: Channel): Promise<Ask> {
  const replyTo = 'amq.rabbitmq.reply-to'
  const waiting = new Map<string, (price: number) => void>()
  await channel.consume(
    replyTo,
    (reply) => {
      const { correlationId } = reply!.properties
      waiting.get(correlationId)?.(Number(reply!.content))
      waiting.delete(correlationId) // an answer that comes twice is taken once
    },
    { noAck: true },
  )
  return (item) =>
    new Promise((resolve) => {
      const correlationId = randomUUID()
      waiting.set(correlationId, resolve)
      channel.sendToQueue(queue, Buffer.from(item), { replyTo, correlationId })
    })
}
