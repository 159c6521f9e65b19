/** Publishes what transactions have left in the outbox. */
import { connect } from '@signalbox/client'
import { startRelay } from '@signalbox/client/postgres'
import { Pool } from 'pg'
import { outbox } from './shop.ts'

const client = await connect(process.env.AMQP_URL!)
const pool = new Pool({ connectionString: process.argv[2] })
pool.on('error', console.warn)
const relay = await startRelay(pool, client, { outbox, batchMax: 10, sweepMs: 200 })
process.send!('ready')

process.once('disconnect', async () => {
  await relay.stop()
  await client.close()
  await pool.end()
})
