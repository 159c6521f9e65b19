/**
 * Calls between processes, with each broker: servers that are away or killed, callers that give up, and Signalbox killed
 * on the way.
 *
 * `node --test interop/client/rpc.test.ts`; BROKER=Signalbox or RabbitMQ is one of them alone.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CallTimeout, RemoteError } from '../../client/src/index.ts'
import { brokers, type JobBroker } from './jobs-brokers.ts'
import { isAskedFor, MemberBench, numbers } from './member-bench.ts'

interface Doubled {
  readonly by: string
  readonly double: number
}

for (const kind of brokers.filter(isAskedFor)) {
  describe(`calls with ${kind.name}`, () => {
    let broker: JobBroker
    before(async () => {
      broker = await kind.start()
    })
    after(() => broker?.stop())

    it('a call to a dead server waits in the queue, and is answered when it is back', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const service = bench.box.service('away')
      const server = await bench.keep({ as: 'server', by: 'one', name: 'away' })
      assert.deepEqual(await service.call('double', 1), { by: 'one', double: 2 })
      await server.stop()
      const waiting = service.call('double', 2, { timeoutMs: 60_000 })
      await assert.rejects(service.call('double', 3, { timeoutMs: 300 }), CallTimeout)
      await bench.keep({ as: 'server', by: 'two', name: 'away' })
      assert.deepEqual(await waiting, { by: 'two', double: 4 })
      assert.deepEqual(await service.call('double', 4), { by: 'two', double: 8 })
      // The one that was given up never reached a server.
      assert.deepEqual([await bench.gotBy('one'), await bench.gotBy('two')], [[1], [2, 4]])
    })

    it('a server that is killed at work leaves its call to another', async (t) => {
      const bench = await MemberBench.start(t, broker)
      for (const by of ['one', 'two']) await bench.keep({ as: 'server', by, name: 'mortal' })
      const answered = await bench.box.service('mortal').call('die', 7)
      const began = await bench.notes('began')
      assert.equal(began.length, 2)
      assert.equal(began[1]!.by, answered)
    })

    it('calls are shared by all servers, and their answers find their callers', async (t) => {
      const bench = await MemberBench.start(t, broker)
      for (const by of ['one', 'two', 'three']) await bench.keep({ as: 'server', by, name: 'shared' })
      const service = bench.box.service('shared')
      const answers = (await Promise.all(numbers(200).map((n) => service.call('double', n)))) as Doubled[]
      assert.deepEqual(
        answers.map(({ double }) => double),
        numbers(200).map((n) => n * 2),
      )
      assert.deepEqual(new Set(answers.map(({ by }) => by)), new Set(['one', 'two', 'three']))
    })

    it('every call is answered, whichever servers are killed', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const servers = []
      for (const by of ['one', 'two', 'three']) servers.push(await bench.keep({ as: 'server', by, name: 'hunted' }))
      const service = bench.box.service('hunted')
      for (const round of numbers(10)) {
        const calls = numbers(30).map((n) => service.call('double', round * 100 + n, { timeoutMs: 60_000 }))
        servers[round % 3]!.signal('SIGKILL')
        const answers = (await Promise.all(calls)) as Doubled[]
        assert.deepEqual(
          answers.map(({ double }) => double),
          numbers(30).map((n) => (round * 100 + n) * 2),
        )
      }
    })

    it('what a server throws has the stacks of both processes', async (t) => {
      const bench = await MemberBench.start(t, broker)
      await bench.keep({ as: 'server', by: 'one', name: 'faulty' })
      const buyTea = async (): Promise<unknown> => await bench.box.service('faulty').call('fail', 3)
      await assert.rejects(buyTea(), (error: RemoteError) => {
        assert.ok(error instanceof RemoteError)
        assert.deepEqual([error.name, error.message, error.remoteCode], ['RangeError', 'no 3', 'OUT_OF_TEA'])
        assert.match(error.stack!, /^RangeError: no 3\n\s+at buyTea .*rpc\.test\.ts[\s\S]*member-program\.ts/)
        return true
      })
    })

    it('a caller that aborts stops its handler, and a handler stops at the deadline', async (t) => {
      const bench = await MemberBench.start(t, broker)
      for (const by of ['one', 'two']) await bench.keep({ as: 'server', by, name: 'patient' })
      const service = bench.box.service('patient')
      const abort = new AbortController()
      const call = service.call('wait', 1, { signal: abort.signal })
      const later = new AbortController()
      const other = service.call('wait', 2, { signal: later.signal })
      await bench.until(async () => (await bench.notes('began')).length === 2)
      abort.abort(new Error('enough'))
      await assert.rejects(call, { message: 'enough' })
      await bench.until(async () => (await bench.notes('aborted')).some(({ n }) => n === 1))
      assert.deepEqual(
        (await bench.notes('aborted')).map(({ n }) => n),
        [1],
      )
      later.abort()
      await assert.rejects(other, { name: 'AbortError' })
      await assert.rejects(service.call('wait', 3, { timeoutMs: 500 }), CallTimeout)
      await bench.until(async () => (await bench.notes('aborted')).some(({ n }) => n === 3))
    })

    if (!kind.isSignalbox) return

    it('calls outlive a broker that is killed', async (t) => {
      const bench = await MemberBench.start(t, broker)
      const server = await bench.keep({ as: 'server', by: 'one', name: 'steady' })
      const service = bench.box.service('steady')
      const calls = numbers(300).map(async (n) => {
        if (n === 100) await bench.broker.killAndStart()
        return (await service.call('double', n, { timeoutMs: 60_000 })) as Doubled
      })
      assert.deepEqual(
        (await Promise.all(calls)).map(({ double }) => double),
        numbers(300).map((n) => n * 2),
      )
      await server.stop()
      const waiting = service.call('double', 1000, { timeoutMs: 60_000 })
      await bench.until(() => bench.box.broker.isSignalbox)
      await bench.broker.killAndStart()
      await bench.keep({ as: 'server', by: 'two', name: 'steady' })
      assert.deepEqual(await waiting, { by: 'two', double: 2000 })
    })
  })
}
