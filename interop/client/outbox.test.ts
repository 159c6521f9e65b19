/**
 * The outbox with a real PostgreSQL and each broker: what is added in a transaction, and what comes of it.
 *
 * `node --test interop/client/outbox.test.ts`; BROKER=Signalbox or RabbitMQ is one of them alone.
 */
import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { ConsumeMessage } from 'amqplib'
import type { PoolClient } from 'pg'
import { createOutbox, type ParkedMessage, startRelay } from '../../client/src/postgres/index.ts'
import { brokers } from './jobs-brokers.ts'
import { isAskedFor } from './member-bench.ts'
import { bodies, OutboxBench, to, until } from './outbox-bench.ts'

for (const kind of brokers.filter(isAskedFor)) {
  describe(`the outbox with ${kind.name}`, () => {
    let bench: OutboxBench
    before(async () => {
      bench = await OutboxBench.start(kind)
    })
    after(() => bench?.stop())
    beforeEach(() => bench.clear())

    it('publishes what was committed as it was added, and nothing that was rolled back', async () => {
      const headers = { tenant: 'a', bytes: Buffer.from([0, 255]), big: { '!': 'int64', value: 1n }, $: { $: 'bytes' } }
      const properties = {
        type: 'order.created',
        contentType: 'application/json',
        priority: 3,
        timestamp: 1_700_000_000,
        headers,
      }
      await bench.withRelay({}, async () => {
        await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'no')), 'ROLLBACK')
        await bench.inTransaction((tx) =>
          bench.outbox.add(tx, to('orders', '{"id":1}', { ...properties, messageId: 'order-1' })),
        )
        const [message] = await bench.received(1)
        await bench.box.publish(to('orders', '{"id":1}', { ...properties, messageId: 'order-1' }))
        const [direct] = await bench.received(1)
        assert.deepEqual(message!.content, direct!.content)
        assert.deepEqual(message!.properties, direct!.properties)
        assert.equal(message!.properties.messageId, 'order-1')
        assert.deepEqual(message!.properties.headers!.bytes, Buffer.from([0, 255]))
        await until(
          async () => (await bench.rows()) === 0,
          () => 'a row is left',
        )
      })
    })

    it('stages what a call would have sent, and nothing once the call is over', async () => {
      const video = bench.box.queue('video')
      const direct = await video.add('encode', { file: 'a.mov' }, { messageId: 'direct', headers: { tenant: 'b' } })
      const sent = async (): Promise<ConsumeMessage> =>
        (await bench.channel.get('video:encode', { noAck: true })) as never
      const { properties, content } = await sent()
      let late = (): Promise<unknown> => Promise.resolve()
      await bench.withRelay({}, async () => {
        await bench.inTransaction(async (tx) => {
          const add = () => video.add('encode', { file: 'a.mov' }, { messageId: 'direct', headers: { tenant: 'b' } })
          const staged = await bench.outbox.stage(tx, async () => {
            late = AsyncResource.bind(add)
            return add()
          })
          assert.equal(staged.id, direct.id)
          assert.equal((await bench.channel.checkQueue('video:encode')).messageCount, 0)
        })
        await until(
          async () => (await bench.channel.checkQueue('video:encode')).messageCount === 1,
          () => 'not relayed',
        )
        const relayed = await sent()
        assert.deepEqual(relayed.content, content)
        assert.deepEqual({ ...relayed.properties, timestamp: 0 }, { ...properties, timestamp: 0 })
        await assert.rejects(late(), /after the call/)
      })
      await bench.channel.deleteQueue('video:encode')
    })

    it('brings the result of a job that was added with a transaction', async () => {
      const video = bench.box.queue('video')
      const worker = await video.process('double', async ({ data }) => 2 * data)
      await bench.withRelay({}, async () => {
        const job = await bench.inTransaction((tx) =>
          bench.outbox.stage(tx, () => video.add('double', 21, { awaitResult: true })),
        )
        assert.equal(await job.result({ timeoutMs: 10_000 }), 42)
      })
      await worker.stop()
    })

    it('stages events, and what one transaction says to several', async () => {
      const topic = bench.box.topic('shop')
      const seen: unknown[] = []
      const subscription = await topic.subscribe('order.*', async ({ name, data }) => void seen.push([name, data]))
      await bench.channel.bindQueue('orders', 'shop', '#')
      await bench.withRelay({}, async () => {
        const both = async () => {
          await topic.publish('order.created', { id: 1 }, { key: '1' })
          await Promise.all([
            topic.publish('order.paid', { id: 1 }, { key: '1' }),
            topic.publish('order.sent', { id: 1 }, { key: '1' }),
          ])
        }
        await bench.inTransaction((tx) => bench.outbox.stage(tx, both), 'ROLLBACK')
        await bench.inTransaction((tx) => bench.outbox.stage(tx, both))
        const routed = (await bench.received(3)).map(({ fields }) => fields.routingKey)
        assert.deepEqual(routed, ['order.created', 'order.paid', 'order.sent'])
        await until(
          () => seen.length === 3,
          () => `${seen.length} of 3 events`,
        )
      })
      assert.deepEqual(seen[0], ['order.created', { id: 1 }])
      await subscription.stop()
    })

    it('takes rows of any program, and names those without an id', async () => {
      await bench.withRelay({}, async () => {
        await bench.pool.query(`INSERT INTO signalbox_outbox (routing_key, body) VALUES ('orders', 'plain')`)
        const [{ content, properties }] = (await bench.received(1)) as [ConsumeMessage]
        assert.equal(content.toString(), 'plain')
        assert.match(properties.messageId, /^[0-9a-f-]{36}$/)
      })
    })

    it('says at the start that there is no table', async () => {
      await assert.rejects(startRelay(bench.pool, bench.box, { outbox: createOutbox({ table: 'none' }) }), {
        code: '42P01',
      })
    })

    it('keeps the table where it is told to', async () => {
      const elsewhere = createOutbox({ schema: 'Shop "x"', table: "it's" })
      await elsewhere.migrate(bench.pool)
      await elsewhere.migrate(bench.pool)
      await bench.withRelay({ outbox: elsewhere }, async () => {
        await bench.inTransaction((tx) => elsewhere.add(tx, to('orders', 'there'), { key: 'k' }))
        assert.deepEqual(bodies(await bench.received(1)), ['there'])
      })
    })

    if (!kind.isSignalbox) return

    it('takes a duplicate for published', async () => {
      const mail = bench.box.queue('mail')
      const dedupe = { key: 'welcome', windowMs: 60_000 }
      const add = (tx: PoolClient) => bench.outbox.stage(tx, () => mail.add('send', {}, { dedupe }))
      const parked: ParkedMessage[] = []
      await bench.withRelay({ attemptsMax: 1, onParked: (message) => parked.push(message) }, async () => {
        for (let n = 0; n < 3; n++) await bench.inTransaction(add)
        await until(
          async () => (await bench.rows()) === 0,
          () => 'a row is left',
        )
      })
      assert.deepEqual(parked, [])
      assert.equal((await bench.channel.checkQueue('mail:send')).messageCount, 1)
    })
  })
}
