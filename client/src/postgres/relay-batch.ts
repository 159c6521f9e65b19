/**
 * One transaction of a relay: takes the front of the outbox, publishes it, and deletes what was confirmed.
 *
 * One relay at a time has the front, by a lock that ends with the transaction; the others stand by. Of one key, a message
 * is published after the confirm of the one before. So each message of a key is in the broker before the next one is
 * sent, whoever sends it: what a crash publishes twice comes twice, under one message id, but never out of order where
 * it comes first.
 */
import type { MessagePublisher, OutgoingMessage } from '../message/outgoing.ts'
import { type Connection, inTransaction, type Pool } from './database.ts'
import type { Outbox, ParkedMessage } from './outbox.ts'
import { decodeProperties } from './properties.ts'

export interface BatchOptions {
  readonly batchMax: number
  readonly batchBytesMax: number
  readonly confirmTimeoutMs: number
  readonly attemptsMax: number
  readonly backoff: { readonly minMs: number; readonly maxMs: number }
}

export interface BatchResult {
  readonly confirmed: number
  readonly parked: readonly ParkedMessage[]
  /** Why others were not confirmed; they stay. */
  readonly errors: readonly Error[]
}

interface Row {
  readonly id: string
  readonly message_id: string
  readonly key: string | null
  readonly exchange: string
  readonly routing_key: string
  readonly properties: string
  readonly body: Buffer
  readonly attempts: number
}

interface Refusal {
  readonly row: Row
  readonly error: Error
}

/** null: confirmed. */
type Outcome = Error | null

export class RelayBatches {
  private readonly pool: Pool
  private readonly outbox: Outbox
  private readonly publisher: MessagePublisher
  private readonly options: BatchOptions
  /** By row, until its end is committed: if the transaction has to be tried again, the message need not be published again. */
  private readonly published = new Map<string, Promise<Outcome>>()
  private stopping = false

  constructor(pool: Pool, outbox: Outbox, publisher: MessagePublisher, options: BatchOptions) {
    this.pool = pool
    this.outbox = outbox
    this.publisher = publisher
    this.options = options
  }

  /** Nothing more is published; what is on its way is waited for as ever. */
  stop(): void {
    this.stopping = true
  }

  /** @throws if the database does not go along: then nothing was deleted, and all of it stays */
  async next(): Promise<BatchResult> {
    const round = new Round()
    const parked = await inTransaction(this.pool, (connection) => this.run(connection, round), {
      begin: this.begin,
      lost: () => round.end(),
    })
    for (const id of round.settled) this.published.delete(id)
    return { confirmed: round.confirmed.length, parked, errors: round.errors }
  }

  private async run(connection: Connection, round: Round): Promise<ParkedMessage[]> {
    const rows = await this.take(connection)
    if (rows.length === 0) return []
    await this.publish(rows, round)
    return this.settle(connection, round)
  }

  /**
   * A relay that hangs, or that the network lost, gives up its place after a while. A deletion that a crash of the
   * database forgets is no loss but a second publishing, so it waits for no disk.
   */
  private get begin(): string {
    const idleMs = 2 * this.options.confirmTimeoutMs + 5000
    return `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}; SET LOCAL synchronous_commit = off`
  }

  /** In order, none whose key waits for an earlier one; nothing while another relay is at it. */
  private async take(connection: Connection): Promise<Row[]> {
    const { name } = this.outbox
    const lock = await connection.query('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 2)) AS mine', [name])
    if (!lock.rows[0].mine) return []
    // A statement of its own, so that it sees what the relay before has committed.
    const { rows } = await connection.query(
      `WITH front AS MATERIALIZED (
         SELECT id, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
         FROM (
           SELECT id, body FROM ${name} AS o
           WHERE parked_at IS NULL AND (due_at IS NULL OR due_at <= now()) AND NOT EXISTS (
             SELECT FROM ${name} AS earlier
             WHERE earlier.key = o.key AND earlier.id < o.id AND earlier.due_at > now() AND earlier.parked_at IS NULL
           )
           ORDER BY id LIMIT $1
         ) AS due
       )
       SELECT o.id::text, message_id, key, exchange, routing_key, properties::text, body, attempts
       FROM ${name} AS o JOIN front USING (id) WHERE bytes_before < $2
       ORDER BY o.id FOR UPDATE OF o SKIP LOCKED`,
      [this.options.batchMax, this.options.batchBytesMax],
    )
    return rows
  }

  private async publish(rows: readonly Row[], round: Round): Promise<void> {
    const taken = new Set(rows.map(({ id }) => id))
    for (const id of this.published.keys()) if (!taken.has(id)) this.published.delete(id)
    const chains = [...chainsOf(rows)].map((chain) => this.publishInTurn(chain, round))
    const timer = setTimeout(() => round.end(), this.options.confirmTimeoutMs)
    await Promise.race([Promise.all(chains), round.ended])
    clearTimeout(timer)
    round.end()
  }

  /** Each after the confirm of the one before; those behind one that is refused stay for later. */
  private async publishInTurn(chain: readonly Row[], round: Round): Promise<void> {
    for (const row of chain) {
      if (round.isOver || this.stopping) return
      const outcome = await this.outcomeOf(row)
      if (round.isOver) return
      round.take(row, outcome)
      if (outcome !== null) return
    }
  }

  private outcomeOf(row: Row): Promise<Outcome> {
    let outcome = this.published.get(row.id)
    if (outcome === undefined) {
      const { exchange, routing_key: routingKey, body, message_id: messageId } = row
      const properties = { ...decodeProperties(row.properties), messageId }
      outcome = this.publisher.publish({ exchange, routingKey, body, properties }).then(
        () => null,
        (error: Error) => (isDuplicate(error, properties) ? null : error),
      )
      this.published.set(row.id, outcome)
    }
    return outcome
  }

  private async settle(connection: Connection, { confirmed, refusals }: Round): Promise<ParkedMessage[]> {
    const { name } = this.outbox
    if (confirmed.length > 0) await connection.query(`DELETE FROM ${name} WHERE id = ANY($1::bigint[])`, [confirmed])
    if (refusals.length === 0) return []
    const { attemptsMax, backoff } = this.options
    const waitMs = ({ row }: Refusal): number => Math.min(backoff.minMs * 2 ** row.attempts, backoff.maxMs)
    const { rows } = await connection.query(
      `UPDATE ${name} AS o SET attempts = attempts + 1, last_error = error,
         due_at = clock_timestamp() + wait_ms * interval '1 millisecond',
         parked_at = CASE WHEN attempts + 1 >= $4 THEN clock_timestamp() END
       FROM unnest($1::bigint[], $2::text[], $3::float8[]) AS refused (id, error, wait_ms) WHERE o.id = refused.id
       RETURNING o.id::text, message_id AS "messageId", exchange, routing_key AS "routingKey", attempts,
         last_error AS "lastError", parked_at AS "parkedAt"`,
      [
        refusals.map(({ row }) => row.id),
        refusals.map(({ error }) => error.message),
        refusals.map(waitMs),
        attemptsMax,
      ],
    )
    return rows.filter(({ parkedAt }) => parkedAt !== null)
  }
}

/** What became of a batch so far. */
class Round {
  /** Of whom the outcome is known. */
  readonly settled: string[] = []
  readonly confirmed: string[] = []
  readonly refusals: Refusal[] = []
  readonly errors: Error[] = []
  /** Nothing more is published or counted. */
  isOver = false
  private readonly ending = Promise.withResolvers<void>()

  get ended(): Promise<void> {
    return this.ending.promise
  }

  end(): void {
    this.isOver = true
    this.ending.resolve()
  }

  take(row: Row, outcome: Outcome): void {
    this.settled.push(row.id)
    if (outcome === null) {
      this.confirmed.push(row.id)
      return
    }
    this.errors.push(outcome)
    const { code } = outcome as { code?: unknown }
    // These say nothing against the message.
    if (code !== 'NOT_CONFIRMED' && code !== 'CLIENT_CLOSED') this.refusals.push({ row, error: outcome })
  }
}

/** A broker that drops what it had before, by a key of its own, returns it as if no queue took it. */
function isDuplicate(error: Error, { headers }: OutgoingMessage['properties']): boolean {
  return (error as { code?: unknown }).code === 'UNROUTABLE' && headers?.['x-deduplication-header'] !== undefined
}

/** Rows of one key make a chain, each other row one of its own. */
function chainsOf(rows: readonly Row[]): Iterable<Row[]> {
  const chains = new Map<string, Row[]>()
  for (const row of rows) {
    const name = row.key === null ? `row ${row.id}` : `key ${row.key}`
    const chain = chains.get(name)
    if (chain === undefined) chains.set(name, [row])
    else chain.push(row)
  }
  return chains.values()
}
