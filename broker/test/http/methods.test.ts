/** Which methods an address takes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds } from './both-worlds.ts'

const AUTHORIZATION = `Basic ${Buffer.from('guest:guest').toString('base64')}`

test('what an address takes is told where it is asked something else', async (t) => {
  const { http } = await BothWorlds.open(t)
  const ask = async (method: string, path: string, authorization = AUTHORIZATION) => {
    const answer = await fetch(`http://${http}${path}`, { method, headers: authorization ? { authorization } : {} })
    return [answer.status, answer.headers.get('allow'), await answer.text()] as const
  }
  const refused = JSON.stringify({ error: 'method_not_allowed', reason: 'Method Not Allowed' })
  const takes: [path: string, wrong: string, allow: string][] = [
    ['/api/overview', 'POST', 'HEAD, GET, OPTIONS'],
    ['/api/queues/%2F/none', 'POST', 'HEAD, GET, PUT, PATCH, DELETE, OPTIONS'],
    ['/api/queues/%2F/none/get', 'GET', 'POST, OPTIONS'],
    ['/api/definitions', 'PUT', 'HEAD, GET, POST, OPTIONS'],
    ['/v1/vhosts/%2F/queues/q/receive', 'GET', 'POST, OPTIONS'],
    ['/metrics', 'POST', 'HEAD, GET, OPTIONS'],
    ['/health/live', 'DELETE', 'HEAD, GET, OPTIONS'],
  ]
  for (const [path, wrong, allow] of takes) {
    assert.deepEqual(await ask(wrong, path), [405, allow, refused], path)
    // As RabbitMQ: for whoever asks.
    assert.deepEqual(await ask('OPTIONS', path, ''), [200, allow, ''], path)
  }
  for (const method of ['GET', 'POST', 'OPTIONS']) assert.equal((await ask(method, '/api/none'))[0], 404)
  for (const path of ['/api/overview', '/api/queues', '/metrics', '/health/live']) {
    const head = await ask('HEAD', path)
    assert.deepEqual([head[0], head[2]], [200, ''], path)
  }
  // Before a login as well.
  assert.deepEqual(await ask('POST', '/api/overview', ''), [405, 'HEAD, GET, OPTIONS', refused])
  assert.equal((await ask('HEAD', '/api/overview', ''))[0], 401)
  for (const method of ['GET', 'POST']) assert.equal((await ask(method, '/api/none', ''))[0], 401)
})
