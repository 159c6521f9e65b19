/**
 * A shop commits orders together with the jobs that they ask for, while the relay that publishes these and the worker
 * that does them are killed again and again.
 */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@signalbox/client'
import { connect as connectAmqp } from 'amqplib'
import { Pool } from 'pg'
import { PostgresServer } from '../../interop/client/postgres.ts'
import { killChild, startChild, stopChild } from '../child.ts'
import { example, Missing } from '../example.ts'
import { inbox, orders, outbox, tables } from './shop.ts'

const customers = ['ann', 'bob', 'cy']
const ordersEach = 60
const kills = 4

await example('outbox', async ({ amqpUrl }, prove) => {
  const database = await startDatabase()
  const pool = new Pool({ connectionString: database.url })
  pool.on('error', () => {})
  const client = await connect(amqpUrl)
  try {
    await outbox.migrate(pool)
    await inbox.migrate(pool)
    await pool.query(tables)

    const programs = ['relay.ts', 'worker.ts']
    const children = new Map<string, ChildProcess>()
    const start = async (program: string) => {
      const [child] = await startChild(new URL(program, import.meta.url), [database.url], amqpUrl)
      children.set(program, child)
    }
    await Promise.all(programs.map(start))

    const jobs = orders(client)
    const order = async (customer: string, number: number, end: 'COMMIT' | 'ROLLBACK') => {
      const tx = await pool.connect()
      const id = `${customer}-${number}${end === 'COMMIT' ? '' : '-changed-my-mind'}`
      await tx.query('BEGIN')
      await tx.query('INSERT INTO examples_outbox.orders VALUES ($1, $2, $3)', [id, customer, number])
      await outbox.stage(tx, () => jobs.add('charge', { id, customer, number }, { key: customer }))
      await tx.query(end)
      tx.release()
    }
    const sell = async (customer: string) => {
      for (let number = 1; number <= ordersEach; number++) {
        if (number % 5 === 0) await order(customer, number, 'ROLLBACK')
        await order(customer, number, 'COMMIT')
        await sleep(20)
      }
    }
    const sold = Promise.all(customers.map(sell))
    for (let kill = 0; kill < kills; kill++) {
      await sleep(200)
      const program = programs[kill % 2]
      await killChild(children.get(program)!)
      await start(program)
    }
    await sold

    const rows = async (table: string) => (await pool.query(`SELECT * FROM examples_outbox.${table}`)).rows
    const committed = (await rows('orders')).map(({ id }) => id)
    while ((await rows('signalbox_outbox')).length > 0 || (await rows('charges')).length < committed.length)
      await sleep(50)
    await Promise.all([...children.values()].map(stopChild))

    const charged = (await pool.query('SELECT * FROM examples_outbox.charges ORDER BY charge')).rows
    const ids = charged.map(({ id }) => id)
    prove(
      `${committed.length} orders were committed and ${customers.length * (ordersEach / 5)} rolled back: ${ids.length} were charged`,
      [...ids].sort().join() === committed.sort().join(),
    )
    prove(`relay and worker died ${kills} times, no order was charged twice`, new Set(ids).size === ids.length)
    const inOrder = customers.every((customer) => {
      const numbers = charged.filter((charge) => charge.customer === customer).map(({ number }) => number)
      return numbers.every((number, i) => number === i + 1)
    })
    prove('each customer’s orders were charged in the order of their commits', inOrder)
  } finally {
    await pool.query('DROP SCHEMA IF EXISTS examples_outbox CASCADE').catch(() => {})
    await pool.end()
    await client.close()
    await deleteQueues(amqpUrl)
    await database.stop()
  }
})

async function deleteQueues(amqpUrl: string): Promise<void> {
  const connection = await connectAmqp(amqpUrl)
  const channel = await connection.createChannel()
  for (const queue of ['examples.orders:charge', 'examples.orders:charge:dead']) await channel.deleteQueue(queue)
  await channel.deleteExchange('examples.orders')
  await connection.close()
}

async function startDatabase(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { DATABASE_URL } = process.env
  if (DATABASE_URL) return { url: DATABASE_URL, stop: async () => {} }
  try {
    return await PostgresServer.start()
  } catch (error) {
    throw new Missing(`a PostgreSQL: ${(error as Error).message}`)
  }
}
