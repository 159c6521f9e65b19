// Who may ask and change what, by the tags of the user: RabbitMQ's four roles, and those who have none of them.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import amqplib from 'amqplib'
import { BothWorlds, until } from './both-worlds.ts'

const LOGINS = {
  none: 'none:x',
  management: 'management:x',
  policymaker: 'policymaker:x',
  monitoring: 'monitoring:x',
  administrator: 'administrator:x',
} as const

type Role = keyof typeof LOGINS

/** Users of every role who may enter `/`, and not `hidden`, where there are a queue and a policy. */
async function everybody(t: TestContext): Promise<BothWorlds> {
  const worlds = await BothWorlds.open(t)
  for (const role of Object.keys(LOGINS)) {
    await worlds.done('PUT', `/users/${role}`, { password: 'x', tags: role === 'none' ? '' : role })
    await worlds.done('PUT', `/permissions/%2F/${role}`, { configure: '.*', write: '.*', read: '.*' })
  }
  await worlds.done('PUT', '/vhosts/hidden', {})
  await worlds.done('PUT', '/policies/hidden/p', { pattern: '.*', definition: { 'max-length': 5 } })
  await worlds.done('POST', '/definitions/hidden', { queues: [{ name: 'q' }] })
  return worlds
}

const ALL: readonly Role[] = ['none', 'management', 'policymaker', 'monitoring', 'administrator']
const MANAGEMENT: readonly Role[] = ['management', 'policymaker', 'monitoring', 'administrator']
const POLICYMAKER: readonly Role[] = ['policymaker', 'administrator']
const MONITORING: readonly Role[] = ['monitoring', 'administrator']
const ADMINISTRATOR: readonly Role[] = ['administrator']

test('each address is open to just the roles that RabbitMQ opens it to', async (t) => {
  const worlds = await everybody(t)
  const limit = { pattern: '^x', definition: { 'max-length': 5 } }
  const rules: [readonly Role[], string, string, object?][] = [
    [MANAGEMENT, 'GET', '/overview'],
    [MANAGEMENT, 'GET', '/connections'],
    [MANAGEMENT, 'GET', '/channels'],
    [MANAGEMENT, 'GET', '/consumers'],
    [MANAGEMENT, 'GET', '/vhosts'],
    [MANAGEMENT, 'GET', '/vhosts/%2F'],
    [MANAGEMENT, 'GET', '/attention'],
    [MANAGEMENT, 'GET', '/aliveness-test/%2F'],
    [MANAGEMENT, 'GET', '/vhost-limits/%2F'],
    [MONITORING, 'GET', '/vhosts/hidden'],
    [MONITORING, 'GET', '/consumers/hidden'],
    [MONITORING, 'GET', '/vhosts/hidden/connections'],
    [MONITORING, 'GET', '/nodes'],
    [MANAGEMENT, 'GET', '/policies'],
    [MANAGEMENT, 'GET', '/policies/%2F'],
    [MANAGEMENT, 'GET', '/operator-policies'],
    [MANAGEMENT, 'GET', '/user-limits'],
    [MANAGEMENT, 'GET', '/cluster-name'],
    [MANAGEMENT, 'GET', '/healthchecks/node'],
    [POLICYMAKER, 'GET', '/parameters'],
    [POLICYMAKER, 'GET', '/global-parameters'],
    [POLICYMAKER, 'PUT', '/policies/%2F/p', limit],
    [POLICYMAKER, 'PUT', '/global-parameters/g', { value: 1 }],
    [ADMINISTRATOR, 'GET', '/policies/hidden'],
    [ADMINISTRATOR, 'PUT', '/policies/hidden/p', limit],
    [ADMINISTRATOR, 'PUT', '/operator-policies/%2F/o', limit],
    [ADMINISTRATOR, 'PUT', '/vhost-limits/%2F/max-queues', { value: 99 }],
    [ADMINISTRATOR, 'PUT', '/parameters/vhost-limits/%2F/limits', { value: { 'max-queues': 99 } }],
    [ADMINISTRATOR, 'GET', '/users'],
    [ADMINISTRATOR, 'GET', '/users/none'],
    [ADMINISTRATOR, 'PUT', '/users/other', { password: 'y', tags: '' }],
    [ADMINISTRATOR, 'GET', '/permissions'],
    [ADMINISTRATOR, 'PUT', '/permissions/%2F/none', { configure: '.*', write: '.*', read: '.*' }],
    [ADMINISTRATOR, 'GET', '/topic-permissions'],
    [ADMINISTRATOR, 'PUT', '/vhosts/v', {}],
    [ADMINISTRATOR, 'GET', '/definitions'],
    [ADMINISTRATOR, 'POST', '/definitions', {}],
    [ADMINISTRATOR, 'GET', '/feature-flags'],
    [ADMINISTRATOR, 'PUT', '/cluster-name', { name: 'c' }],
    [ADMINISTRATOR, 'DELETE', '/reset'],
  ]
  for (const [open, method, path, body] of rules) {
    for (const role of ALL) {
      const { status, body: answer } = await worlds.ask(method, path, body, LOGINS[role])
      const wanted = open.includes(role) ? status < 300 : status === 401 && answer.error === 'not_authorised'
      assert.ok(wanted, `${role}: ${method} ${path} → ${status} ${JSON.stringify(answer)}`)
    }
  }
})

test('whoever does not monitor sees its own vhosts and connections, and totals of those', async (t) => {
  const worlds = await everybody(t)
  const own = await amqplib.connect(`amqp://management:x@${worlds.amqpAddress}`)
  own.on('error', () => {})
  t.after(() => own.close().catch(() => {}))
  await (await own.createChannel()).assertQueue('mine')
  const other = await worlds.amqp(t)
  await other.createChannel()
  const names = async (path: string, as: Role, field: string): Promise<string[]> => {
    return (await worlds.get(path, LOGINS[as])).map((row: Record<string, string>) => row[field])
  }
  assert.deepEqual(await names('/vhosts', 'management', 'name'), ['/'])
  assert.deepEqual(await names('/vhosts', 'monitoring', 'name'), ['/', 'hidden'])
  assert.deepEqual(await names('/connections', 'management', 'user'), ['management'])
  assert.deepEqual((await names('/connections', 'monitoring', 'user')).sort(), ['guest', 'management'])
  assert.deepEqual(await names('/channels', 'management', 'user'), ['management'])
  assert.equal((await names('/channels', 'monitoring', 'user')).length, 2)
  const restricted = await worlds.get('/overview', LOGINS.management)
  const { queues, connections } = restricted.object_totals
  assert.deepEqual({ queues, connections }, { queues: 1, connections: 1 })
  assert.deepEqual(restricted.listeners, [])
  assert.equal(restricted.contexts, undefined)
  assert.ok(restricted.churn_rates.connection_created >= 2)
  assert.equal((await worlds.get('/overview', LOGINS.monitoring)).object_totals.queues, 2)
})

test('a connection is closed by its own user or an administrator', async (t) => {
  const worlds = await everybody(t)
  const connection = await amqplib.connect(`amqp://management:x@${worlds.amqpAddress}`)
  connection.on('error', () => {})
  const [{ name }] = await worlds.get('/connections')
  const path = `/connections/${encodeURIComponent(name)}`
  for (const role of ['monitoring', 'policymaker'] as const) {
    assert.ok((await worlds.ask('DELETE', path, undefined, LOGINS[role])).status >= 400, role)
  }
  assert.equal((await worlds.ask('DELETE', path, undefined, LOGINS.management)).status, 204)
  await until(async () => (await worlds.get('/connections')).length === 0)
})

test('changes name the user who made them in the events', async (t) => {
  const worlds = await everybody(t)
  const channel = await (await worlds.amqp(t)).createChannel()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, 'amq.rabbitmq.event', 'vhost.created')
  const heard = new Promise<Record<string, unknown>>((resolve) => {
    channel.consume(queue, (message) => resolve(message!.properties.headers!))
  })
  await worlds.done('PUT', '/vhosts/new', {}, LOGINS.administrator)
  const { name, user_who_performed_action } = await heard
  assert.deepEqual({ name, user_who_performed_action }, { name: 'new', user_who_performed_action: 'administrator' })
})
