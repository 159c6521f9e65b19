/**
 * Events between processes, with each broker: groups whose members are killed, subscriptions that begin in the past, and
 * Kafka's clients beside them where the broker has both.
 *
 * `node --test interop/client/events.test.ts`; BROKER=Signalbox or RabbitMQ is one of them alone.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { UnsupportedByBroker } from '../../client/src/index.ts'
import { startBroker } from '../broker.ts'
import { brokers, type JobBroker } from './jobs-brokers.ts'
import { isAskedFor, MemberBench, numbers, sorted } from './member-bench.ts'
import type { Work } from './member-program.ts'

type Orders = Record<string, Work>

for (const kind of brokers.filter(isAskedFor)) {
  describe(`events with ${kind.name}`, () => {
    let broker: JobBroker
    before(async () => {
      broker = await kind.start()
    })
    after(() => broker?.stop())

    it('each group gets each event of its patterns once, whoever of its members is killed or away', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const orders = bench.box.topic<Orders>('orders')
      const billing = { as: 'subscriber', name: 'orders', group: 'billing', pattern: 'order.*' } as const
      const first = await bench.keep({ ...billing, by: 'billing 1' })
      const second = await bench.keep({ ...billing, by: 'billing 2' })
      await bench.keep({ as: 'subscriber', by: 'mail', name: 'orders', group: 'mail', pattern: 'order.paid' })
      await bench.keep({ as: 'subscriber', by: 'alone', name: 'orders', pattern: '#' })
      for (const n of numbers(40)) {
        const act = n === 10 ? 'die' : n === 20 ? 'throw' : undefined
        const name = n % 2 ? 'order.created' : n % 4 ? 'order.paid' : 'user.left'
        const isHarmless = act === undefined || name === 'user.left'
        await orders.publish(name, { n, ...(!isHarmless && { act }) }, { key: `key ${n % 3}` })
      }
      const ofOrders = numbers(40).filter((n) => n % 2 || n % 4)
      const got = async (...by: string[]) => {
        const notes = (await bench.notes()).filter((note) => by.includes(note.by))
        return [...new Set(notes.map(({ n }) => n))].toSorted((a, b) => a - b)
      }
      await bench.until(async () => (await got('billing 1', 'billing 2')).length === ofOrders.length)
      assert.deepEqual(await got('billing 1', 'billing 2'), ofOrders)
      await bench.until(async () => (await got('mail')).length === 10)
      assert.deepEqual(
        await got('mail'),
        numbers(40).filter((n) => n % 4 === 2),
      )
      const [note] = (await bench.notes()).filter(({ n, by }) => n === 5 && by.startsWith('billing'))
      assert.deepEqual([note!.name, note!.key], ['order.created', 'key 2'])
      await Promise.all([first.stop(), second.stop()])
      await orders.publish('order.paid', { n: 100 })
      await bench.keep({ ...billing, by: 'billing 3' })
      await bench.until(async () => (await bench.gotBy('billing 3')).includes(100))
    })

    if (!kind.isSignalbox) {
      it('what needs events to be kept is refused, naming it', async (t) => {
        const { box } = await MemberBench.start(t, broker)
        const refused = (option: string) => (error: unknown) =>
          error instanceof UnsupportedByBroker && error.option === option && error.message.includes('RabbitMQ')
        assert.throws(() => box.topic('kept', { partitions: 3 }), refused('topic: partitions'))
        assert.throws(() => box.topic('kept', { retention: { maxAgeMs: 1000 } }), refused('topic: retention'))
        const topic = box.topic('kept')
        await assert.rejects(
          topic.subscribe('#', () => {}, { from: 'first' }),
          refused('subscribe: from'),
        )
        await assert.rejects(
          topic.subscribe('#', () => {}, { from: 'first', group: 'g' }),
          refused('subscribe: from'),
        )
        await assert.rejects(
          topic.subscribe('#', () => {}, { ordered: true, group: 'g' }),
          refused('subscribe: ordered'),
        )
      })
      return
    }

    it('no event that was confirmed is lost when the broker is killed, and a group that began in the past goes on', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const history = bench.box.topic<Orders>('history', { partitions: 3 })
      for (const n of numbers(20)) await history.publish('old', { n }, { key: `key ${n % 5}` })
      const readers = { as: 'subscriber', name: 'history', group: 'readers', from: 'first', pattern: '#' } as const
      const one = await bench.keep({ ...readers, by: 'reader 1' })
      await bench.keep({ ...readers, by: 'reader 2' })
      await bench.keep({ as: 'subscriber', by: 'all', name: 'history', from: 'first' })
      for (const n of numbers(60).slice(20)) {
        if (n === 30 || n === 45) await bench.broker.killAndStart()
        if (n === 40) one.signal('SIGKILL')
        await history.publish(n % 2 ? 'odd' : 'even', { n }, { key: `key ${n % 5}` })
      }
      const got = async (...by: string[]) =>
        new Set((await bench.notes()).filter((note) => by.includes(note.by)).map(({ n }) => n)).size
      await bench.until(async () => (await got('reader 1', 'reader 2')) === 60 && (await got('all')) === 60)
      // Nothing came to the group from before what it had settled.
      const again = (await bench.notes()).filter(({ by }) => by.startsWith('reader')).length - 60
      t.diagnostic(`${again} events came again`)
      assert.ok(again <= 20)
    })

    it('keeps the order of a key in a group, whoever of its members gets the event', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const topic = bench.box.topic<Orders>('ordered')
      const group = { as: 'subscriber', name: 'ordered', group: 'g', ordered: true, concurrency: 5 } as const
      for (const by of ['a', 'b', 'c']) await bench.keep({ ...group, by })
      for (const n of numbers(90)) {
        await topic.publish('e', { n, ...(n % 10 === 4 && { act: 'throw' }) }, { key: `key ${n % 4}` })
      }
      await bench.until(async () => (await bench.notes()).length === 90)
      for (const key of numbers(4)) {
        const ofKey = (await bench.notes()).filter((note) => note.key === `key ${key}`).map(({ n }) => n)
        assert.deepEqual(ofKey, sorted(ofKey), `key ${key}`)
      }
    })
  })
}

describe('events beside Kafka clients', { skip: process.env.BROKER === 'RabbitMQ' }, () => {
  it('a Kafka client reads what is published, and what it produces comes to those who subscribed', async (t) => {
    const broker = await startBroker()
    const stays = { url: broker.addresses.amqp!, killAndStart: async () => {}, stop: async () => {} }
    const bench = await MemberBench.start(t, stays)
    const orders = bench.box.topic<Orders>('orders')
    await orders.publish('order.created', { n: 1 }, { key: 'ann', headers: { region: 'eu' } })
    await orders.publish('order.paid', { n: 2 })

    const kafka = new Kafka({ brokers: [broker.addresses.kafka!], logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId: 'readers' })
    await consumer.connect()
    t.after(() => consumer.disconnect())
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const records: string[] = []
    await consumer.run({
      eachMessage: async ({ message: { key, value, headers } }) => {
        records.push(`${key} ${value} ${headers?.region} ${headers?.['amqp.key']}`)
      },
    })
    await bench.until(() => records.length === 2)
    assert.deepEqual(records, ['ann {"n":1} eu order.created', 'order.paid {"n":2} undefined undefined'])

    await bench.keep({ as: 'subscriber', by: 'group', name: 'orders', group: 'billing', pattern: 'order.*' })
    await bench.keep({ as: 'subscriber', by: 'reader', name: 'orders', from: 'first', pattern: 'order.*' })
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    t.after(() => producer.disconnect())
    t.after(() => broker.stop())
    const messages = [
      { key: 'bob', value: '{"n":3}', headers: { 'amqp.key': 'order.created', 'x-partition-key': 'bob' } },
      { key: 'order.paid', value: '{"n":4}' },
      { key: 'unrelated', value: '{"n":5}' },
    ]
    await producer.send({ topic: 'orders', messages })
    await bench.until(async () => (await bench.notes()).length === 6)
    const notes = (await bench.notes()).map(({ by, n, name, key }) => `${by} ${n} ${name} ${key}`)
    assert.deepEqual(notes.toSorted(), [
      'group 3 order.created bob',
      'group 4 order.paid null',
      'reader 1 order.created ann',
      'reader 2 order.paid null',
      'reader 3 order.created bob',
      'reader 4 order.paid null',
    ])
  })
})
