/** What the shop and its workers know of each other: the queue, its jobs, and the tables. */
import type { Client } from '@signalbox/client'
import { createInbox, createOutbox } from '@signalbox/client/postgres'

export interface Order {
  readonly id: string
  readonly customer: string
  /** Counted per customer. */
  readonly number: number
}

export const outbox = createOutbox({ schema: 'examples_outbox' })
export const inbox = createInbox({ schema: 'examples_outbox' })

/** `ordered`: the jobs of a customer are worked on one after the other. A job that workers die of comes again. */
export const orders = (client: Client) =>
  client.queue<{ charge: Order }>('examples.orders', { ordered: true, retry: { attempts: 100, minMs: 0 } })

export const tables = `
  CREATE TABLE IF NOT EXISTS examples_outbox.orders (id text PRIMARY KEY, customer text, number int);
  CREATE TABLE IF NOT EXISTS examples_outbox.charges (charge serial, id text, customer text, number int)`
