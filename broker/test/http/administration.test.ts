// Vhosts, users, permissions, limits and policies that are made over HTTP hold for AMQP's clients at once.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import amqplib from 'amqplib'
import { BothWorlds } from './both-worlds.ts'

/** All that amqplib tells of a vhost that cannot be entered. */
const REFUSED_AT_OPEN = /Expected ConnectionOpenOk; got <ConnectionClose/

async function connectAs(test: TestContext, worlds: BothWorlds, login: string, vhost = '') {
  const connection = await amqplib.connect(`amqp://${login}@${worlds.amqpAddress}${vhost}`)
  connection.on('error', () => {})
  test.after(() => connection.close().catch(() => {}))
  return connection
}

test('a user with permissions comes in, and only as far as they go', async (t) => {
  const worlds = await BothWorlds.open(t)
  const ask = worlds.ask.bind(worlds)
  assert.equal((await ask('PUT', '/users/ann', { password: 'secret', tags: 'monitoring, policymaker' })).status, 201)
  assert.deepEqual((await worlds.get('/users/ann')).tags, ['monitoring', 'policymaker'])
  assert.equal((await ask('PUT', '/users/ann', { password: 'secret', tags: ['monitoring'] })).status, 204)
  await assert.rejects(connectAs(t, worlds, 'ann:secret'), REFUSED_AT_OPEN)
  assert.deepEqual(
    (await worlds.get('/users/without-permissions')).map((user: { name: string }) => user.name),
    ['ann'],
  )
  const patterns = { configure: '^ann', write: '.*', read: '.*' }
  assert.equal((await ask('PUT', '/permissions/%2F/ann', patterns)).status, 201)
  assert.equal((await ask('PUT', '/permissions/%2F/ann', patterns)).status, 204)
  const connection = await connectAs(t, worlds, 'ann:secret')
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  await channel.assertQueue('ann.q')
  await assert.rejects(channel.assertQueue('other'), /ACCESS.REFUSED/)
  // Deleting the user ends what it had open.
  const closed = new Promise((resolve) => connection.on('close', resolve))
  assert.equal((await ask('DELETE', '/users/ann')).status, 204)
  await closed
  await assert.rejects(connectAs(t, worlds, 'ann:secret'), /ACCESS.REFUSED/)
})

test('a hash of a password lets its user in; no password lets nobody in', async (t) => {
  const worlds = await BothWorlds.open(t)
  const { ok: password_hash } = await worlds.done('PUT', '/auth/hash_password', { password: 'known' })
  await worlds.done('PUT', '/users/bob', { password_hash, tags: '' })
  await worlds.done('PUT', '/permissions/%2F/bob', { configure: '', write: '', read: '' })
  await connectAs(t, worlds, 'bob:known')
  await worlds.done('PUT', '/users/bob', { tags: '' })
  await assert.rejects(connectAs(t, worlds, 'bob:known'), /ACCESS.REFUSED/)
})

test('what is missing or wrong in a body is said in RabbitMQ’s words', async (t) => {
  const worlds = await BothWorlds.open(t)
  const wrong: [string, string, object, string | RegExp][] = [
    ['PUT', '/users/x', {}, 'tags_not_present'],
    ['PUT', '/permissions/%2F/guest', { configure: '' }, '[{key_missing,write},{key_missing,read}]'],
    ['PUT', '/permissions/%2F/nobody', { configure: '', write: '', read: '' }, 'vhost_or_user_not_found'],
    ['PUT', '/permissions/%2F/guest', { configure: '(', write: '', read: '' }, /regular expression/],
    ['PUT', '/policies/%2F/p', { pattern: 'x' }, '[{key_missing,definition}]'],
    ['PUT', '/policies/%2F/p', { pattern: 'x', definition: { bogus: 1 } }, /^Validation failed\n\n/],
    ['PUT', '/vhost-limits/%2F/bogus', { value: 1 }, /Unrecognised terms/],
    ['PUT', '/parameters/none/%2F/p', { value: 1 }, 'Validation failed\n\ncomponent none not found\n'],
  ]
  for (const [method, path, body, reason] of wrong) {
    const answer = await worlds.ask(method, path, body)
    assert.equal(answer.status, 400, path)
    assert.equal(answer.body.error, 'bad_request')
    if (typeof reason === 'string') assert.equal(answer.body.reason, reason)
    else assert.match(answer.body.reason, reason)
  }
  for (const path of ['/users/x', '/vhosts/x', '/policies/%2F/x', '/permissions/%2F/x', '/global-parameters/x']) {
    assert.equal((await worlds.ask('GET', path)).status, 404, path)
    assert.equal((await worlds.ask('DELETE', path)).status, 404, path)
  }
})

test('a vhost has what it was made with, keeps it over a change, and is protected until it is not', async (t) => {
  const worlds = await BothWorlds.open(t)
  const made = { description: 'for tests', tags: 'a, b', default_queue_type: 'quorum', tracing: true }
  assert.equal((await worlds.ask('PUT', '/vhosts/v', made)).status, 201)
  assert.equal((await worlds.ask('PUT', '/vhosts/v', { description: 'still' })).status, 204)
  const { description, tags, default_queue_type, tracing } = await worlds.get('/vhosts/v')
  assert.deepEqual(
    { description, tags, default_queue_type, tracing },
    { description: 'still', tags: ['a', 'b'], default_queue_type: 'quorum', tracing: true },
  )
  await worlds.done('PUT', '/permissions/v/guest', { configure: '.*', write: '.*', read: '.*' })
  const channel = await (await connectAs(t, worlds, 'guest:guest', '/v')).createChannel()
  channel.on('error', () => {})
  await channel.assertQueue('q')
  await assert.rejects(channel.assertQueue('q', { arguments: { 'x-queue-type': 'classic' } }), /PRECONDITION/)
  await worlds.done('POST', '/vhosts/v/deletion/protection')
  assert.equal((await worlds.get('/vhosts/v')).protected_from_deletion, true)
  assert.equal((await worlds.ask('DELETE', '/vhosts/v')).status, 412)
  await worlds.done('DELETE', '/vhosts/v/deletion/protection')
  assert.equal((await worlds.ask('DELETE', '/vhosts/v')).status, 204)
  await assert.rejects(connectAs(t, worlds, 'guest:guest', '/v'), REFUSED_AT_OPEN)
})

test('limits stop what comes later', async (t) => {
  const worlds = await BothWorlds.open(t)
  const connection = await worlds.amqp(t)
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  await worlds.done('PUT', '/vhost-limits/%2F/max-queues', { value: 1 })
  await channel.assertQueue('first')
  await assert.rejects(channel.assertQueue('second'), /queue limit/)
  await worlds.done('DELETE', '/vhost-limits/%2F/max-queues')
  assert.deepEqual(await worlds.get('/vhost-limits'), [])
  const again = await connection.createChannel()
  await again.assertQueue('second')
  await worlds.done('PUT', '/user-limits/guest/max-connections', { value: 1 })
  await assert.rejects(worlds.amqp(t), REFUSED_AT_OPEN)
  await worlds.done('DELETE', '/user-limits/guest/max-connections')
  await worlds.amqp(t)
})

test('a policy holds for queues that are there; an operator policy puts bounds on it', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createConfirmChannel()
  await channel.assertQueue('short')
  const policy = { pattern: '^short', definition: { 'max-length': 3 }, 'apply-to': 'queues', priority: 1 }
  assert.equal((await worlds.ask('PUT', '/policies/%2F/p', policy)).status, 201)
  assert.equal((await worlds.ask('PUT', '/policies/%2F/p', policy)).status, 204)
  for (let i = 0; i < 9; i++) channel.sendToQueue('short', Buffer.from('m'))
  await channel.waitForConfirms()
  assert.equal((await channel.checkQueue('short')).messageCount, 3)
  const bound = { pattern: '.*', definition: { 'max-length': 2 }, 'apply-to': 'queues' }
  assert.equal((await worlds.ask('PUT', '/operator-policies/%2F/o', bound)).status, 201)
  assert.equal((await channel.checkQueue('short')).messageCount, 2)
  await worlds.done('DELETE', '/policies/%2F/p')
  await worlds.done('DELETE', '/operator-policies/%2F/o')
  for (let i = 0; i < 9; i++) channel.sendToQueue('short', Buffer.from('m'))
  await channel.waitForConfirms()
  assert.equal((await channel.checkQueue('short')).messageCount, 11)
})

test('topic permissions narrow what keys a user may publish with', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/users/ann', { password: 'secret', tags: '' })
  await worlds.done('PUT', '/permissions/%2F/ann', { configure: '.*', write: '.*', read: '.*' })
  await worlds.done('PUT', '/topic-permissions/%2F/ann', { exchange: 'amq.topic', write: '^mine', read: '.*' })
  const connection = await connectAs(t, worlds, 'ann:secret')
  const channel = await connection.createConfirmChannel()
  channel.publish('amq.topic', 'mine.a', Buffer.from('m'))
  await channel.waitForConfirms()
  const failed = new Promise<Error>((resolve) => channel.on('error', resolve))
  channel.publish('amq.topic', 'other', Buffer.from('m'))
  assert.match((await failed).message, /ACCESS.REFUSED/)
  await worlds.done('DELETE', '/topic-permissions/%2F/ann/amq.topic')
  assert.deepEqual(await worlds.get('/topic-permissions'), [])
})

test('several users are deleted at once, or none', async (t) => {
  const worlds = await BothWorlds.open(t)
  for (const name of ['a', 'b', 'c']) await worlds.done('PUT', `/users/${name}`, { password: 'x', tags: '' })
  assert.equal((await worlds.ask('POST', '/users/bulk-delete', { users: ['a', 'none'] })).status, 400)
  await worlds.done('POST', '/users/bulk-delete', { users: ['a', 'b'] })
  const names = (await worlds.get('/users')).map((user: { name: string }) => user.name)
  assert.deepEqual(names, ['c', 'guest'])
})

test('the cluster has the name it was given', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/cluster-name', { name: 'rabbit@berlin' })
  assert.deepEqual(await worlds.get('/cluster-name'), { name: 'rabbit@berlin' })
  assert.equal((await worlds.get('/overview')).cluster_name, 'rabbit@berlin')
})

test('logins are counted by protocol, and messages by vhost, those of connections that are gone too', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/vhosts/a', {})
  await worlds.done('PUT', '/vhosts/b', {})
  await worlds.done('DELETE', '/auth/attempts/any')
  assert.equal((await worlds.ask('GET', '/whoami', undefined, 'guest:wrong')).status, 401)
  const connection = await connectAs(t, worlds, 'guest:guest', '/a')
  await assert.rejects(connectAs(t, worlds, 'guest:wrong', '/a'))
  const channel = await connection.createConfirmChannel()
  channel.publish('', 'nowhere', Buffer.alloc(1000), { mandatory: true })
  channel.publish('', 'nowhere', Buffer.alloc(1000))
  await channel.waitForConfirms()
  await connection.close()
  const lost = { properties: {}, routing_key: 'nowhere', payload: 'x', payload_encoding: 'string' }
  await worlds.done('POST', '/exchanges/b/amq.default/publish', lost)
  const fates = async (vhost: string) => {
    const { recv_oct, message_stats } = await worlds.get(`/vhosts/${vhost}`)
    const { confirm, return_unroutable, drop_unroutable } = message_stats
    return { recv_oct, fates: [confirm, return_unroutable, drop_unroutable] }
  }
  const a = await fates('a')
  assert.deepEqual(a.fates, [2, 1, 1])
  assert.ok(a.recv_oct > 2000)
  assert.deepEqual(await fates('b'), { recv_oct: 0, fates: [1, 1, 0] })
  const { message_stats: all } = await worlds.get('/overview')
  assert.deepEqual([all.confirm, all.return_unroutable, all.drop_unroutable], [3, 2, 1])
  await worlds.done('DELETE', '/vhosts/a')
  assert.equal((await worlds.get('/overview')).message_stats.confirm, 3)
  const attempts = new Map<string, object>()
  for (const { protocol, ...counts } of await worlds.get('/auth/attempts/any')) attempts.set(protocol, counts)
  assert.deepEqual(attempts.get('amqp091'), {
    auth_attempts: 2,
    auth_attempts_failed: 1,
    auth_attempts_succeeded: 1,
  })
  assert.equal((attempts.get('http') as { auth_attempts_failed: number }).auth_attempts_failed, 1)
})
