/** Works on orders as any RabbitMQ client would, and tells of each that is done. It knows of no topic. */
import amqplib from 'amqplib'
import { events, isPoison, isUnlucky, type Order, work } from './shop.ts'

const connection = await amqplib.connect(process.env.AMQP_URL!)
const channel = await connection.createConfirmChannel()
await channel.prefetch(50)

await channel.consume(work, async (message) => {
  if (message === null) return
  const order: Order = JSON.parse(message.content.toString())
  const { headers = {} } = message.properties
  if (message.fields.routingKey !== order.customer || headers.shop?.toString() !== 'java') {
    throw new Error(`key and headers of order ${order.order} are not what the shop sent`)
  }
  if (isPoison(order) || (isUnlucky(order) && !message.fields.redelivered)) {
    channel.nack(message)
    return
  }
  const event = Buffer.from(JSON.stringify({ order: order.order, by: process.pid }))
  channel.publish(events, 'order.done', event, { headers: { customer: order.customer }, persistent: true }, (error) => {
    if (error) throw error
    channel.ack(message)
    process.send!({ done: order.order })
  })
})
process.send!('ready')

process.once('disconnect', async () => {
  await connection.close()
})
