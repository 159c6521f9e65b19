/** Charges orders: the charge and the note that it was made are one transaction. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect } from '@signalbox/client'
import { Pool } from 'pg'
import { inbox, type Order, orders } from './shop.ts'

const client: Client = await connect(process.env.AMQP_URL!)
const pool = new Pool({ connectionString: process.argv[2] })
pool.on('error', console.warn)
const charge = inbox.handler(pool, 'charge', async ({ data }: { id: string; data: Order }, tx) => {
  const { id, customer, number } = data
  await tx.query('INSERT INTO examples_outbox.charges (id, customer, number) VALUES ($1, $2, $3)', [
    id,
    customer,
    number,
  ])
  await sleep(5) // the time to be killed in
})
await orders(client).process('charge', charge, { concurrency: 4 })
process.send!('ready')

process.once('disconnect', async () => {
  await client.close()
  await pool.end()
})
