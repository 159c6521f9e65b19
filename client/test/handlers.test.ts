/** What handlers and listeners may do that would stop a client that trusts them. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from 'signalbox'
import { inMemory, startBench, until } from './core.ts'

const QUICK = { retry: { attempts: 2, minMs: 1 } }

test('what cannot be written as text may be thrown', async (t) => {
  const box = await inMemory(t)
  const queue = box.queue('odd', QUICK)
  const thrown = [
    Object.create(null),
    null,
    undefined,
    Symbol('s'),
    1n,
    new (class extends Error {
      override get message(): string {
        throw new Error('no message')
      }
    })(),
  ]
  await queue.process('odd', ({ data }) => {
    throw thrown[data as number]
  })
  await Promise.all(thrown.map((_, which) => queue.add('odd', which)))
  const dead = queue.dead('odd')
  await until(async () => (await dead.count()) === thrown.length)
  const service = box.service('odd')
  await service.handle('throw', (which: number) => {
    throw thrown[which]
  })
  for (const which of thrown.keys()) await assert.rejects(service.call('throw', which), { code: 'REMOTE_ERROR' })
})

test('a handler may stop its worker, receiver or service, and what it handles is settled', async (t) => {
  const box = await inMemory(t)
  const began = performance.now()
  const queue = box.queue('stop')
  const worker = await queue.process('last', async () => {
    await worker.stop()
    return 'done'
  })
  const job = await queue.add('last', 1, { awaitResult: true })
  assert.equal(await job.result(), 'done')
  const any = box.anycast('stop')
  const got = Promise.withResolvers<void>()
  const receiver = await any.receive(async () => {
    await receiver.stop()
    got.resolve()
  })
  await any.send(1)
  await got.promise
  const service = box.service('stopped')
  const handled = await service.handle('last', async () => {
    await handled.stop()
    return 'answered'
  })
  assert.equal(await service.call('last', 1), 'answered')
  assert.ok(performance.now() - began < 20_000)
})

test('a result that cannot be sent is told to who waits for it, and its job is not done again', async (t) => {
  const box = await inMemory(t)
  box.on('error', () => {})
  const results = { number: 1n, huge: 'x'.repeat(17 * 1024 * 1024) }
  const queue = box.queue('results', QUICK)
  const service = box.service('results.of')
  let runs = 0
  await service.handle('give', (which: keyof typeof results) => results[which])
  await queue.process('give', ({ data }) => {
    runs++
    return results[data as keyof typeof results]
  })
  for (const [which, why] of [
    ['number', /BigInt/],
    ['huge', /larger than/],
  ] as const) {
    const job = await queue.add('give', which, { awaitResult: true })
    await assert.rejects(job.result(), why)
    await assert.rejects(service.call('give', which), why)
  }
  assert.equal(runs, 2)
})

test('each message has a signal of its own', async (t) => {
  const box = await inMemory(t)
  const any = box.anycast('signals')
  const signals = new Set<AbortSignal>()
  await any.receive(({ signal }) => signals.add(signal))
  for (let n = 0; n < 3; n++) await any.send(n)
  await until(() => signals.size === 3)
})

test('a request is answered whatever the clocks of its caller and its worker say', async (t) => {
  const { client, core } = await startBench(t)
  const service = client.service('clocks')
  const deadlines: Date[] = []
  await service.handle('tell', (_, { deadline }) => void deadlines.push(deadline!))
  for (const skewMs of [-3_600_000, 0, 3_600_000]) {
    await core.send({
      operation: { kind: 'call', destination: 'clocks', name: 'tell' },
      exchange: '',
      routingKey: 'service:clocks:tell',
      data: 1,
      headers: { 'x-deadline': Date.now() + 5000 + skewMs },
      properties: { expiration: '5000' },
    })
  }
  await until(() => deadlines.length === 3)
  for (const deadline of deadlines) assert.ok(Math.abs(deadline.getTime() - Date.now()) < 5100)
})

const client = JSON.stringify(join(import.meta.dirname, '../src/index.ts'))

/** Runs a program that has `url` and `connect`. @returns what it printed, with its exit code or signal at the end */
async function run(url: string, program: string): Promise<string> {
  const head = `import { connect } from ${client}; const url = ${JSON.stringify(url)};`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', head + program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return `${printed}${signal ?? code}`
}

test('processes', { concurrency: 2 }, async (t) => {
  const broker = await startBroker({ memory: true })
  t.after(() => broker.stop())
  const url = broker.amqpUrl!

  await t.test('one that closed its client ends by itself', async () => {
    const program = `
      const box = await connect(url)
      const queue = box.queue('ends')
      await queue.process('one', () => 1)
      await (await queue.add('one', 1, { awaitResult: true })).result()
      await box.topic('ends.events').subscribe('#', () => {})
      await box.close()
      console.log('closed')`
    assert.equal(await run(url, program), 'closed\n0')
  })

  await t.test('one with an idle client goes on', async () => {
    const program = `
      await connect({ url, drainOn: [] })
      setTimeout(() => { console.log('alive'); process.kill(process.pid, 'SIGTERM') }, 1500).unref()`
    assert.equal(await run(url, program), 'alive\nSIGTERM')
  })

  await t.test('SIGTERM, even twice, ends it when all its clients are drained', async () => {
    const program = `
      const [first, second] = [await connect(url), await connect(url)]
      const queue = second.queue('drained')
      await queue.process('long', async () => {
        process.kill(process.pid, 'SIGTERM')
        await new Promise((resolve) => setTimeout(resolve, 200))
        process.kill(process.pid, 'SIGTERM')
        await new Promise((resolve) => setTimeout(resolve, 300))
        console.log('handled')
      })
      await queue.add('long', 1)`
    assert.equal(await run(url, program), 'handled\nSIGTERM')
  })

  await t.test('a listener that throws keeps its client from nothing', async () => {
    const program = `
      process.on('uncaughtException', ({ message }) => console.log(message))
      const box = await connect({ url, reconnect: { minMs: 1 } })
      box.on('disconnected', () => { throw new Error('thrown') })
      box.core.outgoing.model.connection.stream.destroy(new Error('cut'))
      await new Promise((resolve) => box.once('connected', resolve))
      await box.queue('listened').add('one', 1)
      await box.close()`
    assert.equal(await run(url, program), 'thrown\n0')
  })
})
