/**
 * Relays, workers, the broker and PostgreSQL are killed at random moments while orders are committed and rolled back.
 * In the end each committed order was published, in the order of its account's numbers, and had one effect; what was
 * rolled back was neither. SEED=N repeats the choices; KILLS=N is how many, 16 by default: each way once, then others.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectAmqp } from 'amqplib'
import { Pool } from 'pg'
import { BrokerProcess, freePort } from '../../broker/test/faults/broker-process.ts'
import { connect } from '../../client/src/connect.ts'
import type { JobQueue } from '../../client/src/jobs/job-queue.ts'
import { createInbox, createOutbox } from '../../client/src/postgres/index.ts'
import { KeptProgram } from './kept-program.ts'
import { PostgresServer } from './postgres.ts'
import { ACCOUNTS, type Order, orderJobs, Shop } from './postgres-shop.ts'

const KILLS = Number(process.env.KILLS ?? 16)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
const SECONDS_TO_SETTLE = 60

it(`loses no order and has each effect once, whoever is killed (SEED=${SEED})`, async (t) => {
  const random = randomFrom(SEED)
  const { postgres, pool, broker } = await startServers(t)
  const outbox = createOutbox()
  await Promise.all([outbox.migrate(pool), createInbox().migrate(pool)])
  await pool.query('CREATE TABLE orders (id text PRIMARY KEY, account int NOT NULL, number int NOT NULL)')
  await pool.query('CREATE TABLE accounts (id int PRIMARY KEY, orders int NOT NULL)')
  await pool.query(`INSERT INTO accounts SELECT n, 0 FROM generate_series(0, ${ACCOUNTS - 1}) AS n`)
  await pool.query('CREATE TABLE effects (order_id text NOT NULL)')
  const box = await connect({ url: broker.url, reconnect: { minMs: 20, maxMs: 300 }, drainOn: [] })
  t.after(() => box.close())
  await audit(broker.url, orderJobs(box))

  const program = (name: string): KeptProgram =>
    new KeptProgram([join(import.meta.dirname, name), postgres.url, broker.url])
  const relays = [program('postgres-relay.ts'), program('postgres-relay.ts')]
  const workers = [program('postgres-worker.ts'), program('postgres-worker.ts')]
  const programs = [...relays, ...workers]
  t.after(() => Promise.all(programs.map((one) => one.stop())))
  await until(
    () => programs.every(({ isReady }) => isReady),
    () => programs.map(({ lastWords }) => lastWords).join('\n'),
  )

  const shop = new Shop(pool, outbox, orderJobs(box), random)
  const killed = await killAtRandom({ random, relays, workers, broker, postgres })
  const count = async (table: string): Promise<number> =>
    Number((await pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count)
  await until(
    async () => (await count('orders')) > 5 * KILLS && shop.rolledBack.size > KILLS,
    () => 'little was sold',
  )
  await shop.close()

  const state = async (): Promise<string> =>
    `${await count('orders')} orders, ${await count(outbox.name)} to be published, ${await count('effects')} effects`
  const isSettled = async (): Promise<boolean> =>
    (await count(outbox.name)) === 0 && (await count('effects')) >= (await count('orders'))
  await settle(isSettled, state)
  // Both kinds end well when they are asked to.
  await until(
    () => programs.every(({ isReady }) => isReady),
    () => programs.map(({ lastWords }) => lastWords).join('\n'),
  )
  assert.deepEqual(await Promise.all(programs.map((one) => one.stop())), [0, 0, 0, 0])

  const orders = (await pool.query('SELECT id FROM orders')).rows.map(({ id }) => id as string)
  const effects = (await pool.query('SELECT order_id FROM effects')).rows.map(({ order_id }) => order_id as string)
  const published = await drain(broker.url, 'audit')
  assert.deepEqual(effects.toSorted(), orders.toSorted(), 'one effect for each committed order')
  assert.deepEqual(new Set(published.map(({ order }) => order)), new Set(orders), 'published what was committed')
  assert.deepEqual(
    orders.filter((order) => shop.rolledBack.has(order)),
    [],
  )
  for (let account = 0; account < ACCOUNTS; account++) {
    const numbers = [...new Set(published.filter((order) => order.account === account).map(({ number }) => number))]
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, n) => n + 1),
      `account ${account} in order`,
    )
  }
  const twice = published.length - orders.length
  t.diagnostic(`${orders.length} committed, ${shop.rolledBack.size} rolled back, ${twice} published again; ${killed}`)
})

interface Victims {
  readonly random: () => number
  readonly relays: readonly KeptProgram[]
  readonly workers: readonly KeptProgram[]
  readonly broker: RestartedBroker
  readonly postgres: PostgresServer
}

/** @returns how often what was killed, for people */
async function killAtRandom({ random, relays, workers, broker, postgres }: Victims): Promise<string> {
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const ways: readonly [string, number, () => unknown][] = [
    ['a relay', 6, () => one(relays).signal('SIGKILL')],
    ['both relays', 1, () => relays.map((relay) => relay.signal('SIGKILL'))],
    ['the broker, then relays', 2, () => crashAll(relays, broker, random)],
    ['a worker', 4, () => one(workers).signal('SIGKILL')],
    ['the broker', 3, () => broker.crash()],
    ['PostgreSQL, fast', 1, () => postgres.restart('fast')],
    ['PostgreSQL, immediate', 1, () => postgres.restart('immediate')],
    ['a relay hangs', 1, () => hang(one(relays))],
  ]
  const bag = ways.flatMap((way) => Array.from({ length: way[1] }, () => way))
  const counts = new Map(ways.map(([name]) => [name, 0]))
  const first = ways.map((way) => ({ way, at: random() })).toSorted((a, b) => a.at - b.at)
  for (let kills = 0; kills < KILLS; kills++) {
    await sleep(200 + random() * 900)
    const [name, , kill] = first[kills]?.way ?? one(bag)
    await kill()
    counts.set(name, counts.get(name)! + 1)
  }
  return [...counts].map(([name, times]) => `${name} ${times}×`).join(', ')
}

/** Nobody is left who could send again what was on its way, but the outbox. */
async function crashAll(relays: readonly KeptProgram[], broker: RestartedBroker, random: () => number): Promise<void> {
  await until(
    () => relays.some(({ isReady }) => isReady),
    () => 'no relay is ready',
  )
  await broker.crash(async () => {
    await sleep(200 + random() * 500)
    for (const relay of relays) relay.signal('SIGKILL')
  })
}

/** It keeps its connections, and says nothing for a while. */
async function hang(relay: KeptProgram): Promise<void> {
  relay.signal('SIGSTOP')
  await sleep(1500)
  relay.signal('SIGCONT')
}

class RestartedBroker {
  private process: BrokerProcess | null = null
  private readonly directory: string
  private readonly port: number
  readonly url: string

  constructor(directory: string, port: number) {
    this.directory = directory
    this.port = port
    this.url = `amqp://guest:guest@127.0.0.1:${port}`
  }

  async start(): Promise<void> {
    this.process = await BrokerProcess.start(this.directory, ['--amqp-port', String(this.port)])
  }

  async crash(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.process?.kill()
    await meanwhile()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.process?.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

async function startServers(t: TestContext) {
  const broker = new RestartedBroker(await mkdtemp(join(tmpdir(), 'signalbox-kills-')), await freePort())
  t.after(() => broker.stop())
  const [postgres] = await Promise.all([PostgresServer.start(), broker.start()])
  t.after(() => postgres.stop())
  const pool = new Pool({ connectionString: postgres.url, max: 10 })
  pool.on('error', () => {})
  t.after(() => pool.end())
  return { broker, postgres, pool }
}

/** A second queue gets a copy of each job, and keeps them in the order in which they were published. */
async function audit(url: string, jobs: JobQueue<{ charge: Order }>): Promise<void> {
  await jobs.dead('charge').list()
  const amqp = await connectAmqp(url)
  const channel = await amqp.createChannel()
  await channel.assertQueue('audit')
  await channel.bindQueue('audit', 'orders', 'charge')
  await amqp.close()
}

/** What is in the queue, in its order. */
async function drain(url: string, queue: string): Promise<Order[]> {
  const amqp = await connectAmqp(url)
  const channel = await amqp.createChannel()
  const orders: Order[] = []
  const { messageCount } = await channel.checkQueue(queue)
  const all = Promise.withResolvers<void>()
  await channel.consume(
    queue,
    (message) => orders.push(JSON.parse(message!.content.toString())) === messageCount && all.resolve(),
    { noAck: true },
  )
  if (messageCount > 0) await all.promise
  await amqp.close()
  return orders
}

async function until(
  holds: () => boolean | Promise<boolean>,
  otherwise: () => string | Promise<string>,
): Promise<void> {
  for (const end = Date.now() + SECONDS_TO_SETTLE * 1000; !(await holds()); await sleep(50)) {
    if (Date.now() > end) throw new Error(await otherwise())
  }
}

/** A slow machine gets the time it needs, as long as something happens. */
async function settle(isSettled: () => Promise<boolean>, state: () => Promise<string>): Promise<void> {
  let last = { state: '', at: 0 }
  while (!(await isSettled())) {
    const now = await state()
    if (now !== last.state) last = { state: now, at: Date.now() }
    if (Date.now() - last.at > SECONDS_TO_SETTLE * 1000) throw new Error(`nothing happens any more: ${now}`)
    await sleep(100)
  }
}

/** Mulberry32: the same choices for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
