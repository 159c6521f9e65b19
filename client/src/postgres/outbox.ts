/**
 * The transactional outbox: messages are written to a table in the transaction that they tell of, so they are there
 * exactly if it was committed; a relay (relay.ts) publishes them from there.
 */
import { randomUUID } from 'node:crypto'
import type { OutgoingMessage } from '../message/outgoing.ts'
import { stage } from '../message/staging.ts'
import { inTransaction, onConnection, type Pool, type Queryable, tableName } from './database.ts'
import { INSERTED_MAX, insertSql, outboxSql } from './outbox-table.ts'
import { encodeProperties } from './properties.ts'

export interface OutboxOptions {
  /** Default: `signalbox_outbox`. */
  readonly table?: string
  /** Default: `public`. */
  readonly schema?: string
}

export interface AddOptions {
  /**
   * Messages of one key are published in the order in which their transactions were committed, each after the confirm of
   * the one before. Default: the ordering key that the message has for its queue, if any; else there is no order.
   */
  readonly key?: string | undefined
}

/** A message that the broker refused too often: it stays until it is released, or deleted from the table. */
export interface ParkedMessage {
  readonly id: string
  readonly messageId: string
  readonly exchange: string
  readonly routingKey: string
  readonly attempts: number
  readonly lastError: string
  readonly parkedAt: Date
}

export class Outbox {
  readonly schema: string
  readonly table: string
  /** The table as statements name it. */
  readonly name: string

  /** Use `createOutbox`. */
  constructor({ table = 'signalbox_outbox', schema = 'public' }: OutboxOptions) {
    this.schema = schema
    this.table = table
    this.name = tableName(schema, table)
  }

  /** The statement that `migrate` runs, for migrations of your own. */
  get sql(): string {
    return outboxSql(this.schema, this.table)
  }

  /** Creates the table and its triggers unless they are there; several processes may do so at once. */
  async migrate(pool: Pool): Promise<void> {
    await inTransaction(pool, async (connection) => {
      await connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [this.name])
      await connection.query(this.sql)
    })
  }

  /**
   * Writes messages within the caller's transaction; they are published after its commit. A message without an id gets
   * one here, which it keeps however often it is published.
   * @returns the message ids
   * @throws what the driver throws; `40P01` (deadlock) if two transactions take the same keys, or a key and a row, in
   * opposite orders: try the transaction again, or add last
   */
  async add(
    tx: Queryable,
    messages: OutgoingMessage | readonly OutgoingMessage[],
    options: AddOptions = {},
  ): Promise<string[]> {
    const rows = [messages].flat().map((message) => row(message as OutgoingMessage, options))
    // Everybody takes keys in one order.
    const inOrder = rows.toSorted((a, b) => (a.key === b.key ? 0 : (a.key ?? '') < (b.key ?? '') ? -1 : 1))
    for (let from = 0; from < inOrder.length; from += INSERTED_MAX) {
      const chunk = inOrder.slice(from, from + INSERTED_MAX)
      await tx.query(
        insertSql(this.schema, this.table, chunk.length),
        chunk.flatMap(({ messageId, key, exchange, routingKey, properties, body }) => [
          messageId,
          key,
          exchange,
          routingKey,
          properties,
          body,
        ]),
      )
    }
    return rows.map(({ messageId }) => messageId)
  }

  /**
   * Runs `call`; what a client would publish within it, jobs and events of whatever kind, is added to the outbox instead,
   * as it would have been sent. What would have come of that by itself, a result for one, comes after the commit.
   * @example await outbox.stage(tx, () => video.add('encode', { id }))
   */
  async stage<T>(tx: Queryable, call: () => Promise<T>, options: AddOptions = {}): Promise<T> {
    let isOver = false
    const publish = async (message: OutgoingMessage): Promise<void> => {
      if (isOver) throw new Error('published after the call that it was staged by')
      await this.add(tx, message, options)
    }
    try {
      return await stage({ publish }, call)
    } finally {
      isOver = true
    }
  }

  /** The messages that were given up, the oldest first. */
  async parked(pool: Pool, limit = 100): Promise<ParkedMessage[]> {
    const { rows } = await onConnection(pool, (connection) =>
      connection.query(
        `SELECT id::text, message_id AS "messageId", exchange, routing_key AS "routingKey", attempts,
           last_error AS "lastError", parked_at AS "parkedAt"
         FROM ${this.name} WHERE parked_at IS NOT NULL ORDER BY id LIMIT $1`,
        [limit],
      ),
    )
    return rows
  }

  /** Lets the relay try parked messages again, all or those named by `ParkedMessage.id`. @returns how many */
  async release(pool: Pool, ids?: readonly string[]): Promise<number> {
    const { rowCount } = await onConnection(pool, (connection) =>
      connection.query(
        `UPDATE ${this.name} SET parked_at = NULL, due_at = NULL, attempts = 0
         WHERE parked_at IS NOT NULL AND ($1::bigint[] IS NULL OR id = ANY($1))`,
        [ids ?? null],
      ),
    )
    return rowCount ?? 0
  }
}

export function createOutbox(options: OutboxOptions = {}): Outbox {
  return new Outbox(options)
}

interface Row {
  readonly messageId: string
  readonly key: string | null
  readonly exchange: string
  readonly routingKey: string
  readonly properties: string
  readonly body: Buffer
}

function row({ exchange, routingKey, body, properties }: OutgoingMessage, options: AddOptions): Row {
  const { messageId = randomUUID(), ...rest } = properties
  const key = options.key ?? orderingKey(properties.headers?.['x-ordering-key'])
  return { messageId, key, exchange, routingKey, properties: encodeProperties(rest), body }
}

function orderingKey(key: unknown): string | null {
  if (key === undefined || key === null) return null
  return Buffer.isBuffer(key) ? key.toString('base64') : String(key)
}
