/**
 * Charges each order once, as a process of its own: `node postgres-worker.ts DATABASE_URL BROKER_URL`. SIGTERM ends it
 * well.
 */
import { Pool } from 'pg'
import { connect } from '../../client/src/connect.ts'
import type { Job } from '../../client/src/jobs/job.ts'
import { createInbox } from '../../client/src/postgres/index.ts'
import { orderJobs } from './postgres-shop.ts'

const [database, broker] = process.argv.slice(2)
const pool = new Pool({ connectionString: database, max: 5 })
pool.on('error', () => {})
const inbox = createInbox()
const box = await connect({ url: broker!, reconnect: { minMs: 20, maxMs: 300 }, drainOn: [] })
const charge = inbox.handler(pool, 'charge', async ({ data }: Job<{ order: string }>, tx) => {
  await tx.query('INSERT INTO effects (order_id) VALUES ($1)', [data.order])
})
await orderJobs(box).process('charge', charge, { concurrency: 5 })
process.once('SIGTERM', async () => {
  await box.close()
  await pool.end()
})
console.log('ready')
