/**
 * The relay of an outbox with a real PostgreSQL and each broker: what wakes it, in which order it publishes, what is
 * refused, and who takes over.
 *
 * `node --test interop/client/relay.test.ts`; BROKER=Signalbox or RabbitMQ is one of them alone.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type MessagePublisher, PublishRefused } from '../../client/src/index.ts'
import { type ParkedMessage, startRelay } from '../../client/src/postgres/index.ts'
import { brokers } from './jobs-brokers.ts'
import { isAskedFor } from './member-bench.ts'
import { bodies, OutboxBench, to, until } from './outbox-bench.ts'

for (const kind of brokers.filter(isAskedFor)) {
  describe(`the relay with ${kind.name}`, () => {
    let bench: OutboxBench
    before(async () => {
      bench = await OutboxBench.start(kind)
    })
    after(() => bench?.stop())
    beforeEach(() => bench.clear())

    it('is woken by a commit, without waiting for its own round', async () => {
      await bench.withRelay({ sweepMs: 3_600_000 }, async () => {
        await sleep(200)
        await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'one')))
        assert.deepEqual(bodies(await bench.received(1)), ['one'])
      })
    })

    it('finds what no notification told of', async () => {
      await bench.pool.query(`ALTER TABLE ${bench.outbox.name} DISABLE TRIGGER signalbox_notify`)
      try {
        await bench.withRelay({ sweepMs: 50 }, async () => {
          await sleep(200)
          await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'one')))
          assert.deepEqual(bodies(await bench.received(1)), ['one'])
        })
      } finally {
        await bench.pool.query(`ALTER TABLE ${bench.outbox.name} ENABLE TRIGGER signalbox_notify`)
      }
    })

    it('takes a backlog in batches, by number and by size, with long messages whole', async () => {
      const long = 'x'.repeat(300_000)
      const messages = Array.from({ length: 1300 }, (_, n) => to('orders', n % 500 === 0 ? long + n : String(n)))
      await bench.inTransaction((tx) => bench.outbox.add(tx, messages))
      await bench.withRelay({ batchMax: 200, batchBytesMax: 100_000 }, async () => {
        assert.deepEqual(
          new Set(bodies(await bench.received(1300))),
          new Set(messages.map(({ body }) => body.toString())),
        )
      })
    })

    it('keeps the order of commits of a key, though numbers are drawn earlier', async () => {
      const [one, two] = [await bench.pool.connect(), await bench.pool.connect()]
      await bench.withRelay({ sweepMs: 20 }, async () => {
        await one.query('BEGIN')
        await two.query('BEGIN')
        await bench.outbox.add(one, to('orders', 'a1'), { key: 'a' })
        await bench.outbox.add(two, to('orders', 'b1'), { key: 'b' })
        // Of the same key, the second transaction waits for the first.
        const added = bench.outbox.add(two, to('orders', 'a2'), { key: 'a' })
        await sleep(100)
        await bench.outbox.add(one, to('orders', 'a1+'), { key: 'a' })
        await one.query('COMMIT')
        await added
        await two.query('COMMIT')
        const order = bodies(await bench.received(4)).filter((body) => body.startsWith('a'))
        assert.deepEqual(order, ['a1', 'a1+', 'a2'])
      })
      one.release()
      two.release()
    })

    it('keeps the order of a key with two relays', async () => {
      const relays = await Promise.all([
        startRelay(bench.pool, bench.box, { batchMax: 7 }),
        startRelay(bench.pool, bench.box, { batchMax: 5, sweepMs: 5 }),
      ])
      for (let n = 0; n < 60; n++) {
        await bench.inTransaction((tx) =>
          bench.outbox.add(
            tx,
            ['x', 'y', 'z'].map((key) => to('orders', `${key}${n}`, { headers: { 'x-ordering-key': key } })),
          ),
        )
      }
      const all = bodies(await bench.received(180))
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
      await bench.withRelay(options, async () => {
        await bench.inTransaction((tx) =>
          bench.outbox.add(tx, [
            to('nowhere', 'lost'),
            { ...to('orders', 'no exchange'), exchange: 'missing' },
            to('orders', 'no such header', { headers: { bad: { '!': 'no type', value: 1 } } }),
            to('orders', 'good'),
          ]),
        )
        await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'also good')))
        assert.deepEqual(new Set(bodies(await bench.received(2))), new Set(['good', 'also good']))
        await until(
          () => parked.length === 3,
          () => `${parked.length} of 3 parked`,
        )
      })
      const listed = await bench.outbox.parked(bench.pool)
      assert.deepEqual(
        listed.map(({ attempts }) => attempts),
        [3, 3, 3],
      )
      const why = Object.fromEntries(
        listed.map(({ exchange, routingKey, lastError }) => [`${exchange}/${routingKey}`, lastError]),
      )
      assert.match(why['/nowhere']!, /no queue takes/)
      assert.match(why['missing/orders']!, /no exchange 'missing'/)
      await bench.channel.assertQueue('nowhere')
      await bench.channel.bindQueue('orders', 'amq.topic', '#')
      const { id } = listed.find(({ routingKey }) => routingKey === 'nowhere')!
      assert.equal(await bench.outbox.release(bench.pool, [id]), 1)
      await bench.withRelay(options, () =>
        until(
          async () => (await bench.channel.checkQueue('nowhere')).messageCount === 1,
          () => 'not released',
        ),
      )
      assert.equal((await bench.outbox.parked(bench.pool)).length, 2)
      await bench.channel.deleteQueue('nowhere')
    })

    it('lets the later ones of a key wait for one that is refused for a while', async () => {
      await bench.channel.deleteQueue('orders')
      await bench.withRelay({ backoff: { minMs: 50, maxMs: 50 }, sweepMs: 10, attemptsMax: 1000 }, async () => {
        const all = ['a1', 'a2', 'b1', 'a3', 'b2', 'b3']
        for (const body of all)
          await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', body), { key: body[0]! }))
        await until(
          async () => (await bench.pool.query(`SELECT FROM ${bench.outbox.name} WHERE attempts > 1`)).rows.length === 2,
          () => 'no retries',
        )
        await bench.channel.assertQueue('orders')
        const came = bodies(await bench.received(6))
        for (const key of ['a', 'b'])
          assert.deepEqual(
            came.filter((body) => body[0] === key),
            all.filter((body) => body[0] === key),
          )
      })
    })

    it('sends none of a key before the one before it is confirmed', async () => {
      let isFull = true
      const refusing: MessagePublisher = {
        publish(message) {
          const body = message.body.toString()
          if (body === 'a1' && isFull) return Promise.reject(new PublishRefused('the queue is full'))
          if (body === 'b2') isFull = false
          return bench.box.publish(message)
        },
      }
      await bench.inTransaction(async (tx) => {
        for (const body of ['a1', 'a2', 'b1', 'a3', 'b2'])
          await bench.outbox.add(tx, to('orders', body), { key: body[0]! })
      })
      const relay = await startRelay(bench.pool, refusing, {
        backoff: { minMs: 100, maxMs: 100 },
        sweepMs: 10,
        attemptsMax: 1000,
      })
      assert.deepEqual(bodies(await bench.received(5)), ['b1', 'b2', 'a1', 'a2', 'a3'])
      await relay.stop()
    })

    it('goes on after PostgreSQL restarted, without publishing twice what was confirmed', async () => {
      await bench.withRelay({ sweepMs: 3_600_000 }, async () => {
        await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'before')))
        assert.deepEqual(bodies(await bench.received(1)), ['before'])
        await until(
          async () => (await bench.rows()) === 0,
          () => 'a row is left',
        )
        await bench.postgres.restart('fast')
        await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'after')))
        assert.deepEqual(bodies(await bench.received(1)), ['after'])
      })
    })

    it('stops with what is on its way confirmed and deleted', async () => {
      const messages = Array.from({ length: 2000 }, (_, n) => to('orders', String(n)))
      await bench.inTransaction((tx) => bench.outbox.add(tx, messages))
      const stopped = Promise.withResolvers<void>()
      let published = 0
      const counting: MessagePublisher = {
        publish(message) {
          if (++published === 250) relay.stop().then(stopped.resolve, stopped.reject)
          return bench.box.publish(message)
        },
      }
      const relay = await startRelay(bench.pool, counting, { batchMax: 100 })
      await stopped.promise
      assert.ok(published < 2000)
      assert.equal(await bench.rows(), 2000 - published)
      await bench.received(published)
    })

    it('leaves the front to another when a confirm does not come', async () => {
      const asked = Promise.withResolvers<void>()
      const hanging: MessagePublisher = {
        publish() {
          asked.resolve()
          return new Promise(() => {})
        },
      }
      const relay = await startRelay(bench.pool, hanging, { confirmTimeoutMs: 300 })
      await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'one')))
      await asked.promise
      await bench.withRelay({ sweepMs: 20 }, async () => assert.deepEqual(bodies(await bench.received(1)), ['one']))
      await relay.stop()
    })

    it('takes over from a relay that hangs', async () => {
      const thread = new Worker(new URL('postgres-hung-relay.ts', import.meta.url), { workerData: bench.postgres.url })
      try {
        await bench.inTransaction((tx) => bench.outbox.add(tx, to('orders', 'one'), { key: 'a' }))
        await once(thread, 'message')
        await bench.withRelay({ sweepMs: 50 }, async () => assert.deepEqual(bodies(await bench.received(1)), ['one']))
      } finally {
        await thread.terminate()
      }
    })
  })
}
