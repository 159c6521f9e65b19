/**
 * Handles each order once, as a process of its own: `node postgres-worker.ts DATABASE_URL BROKER_URL QUEUE`. SIGTERM
 * ends it well. What fails goes back to the queue.
 */
import { connect as connectAmqp } from 'amqplib'
import { Pool } from 'pg'
import { createInbox } from '../../client/src/postgres/index.ts'

const [database, broker, queue] = process.argv.slice(2)
const pool = new Pool({ connectionString: database, max: 5 })
pool.on('error', () => {})
const inbox = createInbox()
const amqp = await connectAmqp(broker!)
amqp.on('error', () => {})
amqp.on('close', () => process.exit(1))
const channel = await amqp.createChannel()
await channel.prefetch(5)
let busy = 0
const { consumerTag } = await channel.consume(queue!, async (message) => {
  busy++
  const { order } = JSON.parse(message!.content.toString())
  try {
    await inbox.once(pool, message!.properties.messageId, 'billing', (tx) =>
      tx.query('INSERT INTO effects (order_id) VALUES ($1)', [order]),
    )
    channel.ack(message!)
  } catch {
    setTimeout(() => channel.nack(message!), 50)
  }
  busy--
})
process.once('SIGTERM', async () => {
  await channel.cancel(consumerTag)
  while (busy > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  amqp.removeAllListeners('close')
  await amqp.close()
  await pool.end()
})
console.log('ready')
