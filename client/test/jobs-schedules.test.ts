/** Jobs that the broker adds by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConsumeMessage, connect } from 'amqplib'
import * as v from 'valibot'
import { type ClientOptions, connect as connectClient, DeclareRefused, Invalid, type Job } from '../src/index.ts'
import { inMemory, startBench, until } from './core.ts'

const everyMs = 50

test('a scheduled job is what add would have sent', async (t) => {
  const { client, url } = await startBench(t)
  const queue = client.queue('q', { jobs: { mail: v.object({ to: v.string() }) }, priorities: true, ordered: true })
  const options = { priority: 3, key: 'k', ttlMs: 60_000, headers: { by: 'me', depth: { of: [1, true] } } }
  await queue.add('mail', { to: 'ä' }, options)
  await queue.schedule('daily', { everyMs }, 'mail', { to: 'ä' }, options)
  const connection = await connect(url)
  t.after(() => connection.close().catch(() => {}))
  const channel = await connection.createChannel()
  const messages: ConsumeMessage[] = []
  await channel.consume('q:mail', (message) => void messages.push(message!), { noAck: true })
  await until(() => messages.length >= 2)
  const [added, scheduled] = messages.map(({ content, fields, properties }) => {
    const { messageId, timestamp, headers, ...others } = properties
    assert.ok(Math.abs(timestamp - Date.now() / 1000) < 60)
    return { content: `${content}`, key: fields.routingKey, messageId, headers: { ...headers }, others }
  })
  const tick = scheduled!.headers['x-scheduled-at'] as number
  assert.equal(tick % everyMs, 0)
  assert.equal(scheduled!.messageId, `q:daily:schedule/${tick}`)
  const { 'x-schedule': _, 'x-scheduled-at': __, ...headers } = scheduled!.headers
  assert.deepEqual({ ...scheduled, headers, messageId: '' }, { ...added, messageId: '' })
  await assert.rejects(queue.schedule('daily', { everyMs }, 'mail', { to: 7 as never }), Invalid)
})

test('a schedule fires once a tick however many ask for it, is replaced by a changed one, and ends', async (t) => {
  const { client, url } = await startBench(t)
  const options: ClientOptions = { url, drainOn: [] }
  const others = await Promise.all([connectClient(options), connectClient(options)])
  t.after(() => Promise.all(others.map((other) => other.close())))
  const queues = [client, ...others].map((one) => one.queue<{ work: string }>('q'))
  const seen: [string, unknown][] = []
  const [queue] = queues
  await queue!.process('work', ({ data, headers }: Job<string>) => void seen.push([data, headers['x-scheduled-at']]))
  for (let again = 0; again < 2; again++) {
    await Promise.all(queues.map((one) => one.schedule('s', { everyMs }, 'work', 'first')))
  }
  await until(() => seen.length >= 4)
  await Promise.all(queues.map((one) => one.schedule('s', { everyMs }, 'work', 'second')))
  await until(() => seen.filter(([data]) => data === 'second').length >= 3)
  const ticks = seen.map(([data, tick]) => `${data} ${tick}`)
  assert.equal(new Set(ticks).size, ticks.length, `${ticks}`)
  assert.equal(seen.findLastIndex(([data]) => data === 'first') < seen.findIndex(([data]) => data === 'second'), true)
  await queues[1]!.unschedule('s')
  await queues[2]!.unschedule('s')
  const count = seen.length
  await new Promise((resolve) => setTimeout(resolve, 3 * everyMs))
  // One may have been on its way.
  assert.ok(seen.length <= count + 1)
})

test('what is no time is refused, and what was scheduled stays', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: null }>('q')
  let runs = 0
  await queue.process('work', () => void runs++)
  await queue.schedule('s', { everyMs }, 'work', null)
  const refused = (when: Parameters<typeof queue.schedule>[1], why: RegExp) =>
    assert.rejects(
      queue.schedule('s', when, 'work', null),
      (error) => error instanceof DeclareRefused && why.test(error.message),
    )
  await refused({ cron: '61 * * * *' }, /bad minute: '61'/)
  await refused({ cron: '0 0 * * *', timezone: 'Europe/Atlantis' }, /Atlantis/)
  await refused({ everyMs: 0 }, /x-every/)
  const before = runs
  await until(() => runs > before + 1)
})

test('cron ticks in its timezone', async (t) => {
  const queue = (await inMemory(t)).queue<{ work: null }>('q')
  const ticks: number[] = []
  await queue.process('work', ({ headers }) => void ticks.push(Number(headers['x-scheduled-at'])))
  await queue.schedule('s', { cron: '* * * * * *', timezone: 'Asia/Kathmandu' }, 'work', null)
  await until(() => ticks.length === 2)
  assert.deepEqual([ticks[0]! % 1000, ticks[1]! - ticks[0]!], [0, 1000])
})
