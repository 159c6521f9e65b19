/** An outbox with a real PostgreSQL and one of the brokers, a client of it, and a queue `orders` that is empty for each test. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Channel, type ChannelModel, type ConsumeMessage, connect as connectAmqp } from 'amqplib'
import { Pool, type PoolClient } from 'pg'
import { type Client, connect, type OutgoingMessage } from '../../client/src/index.ts'
import { createOutbox, type Relay, type RelayOptions, startRelay } from '../../client/src/postgres/index.ts'
import type { JobBroker, JobBrokerKind } from './jobs-brokers.ts'
import { PostgresServer } from './postgres.ts'

export class OutboxBench {
  readonly outbox = createOutbox()
  readonly pool: Pool
  readonly box: Client
  readonly channel: Channel
  readonly postgres: PostgresServer
  private readonly broker: JobBroker
  private readonly amqp: ChannelModel

  private constructor(broker: JobBroker, postgres: PostgresServer, box: Client, amqp: ChannelModel, channel: Channel) {
    this.broker = broker
    this.postgres = postgres
    this.box = box
    this.amqp = amqp
    this.channel = channel
    this.pool = new Pool({ connectionString: postgres.url })
    this.pool.on('error', () => {})
  }

  static async start(kind: JobBrokerKind): Promise<OutboxBench> {
    const [broker, postgres] = await Promise.all([kind.start(), PostgresServer.start()])
    const box = await connect({ url: broker.url, drainOn: [] })
    const amqp = await connectAmqp(broker.url)
    const bench = new OutboxBench(broker, postgres, box, amqp, await amqp.createChannel())
    await Promise.all([bench.outbox.migrate(bench.pool), bench.outbox.migrate(bench.pool)])
    return bench
  }

  async stop(): Promise<void> {
    await this.amqp.close()
    await this.box.close()
    await this.pool.end()
    await this.broker.stop()
    await this.postgres.stop()
  }

  /** Before each test. */
  async clear(): Promise<void> {
    await this.pool.query(`TRUNCATE ${this.outbox.name}`)
    await this.channel.deleteQueue('orders')
    await this.channel.assertQueue('orders')
  }

  async inTransaction<T>(work: (tx: PoolClient) => Promise<T>, end = 'COMMIT'): Promise<T> {
    const tx = await this.pool.connect()
    await tx.query('BEGIN')
    const value = await work(tx)
    await tx.query(end)
    tx.release()
    return value
  }

  async withRelay(options: RelayOptions, work: (relay: Relay) => Promise<void>): Promise<void> {
    const relay = await startRelay(this.pool, this.box, options)
    try {
      await work(relay)
    } finally {
      await relay.stop()
    }
  }

  /** @throws if they are not there in time, or more than those */
  async received(count: number): Promise<ConsumeMessage[]> {
    const messages: ConsumeMessage[] = []
    const { consumerTag } = await this.channel.consume('orders', (message) => messages.push(message!), { noAck: true })
    await until(
      () => messages.length >= count,
      () => `${messages.length} of ${count} messages came`,
    )
    await sleep(50)
    await this.channel.cancel(consumerTag)
    assert.equal(messages.length, count)
    return messages
  }

  async rows(): Promise<number> {
    return Number((await this.pool.query(`SELECT count(*) FROM ${this.outbox.name}`)).rows[0].count)
  }
}

export const to = (
  routingKey: string,
  body: string,
  properties: OutgoingMessage['properties'] = {},
): OutgoingMessage => ({
  exchange: '',
  routingKey,
  body: Buffer.from(body),
  properties: { persistent: true, mandatory: true, ...properties },
})

export const bodies = (messages: readonly ConsumeMessage[]): string[] =>
  messages.map(({ content }) => content.toString())

export async function until(holds: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(10)) {
    if (Date.now() > end) throw new Error(otherwise())
  }
}
