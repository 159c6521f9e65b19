/** A relay as a process of its own: `node postgres-relay.ts DATABASE_URL BROKER_URL`. SIGTERM ends it well. */
import { Pool } from 'pg'
import { connect } from '../../client/src/connect.ts'
import { startRelay } from '../../client/src/postgres/index.ts'

const [database, broker] = process.argv.slice(2)
const pool = new Pool({ connectionString: database, max: 3 })
pool.on('error', () => {})
const box = await connect({ url: broker!, reconnect: { minMs: 20, maxMs: 300 }, drainOn: [] })
const relay = await startRelay(pool, box, { batchMax: 20, sweepMs: 100, confirmTimeoutMs: 2000 })
process.once('SIGTERM', async () => {
  await relay.stop()
  await box.close()
  await pool.end()
})
console.log('ready')
