// Definitions out of one broker and into another over HTTP, whole and by vhost.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds } from './both-worlds.ts'

test('what one broker exports another imports, and exports the same again', async (t) => {
  const [from, to] = [await BothWorlds.open(t), await BothWorlds.open(t)]
  await from.done('PUT', '/vhosts/v', { description: 'd', tags: 't' })
  await from.done('PUT', '/users/ann', { password: 'secret', tags: 'monitoring' })
  await from.done('PUT', '/permissions/v/ann', { configure: 'a', write: 'b', read: 'c' })
  await from.done('PUT', '/topic-permissions/v/ann', { exchange: 'x', write: 'b', read: 'c' })
  await from.done('PUT', '/policies/v/p', { pattern: 'x', definition: { 'max-length': 1 } })
  await from.done('PUT', '/operator-policies/v/o', { pattern: 'x', definition: { 'max-length': 2 } })
  await from.done('PUT', '/vhost-limits/v/max-queues', { value: 7 })
  await from.done('PUT', '/global-parameters/g', { value: [1, { a: null }] })
  const channel = await (await from.amqp(t)).createChannel()
  await channel.assertExchange('x', 'headers')
  await channel.assertQueue('q', { arguments: { 'x-queue-type': 'quorum' } })
  await channel.bindQueue('q', 'x', 'k', { 'x-match': 'all', n: 1 })
  const exported = await from.get('/definitions')
  assert.deepEqual([exported.product_name, exported.product_version], ['Signalbox', 'test'])
  assert.equal((await to.ask('POST', '/definitions', exported)).status, 204)
  assert.deepEqual(await to.get('/definitions'), exported)
  assert.deepEqual((await to.get('/whoami', 'ann:secret')).tags, ['monitoring'])
})

test('definitions of a vhost go into another one', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createChannel()
  await channel.assertExchange('x', 'topic')
  await channel.assertQueue('q')
  await channel.bindQueue('q', 'x', 'a.#')
  await worlds.done('PUT', '/policies/%2F/p', { pattern: 'x', definition: { 'max-length': 1 } })
  const exported = await worlds.get('/definitions/%2F')
  assert.equal(exported.queues[0].vhost, undefined)
  await worlds.done('PUT', '/vhosts/copy', {})
  await worlds.done('POST', '/definitions/copy', exported)
  const { queues, exchanges, bindings, policies } = await worlds.get('/definitions/copy')
  assert.deepEqual(
    { queues, exchanges, bindings, policies },
    {
      queues: exported.queues,
      exchanges: exported.exchanges,
      bindings: exported.bindings,
      policies: exported.policies,
    },
  )
  assert.equal((await worlds.ask('GET', '/definitions/none')).status, 400)
})

test('a form with a file is taken, too; a download has a name', async (t) => {
  const worlds = await BothWorlds.open(t)
  const authorization = `Basic ${btoa('guest:guest')}`
  const address = `http://${worlds.http}/api/definitions`
  const form = new FormData()
  form.append('file', new Blob([JSON.stringify({ vhosts: [{ name: 'from-a-form' }] })]), 'definitions.json')
  const response = await fetch(address, { method: 'POST', headers: { authorization }, body: form })
  assert.equal(response.status, 204)
  assert.equal((await worlds.get('/vhosts/from-a-form')).name, 'from-a-form')
  const download = await fetch(`${address}?download=a%22b.json`, { headers: { authorization } })
  assert.equal(download.headers.get('content-disposition'), 'attachment; filename="a_b.json"')
})

test('what is no definitions changes nothing, and a password in the address is refused', async (t) => {
  const worlds = await BothWorlds.open(t)
  const before = await worlds.get('/definitions')
  const bad = { vhosts: [{ name: 'v' }], queues: [{ name: 'q', vhost: 'v', durable: 'perhaps' }] }
  const { status, body } = await worlds.ask('POST', '/definitions', bad)
  assert.equal(status, 400)
  assert.match(body.reason, /queues\[0\]\.durable/)
  assert.deepEqual(await worlds.get('/definitions'), before)
  assert.equal((await worlds.ask('GET', `/definitions?auth=${btoa('guest:guest')}`)).status, 400)
})

test('what cannot be honoured is named, and the rest is there', async (t) => {
  const worlds = await BothWorlds.open(t)
  const value = { 'src-uri': 'amqp://' }
  const shovel = { component: 'shovel', vhost: '/', name: 's', value }
  const report = await worlds.done('POST', '/definitions', { vhosts: [{ name: 'v' }], parameters: [shovel] })
  assert.equal(report.applied, 1)
  assert.match(report.skipped[0], /parameter 's' of component 'shovel'/)
  assert.equal((await worlds.ask('GET', '/vhosts/v')).status, 200)
})

test('a dry run tells what an import does, and changes nothing', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.done('PUT', '/vhosts/v', {})
  await worlds.done('PUT', '/vhost-limits/v/max-queues', { value: 3 })
  await worlds.done('PUT', '/policies/v/p', { pattern: 'x', definition: { 'max-length': 1 } })
  await worlds.done('PUT', '/queues/v/same', { durable: true, arguments: { 'x-priority': 1, 'x-max-length': 5 } })
  await worlds.done('PUT', '/queues/v/other', { durable: true })
  await worlds.done('PUT', '/topics/%2F/visits', { partitions: 2 })
  await worlds.done('POST', '/bindings/v/e/amq.headers/q/same', { routing_key: '', arguments: { a: 1, b: 'x' } })
  const before = await worlds.get('/definitions')
  const binding = { source: 'amq.headers', vhost: 'v', destination: 'same', destination_type: 'queue', routing_key: '' }
  const queue = { vhost: 'v', durable: true, auto_delete: false, arguments: {} }
  const asked = {
    users: [{ name: 'ann', password: 'secret', tags: '' }],
    permissions: [{ user: 'ann', vhost: 'v', configure: '', write: '', read: '' }],
    policies: [{ vhost: 'v', name: 'p', pattern: 'x', 'apply-to': 'all', definition: { 'max-length': 2 } }],
    queues: [
      { ...queue, name: 'same', arguments: { 'x-max-length': 5, 'x-priority': 1 } },
      { ...queue, name: 'new' },
      { ...queue, name: 'too-many' },
      { ...queue, name: 'other', durable: false },
      { ...queue, name: 'visits', vhost: 'nowhere' },
    ],
    bindings: [
      { ...binding, arguments: { b: 'x', a: 1 } },
      { ...binding, arguments: { a: 2 } },
    ],
  }
  const told = await worlds.done('POST', '/definitions?dry_run=true', asked)
  const bound = "binding of exchange 'amq.headers' to queue 'same' with key '' in vhost 'v'"
  assert.deepEqual(told.created, [
    "user 'ann'",
    "permissions of user 'ann' in vhost 'v'",
    "queue 'new' in vhost 'v'",
    bound,
  ])
  assert.deepEqual(told.changed, ["policy 'p' in vhost 'v'"])
  assert.deepEqual(told.unchanged, ["queue 'same' in vhost 'v'", bound])
  assert.deepEqual(await worlds.get('/definitions'), before)
  const { skipped } = await worlds.done('POST', '/definitions', asked)
  assert.deepEqual(told.skipped, skipped, 'as the import itself then does')
  assert.equal(skipped.length, 3, skipped.join('\n'))
  const [unchanged] = await Promise.all([worlds.done('POST', '/definitions?dry_run=true', before)])
  assert.deepEqual([unchanged.created, unchanged.skipped], [[], []])
  assert.equal((await worlds.ask('POST', '/definitions?dry_run=true', { queues: 3 })).status, 400)
  for (const word of ['?dry_run=1', '?dry_run', '?dry_run=True']) {
    const refused = await worlds.ask('POST', `/definitions${word}`, { vhosts: [{ name: 'made' }] })
    assert.equal(refused.status, 400, word)
    assert.match(refused.body.reason, /^dry_run must be true or false, not/)
  }
  assert.equal((await worlds.ask('GET', '/vhosts/made')).status, 404)
})
