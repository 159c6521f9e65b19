/** Calls and their answers, over real sockets to a broker in this process. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import * as v from 'valibot'
import { CallCancelled, CallTimeout, ClientClosed, connect, Invalid, RemoteError, Unroutable } from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const methods = {
  price: { args: v.object({ sku: v.string() }), result: v.pipe(v.string(), v.transform(Number)) },
}

test('a call gets what the handler returns, typed and checked at both ends', async (t) => {
  const box = await inMemory(t)
  const pricing = box.service('pricing', { methods })
  await pricing.handle('price', async ({ sku }) => (sku === 'tea' ? '4.5' : 'much'))
  const price: number = await pricing.call('price', { sku: 'tea' })
  assert.equal(price, 4.5)
  // @ts-expect-error the schema says text
  const wrong = pricing.call('price', { sku: 7 })
  await assert.rejects(wrong, (error) => error instanceof Invalid && /sku/.test(error.message))
  // @ts-expect-error there is no such method
  await assert.rejects(pricing.call('prize', { sku: 'tea' }, { timeoutMs: 50 }), CallTimeout)
})

test('types may be given without schemas', async (t) => {
  const box = await inMemory(t)
  const sums = box.service<{ add: { args: [number, number]; result: number } }>('sums')
  await sums.handle('add', ([a, b]) => a + b)
  const sum: number = await sums.call('add', [1, 2])
  assert.equal(sum, 3)
  // @ts-expect-error two numbers
  await sums.call('add', [1])
})

test('what the handler throws is thrown to the caller, with the stacks of both', async (t) => {
  const box = await inMemory(t)
  const service = box.service('pricing')
  await service.handle('price', function noStock() {
    throw Object.assign(new RangeError('none in stock'), { code: 'NO_STOCK' })
  })
  async function buyTea(): Promise<unknown> {
    return await service.call('price', {})
  }
  await assert.rejects(buyTea(), (error: RemoteError) => {
    assert.ok(error instanceof RemoteError)
    assert.deepEqual([error.name, error.message, error.remoteCode], ['RangeError', 'none in stock', 'NO_STOCK'])
    assert.match(error.stack!, /^RangeError: none in stock\n\s+at buyTea/)
    assert.match(error.stack!, /at .*noStock/)
    return true
  })
})

test('arguments that do not fit at the handler, and results that do not, are errors of the call', async (t) => {
  const box = await inMemory(t)
  await box.service('pricing', { methods }).handle('price', () => 7 as never)
  const foreign = box.service('pricing')
  await assert.rejects(foreign.call('price', { sku: 7 }), { name: 'Invalid', remoteCode: 'INVALID' })
  await assert.rejects(foreign.call('price', { sku: 'tea' }), { name: 'Invalid', message: /result of pricing.price/ })
  await box.service('big').handle('number', () => 10n)
  await assert.rejects(box.service('big').call('number', {}), { name: 'TypeError' })
})

test('a call waits for a worker to come, and the queue is left empty when none does', async (t) => {
  const { core, client } = await startBench(t)
  const service = client.service('late')
  const early = service.call('answer', 1)
  const hopeless = service.call('never', 1, { timeoutMs: 100 })
  await assert.rejects(hopeless, { code: 'CALL_TIMEOUT', message: 'late.never: no answer within 100 ms' })
  const waiting = () => core.withChannel((channel) => channel.checkQueue('service:late:never'))
  await until(async () => (await waiting()).messageCount === 0)
  await service.handle('answer', (n: number) => n + 1)
  assert.equal(await early, 2)
})

test('a request that was not looked at until its deadline is refused by the handler', async (t) => {
  const { core, client } = await startBench(t)
  const service = client.service('late')
  const seen: unknown[] = []
  const ask = (data: unknown, deadline: number) =>
    core.send({
      operation: { kind: 'call', destination: 'late', name: 'answer' },
      exchange: '',
      routingKey: 'service:late:answer',
      data,
      headers: { 'x-deadline': deadline },
    })
  await core.declare([{ kind: 'queue', name: 'service:late:answer', options: { durable: true } }])
  await ask('over', Date.now() - 1)
  await ask('in time', Date.now() + 60_000)
  await service.handle('answer', (data) => void seen.push(data), { concurrency: 1 })
  await until(() => seen.length > 0)
  assert.deepEqual(seen, ['in time'])
})

test('an aborted call rejects at once, and the signal of its handler is aborted', async (t) => {
  const box = await inMemory(t)
  const service = box.service('slow')
  const began = Promise.withResolvers<void>()
  const reason = Promise.withResolvers<unknown>()
  await service.handle('work', async (_, { signal, deadline }) => {
    assert.ok(deadline!.getTime() > Date.now())
    signal.addEventListener('abort', () => reason.resolve(signal.reason))
    began.resolve()
    await reason.promise
  })
  const abort = new AbortController()
  const call = service.call('work', {}, { signal: abort.signal })
  await began.promise
  abort.abort(new Error('changed my mind'))
  await assert.rejects(call, { message: 'changed my mind' })
  assert.ok((await reason.promise) instanceof CallCancelled)
  await assert.rejects(service.call('work', {}, { signal: abort.signal }), { message: 'changed my mind' })
})

test('a call that is cancelled while it waits is never begun', async (t) => {
  const box = await inMemory(t)
  const service = box.service('slow')
  const begun: string[] = []
  const gates = new Map<string, () => void>()
  const handler = (name: string): Promise<void> => {
    begun.push(name)
    return new Promise((done) => gates.set(name, done))
  }
  await service.handle('work', handler, { concurrency: 1 })
  const first = service.call('work', 'first')
  await until(() => begun.length === 1)
  const abort = new AbortController()
  const second = service.call('work', 'second', { signal: abort.signal })
  const third = service.call('work', 'third')
  await new Promise((resolve) => setTimeout(resolve, 50))
  abort.abort()
  await assert.rejects(second, { name: 'AbortError' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  gates.get('first')!()
  await first
  await until(() => begun.length === 2)
  gates.get('third')!()
  await third
  assert.deepEqual(begun, ['first', 'third'])
})

test("the handler's signal is aborted at the deadline", async (t) => {
  const box = await inMemory(t)
  const service = box.service('slow')
  const reason = Promise.withResolvers<unknown>()
  await service.handle('work', async (_, { signal }) => {
    signal.addEventListener('abort', () => reason.resolve(signal.reason))
    await reason.promise
  })
  await assert.rejects(service.call('work', {}, { timeoutMs: 80 }), CallTimeout)
  assert.ok((await reason.promise) instanceof CallTimeout)
})

test('who stops without waiting aborts what is in hand, which goes to another worker', async (t) => {
  const box = await inMemory(t)
  const service = box.service('slow')
  const began = Promise.withResolvers<AbortSignal>()
  const first = await service.handle('work', async (_, { signal }) => {
    began.resolve(signal)
    await once(signal, 'abort')
    return 'first'
  })
  const call = service.call('work', {})
  const signal = await began.promise
  await first.stop(0)
  assert.ok(signal.aborted)
  await service.handle('work', (_, { redelivered }) => `second, ${redelivered}`)
  assert.equal(await call, 'second, true')
})

test('any AMQP client can call, by direct reply-to for instance', async (t) => {
  const { core, client } = await startBench(t)
  await client.service('sums').handle('double', (n: number) => n * 2)
  const answer = await core.withChannel(async (channel) => {
    const answered = Promise.withResolvers<unknown>()
    const replyTo = 'amq.rabbitmq.reply-to'
    await channel.consume(replyTo, (message) => answered.resolve(message), { noAck: true })
    channel.publish('', 'service:sums:double', Buffer.from('21'), { replyTo, correlationId: 'c1' })
    return (await answered.promise) as { content: Buffer; properties: { correlationId: string; type: string } }
  })
  assert.deepEqual(
    [answer.content.toString(), answer.properties.correlationId, answer.properties.type],
    ['42', 'c1', 'result'],
  )
})

test('as many are handled at once as concurrency says, over all workers', async (t) => {
  const box = await inMemory(t)
  const service = box.service('busy')
  const inHand: (() => void)[] = []
  const handler = (): Promise<void> => new Promise((done) => inHand.push(done))
  const workers = [
    await service.handle('work', handler, { concurrency: 2 }),
    await service.handle('work', handler, { concurrency: 3 }),
  ]
  const calls = Array.from({ length: 6 }, () => service.call('work', {}))
  await until(() => inHand.length === 5)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(inHand.length, 5)
  inHand[0]!()
  await until(() => inHand.length === 6)
  for (const done of inHand) done()
  await Promise.all(calls)
  await Promise.all(workers.map((worker) => worker.stop()))
  await assert.rejects(service.call('work', {}, { timeoutMs: 50 }), CallTimeout)
})

test('answers that were on their way when the connection went arrive over the next one', async (t) => {
  const { cable, client } = await startBench(t)
  const service = client.service('far')
  let runs = 0
  const gate = Promise.withResolvers<void>()
  await service.handle('work', async () => {
    runs++
    await gate.promise
    return 'done'
  })
  const call = service.call('work', {})
  await until(() => runs === 1)
  cable.cut()
  await once(client, 'connected')
  gate.resolve()
  assert.equal(await call, 'done')
  assert.equal(runs, 1)
})

test('a call whose connection is away times out all the same', async (t) => {
  const { cable, client } = await startBench(t)
  cable.pull()
  await once(client, 'disconnected')
  await assert.rejects(client.service('far').call('work', {}, { timeoutMs: 50 }), CallTimeout)
  cable.plug()
})

test('closing waits for handlers and the calls they make, and rejects other calls', async () => {
  const box = await connect({ memory: true })
  const inner = box.service('inner')
  await inner.handle('work', () => 'inner')
  const began = Promise.withResolvers<void>()
  const results: unknown[] = []
  await box.service('outer').handle('work', async () => {
    began.resolve()
    await new Promise((resolve) => setTimeout(resolve, 50))
    results.push('outer')
  })
  const open = box.service('outer').call('work', {})
  const rejected = assert.rejects(box.service('nobody').call('work', {}), ClientClosed)
  await began.promise
  await box.close()
  await rejected
  assert.deepEqual(results, ['outer'])
  await open.catch((error) => assert.ok(error instanceof ClientClosed))
})

test('whose queue was deleted behind its back is told so', async (t) => {
  const { core, client } = await startBench(t)
  const service = client.service('gone')
  await assert.rejects(service.call('work', {}, { timeoutMs: 30 }), CallTimeout)
  await core.withChannel((channel) => channel.deleteQueue('service:gone:work'))
  await assert.rejects(service.call('work', {}), Unroutable)
})
