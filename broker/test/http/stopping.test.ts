// The broker stops in the middle of every kind of call, and callers go away in the middle of every kind of answer.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { createLogger } from '../../src/base/logger.ts'
import { fromOptions, settle } from '../../src/config/layer.ts'
import { type Server, startServer } from '../../src/server.ts'

const HEADERS = { authorization: `Basic ${btoa('guest:guest')}` }

async function started(lines: string[]): Promise<Server> {
  const ports = { amqpPort: 0, amqpsPort: null, kafkaPort: 0, httpPort: 0, httpsPort: null }
  const settings = settle([fromOptions({ dataDir: null, ...ports })])
  const server = await startServer({
    ...settings,
    logger: createLogger('error', { write: (line) => lines.push(line) }),
    version: 'test',
  })
  const put = async (path: string, body: object, method = 'PUT'): Promise<void> => {
    const url = `http://${server.addresses.http}${path}`
    assert.ok((await fetch(url, { method, headers: HEADERS, body: JSON.stringify(body) })).ok, path)
  }
  await put('/api/queues/%2F/empty', {})
  await put('/api/queues/%2F/full', {})
  await put('/api/topics/%2F/t', { partitions: 2 })
  const messages = Array.from({ length: 1000 }, () => ({ payload: 'x'.repeat(1000) }))
  await put('/v1/vhosts/%2F/queues/full/messages', { messages }, 'POST')
  const records = messages.map(({ payload: value }) => ({ value }))
  await put('/v1/vhosts/%2F/topics/t/records', { records }, 'POST')
  for (let i = 0; i < 300; i++) await put(`/api/exchanges/%2F/x${i}`, { type: 'fanout' })
  return server
}

const CALLS: readonly [string, string, string?][] = [
  ['GET', '/v1/vhosts/%2F/queues/empty/follow'],
  ['GET', '/v1/vhosts/%2F/queues/full/follow'],
  ['GET', '/v1/vhosts/%2F/topics/t/follow?from=earliest'],
  ['GET', '/v1/vhosts/%2F/topics/t/follow'],
  ['GET', '/v1/vhosts/%2F/topics/t/partitions/0/records?offset=latest&wait_ms=30000'],
  ['POST', '/v1/vhosts/%2F/queues/empty/receive', '{"wait_ms":30000}'],
  ['POST', '/v1/vhosts/%2F/queues/full/receive', '{"max":100}'],
  ['POST', '/v1/vhosts/%2F/queues/full/call', '{"payload":"x","timeout_ms":20000}'],
  ['POST', '/v1/vhosts/%2F/queues/empty/messages', '{"payload":"x"}'],
  ['POST', '/v1/vhosts/%2F/topics/t/records', '{"records":[{"value":"x"}]}'],
  ['GET', '/api/exchanges'],
  ['GET', '/api/queues?sort=messages'],
  ['GET', '/api/queues/%2F/full/messages?text=nothing'],
  ['GET', '/api/topics/%2F/t/messages?text=nothing'],
  ['POST', '/api/queues/%2F/full/get', '{"count":900,"ackmode":"ack_requeue_true","encoding":"auto"}'],
  ['POST', '/api/queues/%2F/full/move', '{"to":{"queue":"empty"}}'],
  ['POST', '/api/topics/%2F/t/replay', '{"queue":"empty"}'],
  ['PUT', '/api/queues/%2F/full/pause', '{}'],
  ['PUT', '/api/vhosts/v', '{}'],
  ['GET', '/api/topology/%2F'],
  ['GET', '/metrics/per-object'],
  ['GET', '/api/definitions'],
]

/** Resolves when it is answered or torn. */
function call(server: Server, [method, path, body]: (typeof CALLS)[number], goneAfterMs: number | null): Promise<void> {
  const [host, port] = server.addresses.http!.split(':')
  return new Promise((resolve) => {
    const one = request({ host, port, method, path, headers: HEADERS, agent: false }, (answer) => {
      answer.on('error', () => {})
      answer.resume()
    })
    one.on('error', () => {})
    one.on('close', () => resolve())
    one.end(body)
    if (goneAfterMs !== null) setTimeout(() => one.destroy(), goneAfterMs)
  })
}

test('callers that go away at any moment harm nothing', async () => {
  const lines: string[] = []
  const server = await started(lines)
  for (const goneAfterMs of [0, 1, 3, 10, 40]) await Promise.all(CALLS.map((one) => call(server, one, goneAfterMs)))
  const answer = await fetch(`http://${server.addresses.http}/api/queues`, { headers: HEADERS })
  const names = ((await answer.json()) as { name: string }[]).map(({ name }) => name)
  await server.stop()
  assert.deepEqual(
    names.filter((name) => !name.startsWith('t-')),
    ['empty', 'full'],
  )
  assert.deepEqual(lines, [])
})

test('the broker stops in the middle of every kind of call', async () => {
  for (const afterMs of [0, 5, 60]) {
    const lines: string[] = []
    const server = await started(lines)
    const calls = Promise.all(CALLS.map((one) => call(server, one, null)))
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await server.stop()
    await calls
    assert.deepEqual(lines, [])
  }
})

test('what is looked at is deleted meanwhile', async () => {
  const lines: string[] = []
  const server = await started(lines)
  const calls = CALLS.filter(([, path]) => !path.includes('%2Fv')).map((one) => call(server, one, null))
  const gone = call(server, ['DELETE', '/api/vhosts/%2F'], null)
  await Promise.all([gone, new Promise((resolve) => setTimeout(resolve, 500))])
  assert.equal((await fetch(`http://${server.addresses.http}/api/overview`, { headers: HEADERS })).status, 200)
  await server.stop()
  await Promise.all(calls)
  assert.deepEqual(lines, [])
})
