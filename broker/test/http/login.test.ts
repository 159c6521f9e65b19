// Logging in for a cookie, what ends it, and requests that other sites have a browser send.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { BothWorlds } from './both-worlds.ts'

type Heads = Readonly<Record<string, string>>

/** With just these headers: a browser's own are for a browser to send. */
function asked(worlds: BothWorlds, method: string, path: string, headers: Heads, body?: string) {
  const [host, port] = worlds.http.split(':')
  return new Promise<{ status: number; cookie: string; text: string }>((resolve, reject) => {
    const call = request({ host, port, method, path, headers }, async (answer) => {
      let text = ''
      for await (const part of answer) text += part
      resolve({ status: answer.statusCode!, cookie: answer.headers['set-cookie']?.[0] ?? '', text })
    })
    call.on('error', reject)
    call.end(body)
  })
}

async function cookieOf(worlds: BothWorlds, username: string, password: string): Promise<Heads> {
  const { status, cookie } = await asked(worlds, 'POST', '/api/login', {}, JSON.stringify({ username, password }))
  assert.equal(status, 200)
  assert.match(cookie, /; HttpOnly/)
  assert.match(cookie, /; SameSite=Strict/)
  assert.match(cookie, /; Path=\//)
  assert.match(cookie, /; Max-Age=43200/)
  return { cookie: cookie.split(';', 1)[0] }
}

const statusOf = async (worlds: BothWorlds, cookie: Heads, path = '/api/whoami'): Promise<number> =>
  (await asked(worlds, 'GET', path, cookie)).status

test('a cookie ends with the password, the user and their tags; nobody else can make one', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/users/ann', { password: 'x', tags: 'administrator' })
  const first = await cookieOf(worlds, 'ann', 'x')
  assert.equal(await statusOf(worlds, first, '/api/users'), 200)
  await worlds.done('PUT', '/users/ann', { password: 'y', tags: 'administrator' })
  assert.equal(await statusOf(worlds, first), 401)
  const second = await cookieOf(worlds, 'ann', 'y')
  const { password_hash } = await worlds.get('/users/ann')
  await worlds.done('PUT', '/users/ann', { password_hash, tags: 'management' })
  assert.equal(await statusOf(worlds, second), 200)
  assert.equal(await statusOf(worlds, second, '/api/users'), 401)
  await worlds.done('DELETE', '/users/ann')
  assert.equal(await statusOf(worlds, second), 401)
  // One of the same name and password is another user by the hash.
  await worlds.done('PUT', '/users/ann', { password: 'y', tags: 'administrator' })
  assert.equal(await statusOf(worlds, second), 401)

  const [, payload] = second.cookie.split('=')[1].split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32))
  for (const token of [`${none}.${payload}.`, `${none}.${payload}`, forged, `${forged}x`, '', 'a.b.c', '\u00ff']) {
    assert.equal(await statusOf(worlds, { cookie: `signalbox-session=${token}` }), 401)
  }
})

test('what other sites have a browser ask changes nothing, with whatever login', async (t) => {
  const worlds = await BothWorlds.open(t)
  const cookie = await cookieOf(worlds, 'guest', 'guest')
  const basic = { authorization: `Basic ${btoa('guest:guest')}` }
  const own = `http://${worlds.http}`
  const refused: Heads[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: own },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `${own}.evil.example` },
    { origin: 'file://' },
  ]
  const taken: Heads[] = [
    {},
    { 'sec-fetch-site': 'same-origin', origin: own },
    { 'sec-fetch-site': 'none' },
    { origin: own },
  ]
  for (const login of [cookie, basic]) {
    for (const [heads, isTaken] of [
      ...refused.map((one) => [one, false] as const),
      ...taken.map((one) => [one, true] as const),
    ]) {
      for (const [method, path] of [
        ['PUT', '/api/vhosts/v'],
        ['DELETE', '/api/vhosts/v'],
        ['POST', '/api/definitions'],
      ]) {
        const body = method === 'DELETE' ? undefined : '{}'
        const { status } = await asked(worlds, method, path, { ...login, ...heads }, body)
        assert.equal(status !== 403, isTaken, `${method} ${path} ${JSON.stringify(heads)} → ${status}`)
      }
    }
  }
  for (const heads of refused) {
    assert.equal(
      (await asked(worlds, 'POST', '/api/login', heads, '{"username":"guest","password":"guest"}')).status,
      403,
    )
    assert.equal(
      (await asked(worlds, 'POST', '/v1/vhosts/%2F/queues/q/messages', { ...basic, ...heads }, '{}')).status,
      403,
    )
  }
})

test('who is let in from this machine only is not by the name of another site', async (t) => {
  const worlds = await BothWorlds.open(t)
  const login = { authorization: `Basic ${btoa('guest:guest')}` }
  const port = worlds.http.split(':')[1]
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example.']) {
    assert.equal((await asked(worlds, 'GET', '/api/whoami', { ...login, host })).status, 401, host)
    assert.equal((await asked(worlds, 'GET', '/metrics', { host })).status, 401, host)
    const body = '{"username":"guest","password":"guest"}'
    assert.equal(
      (await asked(worlds, 'POST', '/api/login', { host, origin: `http://${host}` }, body)).status,
      401,
      host,
    )
  }
  for (const host of [`127.0.0.1:${port}`, 'localhost', `LOCALHOST:${port}`, '[::1]:15672', 'broker', 'a.localhost']) {
    assert.equal((await asked(worlds, 'GET', '/api/whoami', { ...login, host })).status, 200, host)
    assert.equal((await asked(worlds, 'GET', '/metrics', { host })).status, 200, host)
  }
  // Others may come by any name.
  await worlds.done('PUT', '/users/ann', { password: 'x', tags: 'management' })
  const ann = { authorization: `Basic ${btoa('ann:x')}`, host: 'broker.example' }
  assert.equal((await asked(worlds, 'GET', '/api/whoami', ann)).status, 200)
})
