/**
 * The four patterns between processes, with each broker. Members are killed, and so is Signalbox.
 *
 * `node --test interop/client/patterns.test.ts`; BROKER=Signalbox or RabbitMQ is one of them alone.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Unroutable, UnsupportedByBroker } from '../../client/src/index.ts'
import { brokers, type JobBroker } from './jobs-brokers.ts'
import { isAskedFor, MemberBench, numbers, sorted } from './member-bench.ts'
import type { Work } from './member-program.ts'

for (const kind of brokers.filter(isAskedFor)) {
  describe(`patterns with ${kind.name}`, () => {
    let broker: JobBroker
    before(async () => {
      broker = await kind.start()
    })
    after(() => broker?.stop())

    it('unicast reaches one receiver, waits while it is killed and away, and is refused for nobody', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const printers = bench.box.unicast<Work>('printers')
      await assert.rejects(printers.send('p1', { n: 0 }), Unroutable)
      const p1 = await bench.keep({ as: 'unicast', by: 'p1', name: 'printers' })
      await bench.keep({ as: 'unicast', by: 'p2', name: 'printers' })
      await printers.send('p1', { n: 1, act: 'die' })
      await printers.send('p1', { n: 2, act: 'throw' })
      await printers.send('p2', { n: 3 })
      await bench.until(async () => (await bench.notes()).length === 3)
      assert.deepEqual([sorted(await bench.gotBy('p1')), await bench.gotBy('p2')], [[1, 2], [3]])
      assert.equal(p1.starts, 2)
      await p1.stop()
      await printers.send('p1', { n: 4 })
      await bench.keep({ as: 'unicast', by: 'p1', name: 'printers' })
      await bench.until(async () => (await bench.gotBy('p1')).includes(4))
      assert.deepEqual(await bench.gotBy('p2'), [3])
    })

    it('multicast gives every member a copy, who was killed or away too, from its joining on', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const caches = bench.box.multicast<Work>('caches')
      await bench.keep({ as: 'multicast', by: 'a', name: 'caches' })
      const b = await bench.keep({ as: 'multicast', by: 'b', name: 'caches' })
      await caches.send({ n: 0 })
      await bench.keep({ as: 'multicast', by: 'late', name: 'caches' })
      await caches.send({ n: 1, act: 'die' })
      await b.stop()
      for (const n of [2, 3, 4]) await caches.send({ n })
      await bench.keep({ as: 'multicast', by: 'b', name: 'caches' })
      await bench.until(async () => (await bench.notes()).length >= 14)
      assert.deepEqual(sorted(await bench.gotBy('a')), [0, 1, 2, 3, 4])
      assert.deepEqual(sorted(await bench.gotBy('b')), [0, 1, 2, 3, 4])
      assert.deepEqual(sorted(await bench.gotBy('late')), [1, 2, 3, 4])
    })

    it('broadcast reaches everyone who listens now, and nobody later', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const news = bench.box.broadcast<Work>('news')
      await news.send({ n: 0 })
      const a = await bench.keep({ as: 'broadcast', by: 'a', name: 'news' })
      await bench.keep({ as: 'broadcast', by: 'b', name: 'news' })
      await news.send({ n: 1 })
      await bench.until(async () => (await bench.notes()).length === 2)
      await a.stop()
      await news.send({ n: 2 })
      await bench.keep({ as: 'broadcast', by: 'a', name: 'news' })
      await news.send({ n: 3 })
      await bench.until(async () => (await bench.notes()).length === 5)
      assert.deepEqual(
        [await bench.gotBy('a'), await bench.gotBy('b')],
        [
          [1, 3],
          [1, 2, 3],
        ],
      )
    })

    it('broadcast reaches who listens by a name also when it was killed or away', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const radio = bench.box.broadcast<Work>('radio')
      const ann = { as: 'broadcast', by: 'ann', name: 'radio', durable: true } as const
      const killed = await bench.keep(ann)
      const away = await bench.keep({ ...ann, by: 'bob' })
      await bench.keep({ ...ann, by: 'passing', durable: false })
      await radio.send({ n: 1, act: 'die' })
      for (const n of [2, 3]) await radio.send({ n })
      await bench.until(async () => (await bench.gotBy('ann')).length === 3)
      assert.equal(killed.starts, 2)
      await bench.until(async () => (await bench.gotBy('bob')).length === 3)
      await away.kill()
      for (const n of [4, 5]) await radio.send({ n })
      await bench.until(async () => (await bench.gotBy('ann')).length === 5)
      await bench.keep({ ...ann, by: 'bob' })
      await bench.until(async () => (await bench.gotBy('bob')).length === 5)
      assert.deepEqual(
        [sorted(await bench.gotBy('ann')), sorted(await bench.gotBy('bob'))],
        Array(2).fill([1, 2, 3, 4, 5]),
      )
      const died = await bench.gotBy('passing')
      assert.ok(!died.includes(1), `${died}`)
      await radio.send({ n: 6, act: 'throw' })
      await bench.until(async () =>
        [await bench.gotBy('ann'), await bench.gotBy('bob')].every((got) => got.includes(6)),
      )
    })

    it('anycast reaches one of the group, in turn, and another where that is killed', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const press = bench.box.anycast<Work>('press', { retry: { attempts: 5, minMs: 20, maxMs: 100 } })
      await press.send({ n: 0 })
      // With room for more, for whoever has none is passed over: an ack may be on its way yet.
      const presses = { as: 'anycast', name: 'press', concurrency: 4 } as const
      for (const by of ['a', 'b', 'c']) await bench.keep({ ...presses, by })
      await bench.until(async () => (await bench.notes()).length === 1)
      for (let n = 1; n < 10; n++) {
        await press.send({ n })
        await bench.until(async () => (await bench.notes()).length === n + 1)
      }
      const inTurn = (await bench.notes()).slice(1)
      for (const by of ['a', 'b', 'c']) assert.equal(inTurn.filter((note) => note.by === by).length, 3, by)
      for (let n = 10; n < 30; n++) await press.send({ n, ...(n % 10 === 5 && { act: 'die' }) })
      await bench.until(async () => (await bench.notes()).length >= 30)
      assert.deepEqual(new Set((await bench.notes()).map(({ n }) => n)), new Set(numbers(30)))
    })

    if (!kind.isSignalbox) {
      it('other dispatch is refused, naming it', async (t) => {
        const { box } = await MemberBench.start(t, broker)
        for (const dispatch of ['random', 'least-loaded'] as const) {
          assert.throws(
            () => box.anycast('press', { dispatch }),
            (error) => error instanceof UnsupportedByBroker && error.option === 'anycast: dispatch',
          )
        }
      })
      return
    }

    it('anycast goes by chance, or to the member that can take most', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const lottery = bench.box.anycast<Work>('lottery', {
        dispatch: 'random',
        retry: { attempts: 5, minMs: 20, maxMs: 100 },
      })
      for (const by of ['a', 'b']) await bench.keep({ as: 'anycast', by, name: 'lottery', dispatch: 'random' })
      for (const n of numbers(60)) await lottery.send({ n })
      await bench.until(async () => (await bench.notes()).length === 60)
      // All to one happens once in 2^59 runs.
      assert.ok((await bench.gotBy('a')).length > 0 && (await bench.gotBy('b')).length > 0)
      const scale = { as: 'anycast', name: 'scale', dispatch: 'least-loaded' } as const
      await bench.keep({ ...scale, by: 'small', concurrency: 1 })
      await bench.keep({ ...scale, by: 'large', concurrency: 50 })
      const scales = bench.box.anycast<Work>('scale', {
        dispatch: 'least-loaded',
        retry: { attempts: 5, minMs: 20, maxMs: 100 },
      })
      for (const n of numbers(20)) {
        await scales.send({ n: 100 + n })
        await bench.until(async () => (await bench.notes()).length === 61 + n)
      }
      assert.deepEqual([(await bench.gotBy('small')).length, (await bench.gotBy('large')).length], [0, 20])
    })

    it('nothing that was confirmed is lost when the broker is killed, whoever receives it', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const retry = { attempts: 5, minMs: 20, maxMs: 100 }
      const to = {
        unicast: bench.box.unicast<Work>('kept'),
        multicast: bench.box.multicast<Work>('kept'),
        broadcast: bench.box.broadcast<Work>('kept'),
        anycast: bench.box.anycast<Work>('kept', { retry }),
      }
      for (const as of ['unicast', 'multicast', 'broadcast', 'anycast'] as const) {
        await bench.keep({ as, by: `${as} 1`, name: 'kept' })
        await bench.keep({ as, by: `${as} 2`, name: 'kept' })
      }
      const count = 60
      for (const n of numbers(count)) {
        if (n % 20 === 10) await bench.broker.killAndStart()
        await Promise.all([
          to.unicast.send('unicast 1', { n }),
          to.multicast.send({ n }),
          to.broadcast.send({ n }),
          to.anycast.send({ n }),
        ])
      }
      const complete = async (...members: string[]) =>
        new Set((await bench.notes()).filter(({ by }) => members.includes(by)).map(({ n }) => n)).size === count
      await bench.until(async () => {
        const each = ['unicast 1', 'multicast 1', 'multicast 2', 'broadcast 1', 'broadcast 2']
        const all = await Promise.all([...each.map((by) => complete(by)), complete('anycast 1', 'anycast 2')])
        return all.every(Boolean)
      })
      assert.deepEqual(await bench.gotBy('unicast 2'), [])
    })
  })
}
