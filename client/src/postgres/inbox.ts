/**
 * The inbox: a handler's effect on the database and the note that this message was handled are one transaction. So a
 * redelivery finds the note, and has no second effect.
 */
import {
  type Connection,
  inTransaction,
  literal,
  onConnection,
  type Pool,
  type Queryable,
  quoted,
  tableName,
} from './database.ts'

export interface InboxOptions {
  /** Default: `signalbox_inbox`. */
  readonly table?: string
  /** Default: `public`. */
  readonly schema?: string
}

/** A message id, or whatever bears one: a job, an event, a delivery. */
export type Handled = string | { readonly id: string } | { readonly messageId: string }

/** `handled`: now, not before. The result is the effect's, of now or of then, as JSON keeps it. */
export interface Once<T> {
  readonly handled: boolean
  readonly result: T
}

const PRUNED_AT_ONCE = 5000

export class Inbox {
  private readonly schema: string
  private readonly table: string
  private readonly name: string

  /** Use `createInbox`. */
  constructor({ table = 'signalbox_inbox', schema = 'public' }: InboxOptions) {
    this.schema = schema
    this.table = table
    this.name = tableName(schema, table)
  }

  /** The statement that `migrate` runs, for migrations of your own. */
  get sql(): string {
    const { schema, table, name } = this
    return `DO $inbox$
BEGIN
  IF to_regclass(${literal(name)}) IS NOT NULL THEN RETURN; END IF;
  IF to_regnamespace(${literal(quoted(schema))}) IS NULL THEN CREATE SCHEMA ${quoted(schema)}; END IF;

  CREATE TABLE ${name} (
    consumer text NOT NULL,
    message_id text NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    -- what the handler returned, for whoever delivers the message again
    result json,
    PRIMARY KEY (consumer, message_id)
  );
  CREATE INDEX ${quoted(`${table}_handled_at`)} ON ${name} (handled_at);
END $inbox$`
  }

  /** Creates the table unless it is there; several processes may do so at once. */
  async migrate(pool: Pool): Promise<void> {
    await inTransaction(pool, async (connection) => {
      await connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [this.name])
      await connection.query(this.sql)
    })
  }

  /**
   * Notes, in the caller's own transaction, that this consumer handles the message. While another transaction does the
   * same it waits for the end of that one.
   * @returns false: it was handled before, and is to have no effect now
   */
  async note(tx: Queryable, message: Handled, consumer: string): Promise<boolean> {
    const text = `INSERT INTO ${this.name} (consumer, message_id) VALUES ($1::text, $2::text) ON CONFLICT DO NOTHING RETURNING 1 AS noted`
    const { rows } = (await tx.query(text, [consumer, idOf(message)])) as { rows: unknown[] }
    return rows.length > 0
  }

  /**
   * Runs `effect` in a transaction, unless the consumer has handled the message before. Several at once for one message
   * have one effect.
   * @throws what `effect` throws, with everything rolled back: the message may come again
   */
  once<T>(pool: Pool, message: Handled, consumer: string, effect: (tx: Connection) => Promise<T>): Promise<Once<T>> {
    return inTransaction(pool, async (connection) => {
      const handled = await this.note(connection, message, consumer)
      const result = handled ? await effect(connection) : await this.resultOf(connection, message, consumer)
      if (handled && result !== undefined) await this.keepResult(connection, message, consumer, result)
      return { handled, result: result as T }
    })
  }

  /** A handler for `process` or `subscribe`, with its effect in a transaction, once for each message. */
  handler<M extends Exclude<Handled, string>, T>(
    pool: Pool,
    consumer: string,
    effect: (message: M, tx: Connection) => Promise<T>,
  ): (message: M) => Promise<T> {
    return async (message) => (await this.once(pool, message, consumer, (tx) => effect(message, tx))).result
  }

  /**
   * Forgets what was handled longer ago than that: a message that comes again after it has its effect again.
   * @returns how many notes
   */
  prune(pool: Pool, olderThanMs: number): Promise<number> {
    return onConnection(pool, async (connection) => {
      for (let pruned = 0; ; ) {
        const { rowCount } = await connection.query(
          `DELETE FROM ${this.name} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM ${this.name} WHERE handled_at < now() - $1 * interval '1 millisecond' LIMIT ${PRUNED_AT_ONCE}))`,
          [olderThanMs],
        )
        pruned += rowCount ?? 0
        if ((rowCount ?? 0) < PRUNED_AT_ONCE) return pruned
      }
    })
  }

  private async resultOf(connection: Connection, message: Handled, consumer: string): Promise<unknown> {
    const text = `SELECT result::text FROM ${this.name} WHERE consumer = $1 AND message_id = $2`
    const { rows } = await connection.query(text, [consumer, idOf(message)])
    const result = rows[0]?.result
    return typeof result === 'string' ? JSON.parse(result) : undefined
  }

  private async keepResult(connection: Connection, message: Handled, consumer: string, result: unknown): Promise<void> {
    const text = `UPDATE ${this.name} SET result = $3::text::json WHERE consumer = $1 AND message_id = $2`
    await connection.query(text, [consumer, idOf(message), JSON.stringify(result)])
  }
}

export function createInbox(options: InboxOptions = {}): Inbox {
  return new Inbox(options)
}

function idOf(message: Handled): string {
  const id = typeof message === 'string' ? message : 'messageId' in message ? message.messageId : message.id
  if (!id) throw new TypeError('a message without an id cannot be handled once')
  return id
}
