/** The outbox with a real PostgreSQL and a real broker: what is added, in which order it comes, and what is refused. */
import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type Channel, type ChannelModel, type ConsumeMessage, connect as connectAmqp } from 'amqplib'
import { Pool, type PoolClient } from 'pg'
import { BrokerProcess, freePort } from '../../broker/test/faults/broker-process.ts'
import type { Client } from '../../client/src/client.ts'
import { connect } from '../../client/src/connect.ts'
import { PublishRefused } from '../../client/src/errors.ts'
import type { MessagePublisher, OutgoingMessage } from '../../client/src/message/outgoing.ts'
import {
  createOutbox,
  type ParkedMessage,
  type Relay,
  type RelayOptions,
  startRelay,
} from '../../client/src/postgres/index.ts'
import { PostgresServer } from './postgres.ts'

const outbox = createOutbox()
let directory: string
let port: number
let broker: BrokerProcess
let postgres: PostgresServer
let pool: Pool
let box: Client
let amqp: ChannelModel
let channel: Channel

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-outbox-'))
  port = await freePort()
  const started = await Promise.all([
    BrokerProcess.start(directory, ['--amqp-port', String(port)]),
    PostgresServer.start(),
  ])
  ;[broker, postgres] = started
  pool = new Pool({ connectionString: postgres.url })
  pool.on('error', () => {})
  await Promise.all([outbox.migrate(pool), outbox.migrate(pool)])
  box = await connect({ url: broker.url, drainOn: [] })
  amqp = await connectAmqp(broker.url)
  channel = await amqp.createChannel()
})

after(async () => {
  await amqp?.close()
  await box?.close()
  await pool?.end()
  await broker?.stop()
  await postgres?.stop()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  await pool.query(`TRUNCATE ${outbox.name}`)
  await channel.deleteQueue('orders')
  await channel.assertQueue('orders')
})

const to = (routingKey: string, body: string, properties: OutgoingMessage['properties'] = {}): OutgoingMessage => ({
  exchange: '',
  routingKey,
  body: Buffer.from(body),
  properties: { persistent: true, mandatory: true, ...properties },
})

async function inTransaction<T>(work: (tx: PoolClient) => Promise<T>, end = 'COMMIT'): Promise<T> {
  const tx = await pool.connect()
  await tx.query('BEGIN')
  const value = await work(tx)
  await tx.query(end)
  tx.release()
  return value
}

async function withRelay(options: RelayOptions, work: (relay: Relay) => Promise<void>): Promise<void> {
  const relay = await startRelay(pool, box, options)
  try {
    await work(relay)
  } finally {
    await relay.stop()
  }
}

/** @throws if they are not there within twenty seconds */
async function received(count: number): Promise<ConsumeMessage[]> {
  const messages: ConsumeMessage[] = []
  const { consumerTag } = await channel.consume('orders', (message) => messages.push(message!), { noAck: true })
  await until(
    () => messages.length >= count,
    () => `${messages.length} of ${count} messages came`,
  )
  await sleep(50)
  await channel.cancel(consumerTag)
  assert.equal(messages.length, count)
  return messages
}

const bodies = (messages: readonly ConsumeMessage[]): string[] => messages.map(({ content }) => content.toString())

async function until(holds: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  for (const end = Date.now() + 20_000; !(await holds()); await sleep(10)) {
    if (Date.now() > end) throw new Error(otherwise())
  }
}

const rows = async (): Promise<number> =>
  Number((await pool.query(`SELECT count(*) FROM ${outbox.name}`)).rows[0].count)

describe('the outbox', () => {
  it('publishes what was committed as it was added, and nothing that was rolled back', async () => {
    const headers = { tenant: 'a', bytes: Buffer.from([0, 255]), big: { '!': 'int64', value: 1n }, $: { $: 'bytes' } }
    const properties = {
      type: 'order.created',
      contentType: 'application/json',
      priority: 3,
      timestamp: 1_700_000_000,
      headers,
    }
    await withRelay({}, async () => {
      await inTransaction((tx) => outbox.add(tx, to('orders', 'no')), 'ROLLBACK')
      await inTransaction((tx) => outbox.add(tx, to('orders', '{"id":1}', { ...properties, messageId: 'order-1' })))
      const [message] = await received(1)
      await box.publish(to('orders', '{"id":1}', { ...properties, messageId: 'order-1' }))
      const [direct] = await received(1)
      assert.deepEqual(message!.content, direct!.content)
      assert.deepEqual(message!.properties, direct!.properties)
      assert.equal(message!.properties.messageId, 'order-1')
      assert.deepEqual(message!.properties.headers!.bytes, Buffer.from([0, 255]))
      await until(
        async () => (await rows()) === 0,
        () => 'a row is left',
      )
    })
  })

  it('stages what a call would have sent, and nothing once the call is over', async () => {
    const video = box.queue('video')
    const direct = await video.add('encode', { file: 'a.mov' }, { messageId: 'direct', headers: { tenant: 'b' } })
    const sent = async (): Promise<ConsumeMessage> => (await channel.get('video:encode', { noAck: true })) as never
    const { properties, content } = await sent()
    let late = (): Promise<unknown> => Promise.resolve()
    await withRelay({}, async () => {
      await inTransaction(async (tx) => {
        const add = () => video.add('encode', { file: 'a.mov' }, { messageId: 'direct', headers: { tenant: 'b' } })
        const staged = await outbox.stage(tx, async () => {
          late = AsyncResource.bind(add)
          return add()
        })
        assert.equal(staged.id, direct.id)
        assert.equal((await channel.checkQueue('video:encode')).messageCount, 0)
      })
      await until(
        async () => (await channel.checkQueue('video:encode')).messageCount === 1,
        () => 'not relayed',
      )
      const relayed = await sent()
      assert.deepEqual(relayed.content, content)
      assert.deepEqual({ ...relayed.properties, timestamp: 0 }, { ...properties, timestamp: 0 })
      await assert.rejects(late(), /after the call/)
    })
    await channel.deleteQueue('video:encode')
  })

  it('brings the result of a job that was added with a transaction', async () => {
    const video = box.queue('video')
    const worker = await video.process('double', async ({ data }) => 2 * data)
    await withRelay({}, async () => {
      const job = await inTransaction((tx) => outbox.stage(tx, () => video.add('double', 21, { awaitResult: true })))
      assert.equal(await job.result({ timeoutMs: 10_000 }), 42)
    })
    await worker.stop()
  })

  it('stages events, and what one transaction says to several', async () => {
    const topic = box.topic('shop')
    const seen: unknown[] = []
    const subscription = await topic.subscribe('order.*', async ({ name, data }) => void seen.push([name, data]))
    await channel.bindQueue('orders', 'shop', '#')
    await withRelay({}, async () => {
      const both = async () => {
        await topic.publish('order.created', { id: 1 }, { key: '1' })
        await Promise.all([
          topic.publish('order.paid', { id: 1 }, { key: '1' }),
          topic.publish('order.sent', { id: 1 }, { key: '1' }),
        ])
      }
      await inTransaction((tx) => outbox.stage(tx, both), 'ROLLBACK')
      await inTransaction((tx) => outbox.stage(tx, both))
      const routed = (await received(3)).map(({ fields }) => fields.routingKey)
      assert.deepEqual(routed, ['order.created', 'order.paid', 'order.sent'])
      await until(
        () => seen.length === 3,
        () => `${seen.length} of 3 events`,
      )
    })
    assert.deepEqual(seen[0], ['order.created', { id: 1 }])
    await subscription.stop()
  })

  it('takes a duplicate for published', async () => {
    const mail = box.queue('mail')
    const dedupe = { key: 'welcome', windowMs: 60_000 }
    const add = (tx: PoolClient) => outbox.stage(tx, () => mail.add('send', {}, { dedupe }))
    const parked: ParkedMessage[] = []
    await withRelay({ attemptsMax: 1, onParked: (message) => parked.push(message) }, async () => {
      for (let n = 0; n < 3; n++) await inTransaction(add)
      await until(
        async () => (await rows()) === 0,
        () => 'a row is left',
      )
    })
    assert.deepEqual(parked, [])
    assert.equal((await channel.checkQueue('mail:send')).messageCount, 1)
  })

  it('takes rows of any program, and names those without an id', async () => {
    await withRelay({}, async () => {
      await pool.query(`INSERT INTO signalbox_outbox (routing_key, body) VALUES ('orders', 'plain')`)
      const [{ content, properties }] = (await received(1)) as [ConsumeMessage]
      assert.equal(content.toString(), 'plain')
      assert.match(properties.messageId, /^[0-9a-f-]{36}$/)
    })
  })

  it('is woken by a commit, without waiting for its own round', async () => {
    await withRelay({ sweepMs: 3_600_000 }, async () => {
      await sleep(200)
      await inTransaction((tx) => outbox.add(tx, to('orders', 'one')))
      assert.deepEqual(bodies(await received(1)), ['one'])
    })
  })

  it('finds what no notification told of', async () => {
    await pool.query(`ALTER TABLE ${outbox.name} DISABLE TRIGGER signalbox_notify`)
    try {
      await withRelay({ sweepMs: 50 }, async () => {
        await sleep(200)
        await inTransaction((tx) => outbox.add(tx, to('orders', 'one')))
        assert.deepEqual(bodies(await received(1)), ['one'])
      })
    } finally {
      await pool.query(`ALTER TABLE ${outbox.name} ENABLE TRIGGER signalbox_notify`)
    }
  })

  it('takes a backlog in batches, by number and by size, with long messages whole', async () => {
    const long = 'x'.repeat(300_000)
    const messages = Array.from({ length: 1300 }, (_, n) => to('orders', n % 500 === 0 ? long + n : String(n)))
    await inTransaction((tx) => outbox.add(tx, messages))
    await withRelay({ batchMax: 200, batchBytesMax: 100_000 }, async () => {
      assert.deepEqual(new Set(bodies(await received(1300))), new Set(messages.map(({ body }) => body.toString())))
    })
  })

  it('keeps the order of commits of a key, though numbers are drawn earlier', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()]
    await withRelay({ sweepMs: 20 }, async () => {
      await one.query('BEGIN')
      await two.query('BEGIN')
      await outbox.add(one, to('orders', 'a1'), { key: 'a' })
      await outbox.add(two, to('orders', 'b1'), { key: 'b' })
      // Of the same key, the second transaction waits for the first.
      const added = outbox.add(two, to('orders', 'a2'), { key: 'a' })
      await sleep(100)
      await outbox.add(one, to('orders', 'a1+'), { key: 'a' })
      await one.query('COMMIT')
      await added
      await two.query('COMMIT')
      const order = bodies(await received(4)).filter((body) => body.startsWith('a'))
      assert.deepEqual(order, ['a1', 'a1+', 'a2'])
    })
    one.release()
    two.release()
  })

  it('keeps the order of a key with two relays', async () => {
    const relays = await Promise.all([
      startRelay(pool, box, { batchMax: 7 }),
      startRelay(pool, box, { batchMax: 5, sweepMs: 5 }),
    ])
    for (let n = 0; n < 60; n++) {
      await inTransaction((tx) =>
        outbox.add(
          tx,
          ['x', 'y', 'z'].map((key) => to('orders', `${key}${n}`, { headers: { 'x-ordering-key': key } })),
        ),
      )
    }
    const all = bodies(await received(180))
    for (const key of ['x', 'y', 'z']) {
      assert.deepEqual(
        all.filter((body) => body.startsWith(key)),
        Array.from({ length: 60 }, (_, n) => `${key}${n}`),
      )
    }
    await Promise.all(relays.map((relay) => relay.stop()))
  })

  it('parks what is refused too often, lets the others pass, and tries it again when released', async () => {
    const parked: ParkedMessage[] = []
    const options = {
      attemptsMax: 3,
      backoff: { minMs: 20, maxMs: 30 },
      sweepMs: 10,
      onParked: (message: ParkedMessage) => parked.push(message),
    }
    await withRelay(options, async () => {
      await inTransaction((tx) =>
        outbox.add(tx, [
          to('nowhere', 'lost'),
          { ...to('orders', 'no exchange'), exchange: 'missing' },
          to('orders', 'no such header', { headers: { bad: { '!': 'no type', value: 1 } } }),
          to('orders', 'good'),
        ]),
      )
      await inTransaction((tx) => outbox.add(tx, to('orders', 'also good')))
      assert.deepEqual(new Set(bodies(await received(2))), new Set(['good', 'also good']))
      await until(
        () => parked.length === 3,
        () => `${parked.length} of 3 parked`,
      )
    })
    const listed = await outbox.parked(pool)
    assert.deepEqual(
      listed.map(({ attempts }) => attempts),
      [3, 3, 3],
    )
    const why = Object.fromEntries(
      listed.map(({ exchange, routingKey, lastError }) => [`${exchange}/${routingKey}`, lastError]),
    )
    assert.match(why['/nowhere']!, /no queue takes/)
    assert.match(why['missing/orders']!, /no exchange 'missing'/)
    await channel.assertQueue('nowhere')
    await channel.bindQueue('orders', 'amq.topic', '#')
    const { id } = listed.find(({ routingKey }) => routingKey === 'nowhere')!
    assert.equal(await outbox.release(pool, [id]), 1)
    await withRelay(options, () =>
      until(
        async () => (await channel.checkQueue('nowhere')).messageCount === 1,
        () => 'not released',
      ),
    )
    assert.equal((await outbox.parked(pool)).length, 2)
    await channel.deleteQueue('nowhere')
  })

  it('lets the later ones of a key wait for one that is refused for a while', async () => {
    await channel.deleteQueue('orders')
    await withRelay({ backoff: { minMs: 50, maxMs: 50 }, sweepMs: 10, attemptsMax: 1000 }, async () => {
      const all = ['a1', 'a2', 'b1', 'a3', 'b2', 'b3']
      for (const body of all) await inTransaction((tx) => outbox.add(tx, to('orders', body), { key: body[0]! }))
      await until(
        async () => (await pool.query(`SELECT FROM ${outbox.name} WHERE attempts > 1`)).rows.length === 2,
        () => 'no retries',
      )
      await channel.assertQueue('orders')
      const came = bodies(await received(6))
      for (const key of ['a', 'b'])
        assert.deepEqual(
          came.filter((body) => body[0] === key),
          all.filter((body) => body[0] === key),
        )
    })
  })

  it('sends none of a key before the one before it is confirmed', async () => {
    let refusals = 2
    const refusing: MessagePublisher = {
      publish(message) {
        const isRefused = message.body.toString() === 'a1' && refusals-- > 0
        return isRefused ? Promise.reject(new PublishRefused('the queue is full')) : box.publish(message)
      },
    }
    await inTransaction(async (tx) => {
      for (const body of ['a1', 'a2', 'b1', 'a3', 'b2']) await outbox.add(tx, to('orders', body), { key: body[0]! })
    })
    const relay = await startRelay(pool, refusing, { backoff: { minMs: 100 }, sweepMs: 10 })
    assert.deepEqual(bodies(await received(5)), ['b1', 'b2', 'a1', 'a2', 'a3'])
    await relay.stop()
  })

  it('goes on after PostgreSQL restarted, without publishing twice what was confirmed', async () => {
    await withRelay({ sweepMs: 3_600_000 }, async () => {
      await inTransaction((tx) => outbox.add(tx, to('orders', 'before')))
      assert.deepEqual(bodies(await received(1)), ['before'])
      await until(
        async () => (await rows()) === 0,
        () => 'a row is left',
      )
      await postgres.restart('fast')
      await inTransaction((tx) => outbox.add(tx, to('orders', 'after')))
      assert.deepEqual(bodies(await received(1)), ['after'])
    })
  })

  it('stops with what is on its way confirmed and deleted', async () => {
    await inTransaction((tx) =>
      outbox.add(
        tx,
        Array.from({ length: 2000 }, (_, n) => to('orders', String(n))),
      ),
    )
    const relay = await startRelay(pool, box, { batchMax: 100 })
    await until(
      async () => (await rows()) < 2000,
      () => 'nothing published',
    )
    await relay.stop()
    const left = await rows()
    assert.ok(left > 0)
    await received(2000 - left)
  })

  it('leaves the front to another when a confirm does not come', async () => {
    const asked = Promise.withResolvers<void>()
    const hanging: MessagePublisher = {
      publish() {
        asked.resolve()
        return new Promise(() => {})
      },
    }
    const relay = await startRelay(pool, hanging, { confirmTimeoutMs: 300 })
    await inTransaction((tx) => outbox.add(tx, to('orders', 'one')))
    await asked.promise
    await withRelay({ sweepMs: 20 }, async () => assert.deepEqual(bodies(await received(1)), ['one']))
    await relay.stop()
  })

  it('takes over from a relay that hangs', async () => {
    const thread = new Worker(new URL('postgres-hung-relay.ts', import.meta.url), { workerData: postgres.url })
    try {
      await inTransaction((tx) => outbox.add(tx, to('orders', 'one'), { key: 'a' }))
      await once(thread, 'message')
      await withRelay({ sweepMs: 50 }, async () => assert.deepEqual(bodies(await received(1)), ['one']))
    } finally {
      await thread.terminate()
    }
  })

  it('says at the start that there is no table', async () => {
    await assert.rejects(startRelay(pool, box, { outbox: createOutbox({ table: 'none' }) }), { code: '42P01' })
  })

  it('keeps the table where it is told to', async () => {
    const elsewhere = createOutbox({ schema: 'Shop "x"', table: "it's" })
    await elsewhere.migrate(pool)
    await elsewhere.migrate(pool)
    await withRelay({ outbox: elsewhere }, async () => {
      await inTransaction((tx) => elsewhere.add(tx, to('orders', 'there'), { key: 'k' }))
      assert.deepEqual(bodies(await received(1)), ['there'])
    })
  })
})
