/**
 * Business transactions in several connections at once, for as long as it is open: each takes the next number of one of
 * a few accounts, notes an order, and adds a message of it to the outbox; some are rolled back, and some lose their
 * connection. The table of orders says which were committed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import type { Client } from '../../client/src/client.ts'
import type { JobQueue } from '../../client/src/jobs/job-queue.ts'
import type { Outbox } from '../../client/src/postgres/index.ts'

export const ACCOUNTS = 6
const CONNECTIONS = 5
const ROLLED_BACK = 0.25

export interface Order {
  readonly order: string
  readonly account: number
  readonly number: number
}

/** Jobs of which none is ever given up: workers die of each of them often. */
export const orderJobs = (box: Client): JobQueue<{ charge: Order }> =>
  box.queue<{ charge: Order }>('orders', { retry: { attempts: 1000, backoff: 'fixed', minMs: 50 } })

export class Shop {
  /** Orders of transactions that were rolled back. */
  readonly rolledBack = new Set<string>()
  private readonly pool: Pool
  private readonly outbox: Outbox
  private readonly jobs: JobQueue<{ charge: Order }>
  private readonly random: () => number
  private readonly running: Promise<unknown>
  private isOpen = true
  private last = 0

  constructor(pool: Pool, outbox: Outbox, jobs: JobQueue<{ charge: Order }>, random: () => number) {
    this.pool = pool
    this.outbox = outbox
    this.jobs = jobs
    this.random = random
    this.running = Promise.all(Array.from({ length: CONNECTIONS }, () => this.sell()))
  }

  async close(): Promise<void> {
    this.isOpen = false
    await this.running
  }

  private async sell(): Promise<void> {
    while (this.isOpen) {
      await sleep(this.random() * 20)
      const client = await this.pool.connect().catch(() => null)
      if (client === null) continue
      let broken: Error | undefined
      const lost = (error: Error): void => void (broken = error)
      client.on('error', lost)
      await this.order(client, `order-${++this.last}`).catch(lost)
      client.removeListener('error', lost)
      client.release(broken)
    }
  }

  private async order(tx: PoolClient, order: string): Promise<void> {
    const account = Math.floor(this.random() * ACCOUNTS)
    await tx.query('BEGIN')
    const { rows } = await tx.query('UPDATE accounts SET orders = orders + 1 WHERE id = $1 RETURNING orders', [account])
    const number = rows[0].orders as number
    await tx.query('INSERT INTO orders VALUES ($1, $2, $3)', [order, account, number])
    const add = () => this.jobs.add('charge', { order, account, number }, { messageId: order })
    await this.outbox.stage(tx, add, { key: String(account) })
    await sleep(this.random() * 10)
    if (this.random() < ROLLED_BACK) {
      await tx.query('ROLLBACK')
      this.rolledBack.add(order)
    } else {
      await tx.query('COMMIT')
    }
  }
}
