// What callers may take before and behind a login: bodies, depth, calls at once, guesses; and addresses that mean nothing.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Broker } from '../../src/broker/broker.ts'
import { Logins } from '../../src/http/login/logins.ts'
import { HttpFuzz } from '../fuzz/http-calls.ts'
import { World } from '../kafka/world.ts'
import { BothWorlds, until } from './both-worlds.ts'
import { appOf, callerAt } from './without-sockets.ts'

/** As it is: nothing about the address is put right by a client. */
function raw(worlds: BothWorlds, method: string, path: string, body?: string, as = 'guest:guest'): Promise<number> {
  const [host, port] = worlds.http.split(':')
  const headers = { authorization: `Basic ${Buffer.from(as).toString('base64')}` }
  return new Promise((resolve, reject) => {
    const call = request({ host, port, method, path, headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode!))
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** What is answered to a head and the beginning of a body that never ends. */
function answerTo(worlds: BothWorlds, head: readonly string[], chunk: string, times: number): Promise<string> {
  const [host, port] = worlds.http.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => {
      socket.write(`${['POST', ...head].join(' ')}\r\n\r\n`)
      let left = times
      const more = (): void => {
        if (left-- > 0 && !socket.destroyed) socket.write(chunk, () => setImmediate(more))
      }
      more()
    })
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString().split('\r\n', 1)[0])
    })
    socket.on('error', reject)
  })
}

test('before a login no body is read, and that of the login is small', async (t) => {
  const worlds = await BothWorlds.open(t)
  const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
  const chunked = (path: string) => [path, 'HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked']
  // Answered while the body still comes.
  assert.match(await answerTo(worlds, chunked('/v1/vhosts/%2F/queues/q/messages'), chunk, 3), /^HTTP\/1.1 401/)
  assert.match(await answerTo(worlds, chunked('/api/definitions'), chunk, 3), /^HTTP\/1.1 401/)
  assert.match(await answerTo(worlds, chunked('/api/login'), chunk, 3), /^HTTP\/1.1 413/)
  const said = ['/api/login', 'HTTP/1.1\r\nhost: x\r\ncontent-length: 100000']
  assert.match(await answerTo(worlds, said, 'x', 1), /^HTTP\/1.1 413/)
})

test('a body larger than the largest message is refused, however it comes', async (t) => {
  const worlds = await BothWorlds.open(t, { maxMessageSize: 1 << 20 })
  const login = `authorization: Basic ${Buffer.from('guest:guest').toString('base64')}`
  const head = `HTTP/1.1\r\nhost: x\r\n${login}`
  const said = ['/api/definitions', `${head}\r\ncontent-length: 30000000`]
  assert.match(await answerTo(worlds, said, 'x', 1), /^HTTP\/1.1 413/)
  const chunked = ['/api/definitions', `${head}\r\ntransfer-encoding: chunked`]
  const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`
  assert.match(await answerTo(worlds, chunked, chunk, 25), /^HTTP\/1.1 413/)
  const { status } = await worlds.ask('POST', '/definitions', { queues: [], filler: 'x'.repeat(10 << 20) })
  assert.equal(status, 204)
})

test('what is nested deeper than tables can be is refused before it is kept', async (t) => {
  const worlds = await BothWorlds.open(t)
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  for (const levels of [100, 100_000]) {
    const value = `{"value":${deep(levels)}}`
    assert.equal(await raw(worlds, 'PUT', '/api/global-parameters/g', value), 400)
    const args = `{"arguments":{"x-mine":${deep(levels)}}}`
    assert.equal(await raw(worlds, 'PUT', '/api/queues/%2F/q', args), 400)
    const all = `{"global_parameters":[{"name":"g","value":${deep(levels)}}]}`
    assert.equal(await raw(worlds, 'POST', '/api/definitions', all), 400)
    assert.equal(await raw(worlds, 'POST', '/v1/vhosts/%2F/queues/q/messages', `{"payload":${deep(levels)}}`), 400)
  }
  // Brackets in texts nest nothing.
  assert.equal(await raw(worlds, 'PUT', '/api/global-parameters/g', `{"value":"\\"${'[{'.repeat(500)}\\\\"}`), 201)
  assert.equal(await raw(worlds, 'PUT', '/api/global-parameters/g', `{"value":${deep(50)}}`), 204)
  assert.equal((await worlds.get('/definitions')).global_parameters.length > 0, true)
})

test('addresses that decode to no text, or go up, are refused', async (t) => {
  const worlds = await BothWorlds.open(t)
  const refused = ['%', '%ZZ', '%FF', '%C3%28', '..', '.', '%2e%2E', '.%2e', 'a/..', 'q/contents/..']
  for (const name of refused) {
    assert.equal(await raw(worlds, 'PUT', `/api/queues/%2F/${name}`, '{}'), 400, name)
    assert.equal(await raw(worlds, 'GET', `/api/queues/%2F/${name}`), 400, name)
  }
  const names = ['%25', '__proto__', 'constructor', '...', 'a%2F..%2Fb', '%00', '%F0%9F%90%87', 'x'.repeat(255)]
  for (const name of names) {
    assert.equal(await raw(worlds, 'PUT', `/api/queues/%2F/${name}`, '{}'), 201, name)
    assert.equal(await raw(worlds, 'GET', `/api/queues/%2F/${name}`), 200, name)
  }
  assert.equal((await worlds.get('/queues')).length, names.length)
  const [row] = await worlds.get('/queues?columns=__proto__.polluted,name&name=__proto__')
  assert.deepEqual(row, { name: '__proto__' })
  assert.equal((await worlds.ask('GET', '/health/checks/certificate-expiration/1/__proto__')).status, 400)
  for (const path of ['/assets/..%2f..%2fpackage.json', '/assets/../../package.json', '/assets/%2e%2e/index.html']) {
    assert.ok([400, 404].includes(await raw(worlds, 'GET', path)), path)
  }
})

test('one user has so many calls under way, and no more; others are served', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/queues/%2F/q', {})
  await worlds.done('PUT', '/users/other', { password: 'x', tags: 'administrator' })
  const [host, port] = worlds.http.split(':')
  const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` }
  const statuses: number[] = []
  const calls: ClientRequest[] = []
  for (let i = 0; i < 1020; i++) {
    const call = request(
      { host, port, path: '/v1/vhosts/%2F/queues/q/follow?prefetch=1', headers, agent: false },
      (answer) => {
        statuses.push(answer.statusCode!)
        answer.on('error', () => {})
        answer.resume()
      },
    )
    call.on('error', () => {})
    call.end()
    calls.push(call)
    if (i % 50 === 0) await until(() => statuses.length >= i - 50)
  }
  await until(() => statuses.length === 1020)
  assert.equal(statuses.filter((status) => status === 200).length, 1000)
  assert.equal(statuses.filter((status) => status === 429).length, 20)
  assert.equal((await worlds.ask('GET', '/overview', undefined, 'other:x')).status, 200)
  for (const call of calls) call.destroy()
  await until(async () => (await worlds.ask('GET', '/overview')).status === 200)
})

test('asking for the head of a stream takes no messages', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/queues/%2F/q', {})
  await worlds.done('PUT', '/topics/%2F/t', {})
  const message = { properties: {}, routing_key: 'q', payload: 'x', payload_encoding: 'string' }
  await worlds.done('POST', '/exchanges/%2F/amq.default/publish', message)
  for (const path of ['queues/q', 'topics/t']) {
    assert.equal(await raw(worlds, 'HEAD', `/v1/vhosts/%2F/${path}/follow`), 200)
  }
  const { messages } = await worlds.get('/queues/%2F/q/messages')
  assert.deepEqual([messages.length, messages[0].redelivered], [1, false])
})

test('who guesses waits; nobody else is kept out', async () => {
  const { broker } = await World.open()
  const logins = new Logins(broker as Broker)
  const from = (address: string) => ({ address, loopback: true })
  const tried = async (name: string, password: string, address: string): Promise<string> => {
    const result = await logins.check(name, password, from(address))
    return 'user' in result ? 'in' : result.refused
  }
  for (let i = 0; i < 20; i++) assert.equal(await tried('guest', `x${i}`, '10.0.0.1'), 'wrong')
  assert.equal(await tried('guest', 'guest', '10.0.0.1'), 'too-many')
  assert.equal(await tried('guest', 'guest', '10.0.0.2'), 'in')
  for (let i = 0; i < 180; i++) assert.equal(await tried(`user${i}`, 'x', '10.0.0.1'), 'wrong')
  assert.equal(await tried('somebody', 'x', '10.0.0.1'), 'too-many')
  // One machine has all addresses of a network of IPv6.
  for (let i = 0; i < 20; i++) await tried('guest', 'x', `2001:db8::${i + 1}`)
  assert.equal(await tried('guest', 'guest', '2001:db8:0:0:7::1'), 'too-many')
  assert.equal(await tried('guest', 'guest', '2001:db8:0:1::1'), 'in')
})

test('nothing that is asked is answered with an error inside', async (t: TestContext) => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 0x7fffffff)
  t.diagnostic(`seed ${seed}`)
  const fuzz = await HttpFuzz.open(seed)
  try {
    for (let i = 0; i < 600; i++) await fuzz.step()
  } finally {
    await fuzz.close()
  }
})

test('so many searches of messages are at work, of a user and in all', async () => {
  const { broker } = await World.open()
  const app = appOf(broker)
  const all = { configure: '.*', write: '.*', read: '.*' }
  const users = ['ann', 'bea', 'cem', 'dan', 'eve']
  for (const name of users) {
    broker.access.putUser({ ...broker.access.user('guest')!, name })
    broker.access.setPermissions({ user: name, vhost: '/', ...all })
  }
  const outgoing: EventEmitter[] = []
  const login = (name: string) => ({ authorization: `Basic ${btoa(`${name}:guest`)}` })
  const search = async (name: string, path: string) => {
    outgoing.push(new EventEmitter())
    const headers = login(name)
    const answer = await app.request(`/api${path}`, { headers }, callerAt(outgoing.at(-1)!))
    const { reason } = (await answer.json()) as { reason?: string }
    return [answer.status, answer.status === 429 ? reason : answer.headers.get('retry-after')]
  }
  const paths = ['/queues/%2F/q/messages?text=x', '/topics/%2F/t/messages', '/exchanges/%2F/amq.direct/delayed']
  // Whose connection went before there was anything to count is not counted for ever.
  for (let i = 0; i < 8; i++) {
    const gone = callerAt(Object.assign(new EventEmitter(), { destroyed: true }))
    assert.equal((await app.request(`/api${paths[0]}`, { headers: login('ann') }, gone)).status, 400)
  }
  for (const name of users.slice(0, 4)) {
    for (let i = 0; i < 8; i++) assert.notEqual((await search(name, paths[i % 3]))[0], 429)
    if (name === 'dan') continue
    assert.deepEqual(await search(name, paths[0]), [
      429,
      `8 searches of messages of user '${name}' are under way already`,
    ])
  }
  assert.deepEqual(await search('eve', paths[0]), [429, '32 searches of messages are under way already'])
  assert.notEqual((await search('eve', '/queues'))[0], 429)
  outgoing[0].emit('close')
  assert.notEqual((await search('eve', paths[2]))[0], 429)
  assert.deepEqual(await search('ann', paths[0]), [429, '32 searches of messages are under way already'])
})
