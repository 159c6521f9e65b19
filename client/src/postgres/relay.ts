/**
 * Publishes what stands in an outbox: at once when PostgreSQL notifies it of a commit, and after a while if a
 * notification was lost. Any number of relays may run; one works, and the others take over when it goes.
 */
import type { MessagePublisher } from '../message/outgoing.ts'
import type { Pool } from './database.ts'
import { Listener } from './listener.ts'
import { createOutbox, type Outbox, type ParkedMessage } from './outbox.ts'
import { type BatchResult, RelayBatches } from './relay-batch.ts'
import { pauseMs, Wake } from './wake.ts'

export interface RelayOptions {
  /** Default: `createOutbox()`. */
  readonly outbox?: Outbox
  /** Messages of one transaction at most. Default: 500. */
  readonly batchMax?: number
  /** Their bodies at most, but for one message that is longer. Default: 16 MiB. */
  readonly batchBytesMax?: number
  /** How often it looks without being notified; also how soon another relay takes over. Default: 1000. */
  readonly sweepMs?: number
  /** How long a transaction waits for confirms; then it ends, and the next one waits on. Default: 10,000. */
  readonly confirmTimeoutMs?: number
  /** How often a message may be refused before it is parked. Default: 10. */
  readonly attemptsMax?: number
  /** The wait after a refusal, doubled each time. Default: 1000 to 300,000. */
  readonly backoff?: { readonly minMs?: number; readonly maxMs?: number }
  /** A message was given up; see `Outbox.release`. */
  readonly onParked?: (message: ParkedMessage) => void
  /** Refusals, and losses of connections; the relay goes on. Default: nobody is told. */
  readonly onError?: (error: Error) => void
}

export class Relay {
  private readonly batches: RelayBatches
  private readonly listener: Listener
  private readonly options: RelayOptions
  private readonly wake = new Wake()
  private readonly running: Promise<unknown>
  private stopping = false

  /** Use `startRelay`. */
  constructor(pool: Pool, publisher: MessagePublisher, options: RelayOptions) {
    const { outbox = createOutbox(), backoff = {} } = options
    this.options = options
    this.batches = new RelayBatches(pool, outbox, publisher, {
      batchMax: options.batchMax ?? 500,
      batchBytesMax: options.batchBytesMax ?? 16 * 1024 * 1024,
      confirmTimeoutMs: options.confirmTimeoutMs ?? 10_000,
      attemptsMax: options.attemptsMax ?? 10,
      backoff: { minMs: backoff.minMs ?? 1000, maxMs: backoff.maxMs ?? 300_000 },
    })
    this.listener = new Listener(
      pool,
      outbox.table,
      () => this.wake.signal(),
      (error) => this.tell(error),
    )
    this.running = Promise.all([this.listener.run(), this.run()])
  }

  /** Publishes nothing more, and waits for the confirms of what is on its way, up to `confirmTimeoutMs`. */
  async stop(): Promise<void> {
    this.stopping = true
    this.batches.stop()
    this.listener.stop()
    this.wake.signal()
    await this.running
  }

  private async run(): Promise<void> {
    const { sweepMs = 1000 } = this.options
    for (let failures = 0; !this.stopping; ) {
      const result = await this.next()
      failures = result === null ? failures + 1 : 0
      // As long as there is something to publish it asks for more.
      if (result !== null && result.confirmed > 0) continue
      await this.wake.sleep(result === null ? pauseMs(failures) : sweepMs)
    }
  }

  /** @returns null if the database did not go along */
  private async next(): Promise<BatchResult | null> {
    try {
      const result = await this.batches.next()
      for (const error of result.errors) this.tell(error)
      for (const message of result.parked) this.options.onParked?.(message)
      return result
    } catch (error) {
      this.tell(error as Error)
      return null
    }
  }

  private tell(error: Error): void {
    this.options.onError?.(error)
  }
}

/**
 * Starts a relay; it needs two connections of the pool, one of them all the time. A pool of `pg` wants a listener of its
 * own for `error`.
 * @throws if the outbox's table cannot be read
 */
export async function startRelay(pool: Pool, publisher: MessagePublisher, options: RelayOptions = {}): Promise<Relay> {
  const { name } = options.outbox ?? createOutbox()
  if (pool.options?.max === 1) throw new TypeError('a relay needs a pool of two connections')
  const connection = await pool.connect()
  await connection.query(`SELECT FROM ${name} LIMIT 0`).finally(() => connection.release())
  return new Relay(pool, publisher, options)
}
