// Definitions of a whole broker: out of one and into another.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionsTarget } from '../../src/broker/broker-definitions.ts'
import { exportDefinitions } from '../../src/broker/definitions/export.ts'
import { importDefinitions } from '../../src/broker/definitions/import.ts'
import { World } from '../amqp/session-harness.ts'

const limits = {
  vhost: 'v',
  component: 'vhost-limits',
  name: 'limits',
  value: { 'max-connections': 4, 'max-queues': -1 },
}
const operator = { pattern: '^jobs', 'apply-to': 'queues', priority: 0, definition: { 'max-length': 9 } }
const file = JSON.stringify({
  users: [{ name: 'u', password_hash: '', tags: ['monitoring'], limits: { 'max-channels': 2 } }],
  vhosts: [{ name: 'v', description: 'd', tags: ['t'], default_queue_type: 'quorum', tracing: true }],
  permissions: [{ user: 'u', vhost: 'v', configure: '', write: 'w', read: 'r' }],
  topic_permissions: [{ user: 'u', vhost: 'v', exchange: 'amq.topic', write: 'w', read: 'r' }],
  parameters: [limits, { vhost: 'v', component: 'operator_policy', name: 'o', value: operator }],
  global_parameters: [{ name: 'cluster_tags', value: { a: ['b'] } }],
  policies: [{ vhost: 'v', name: 'p', pattern: '', definition: { 'message-ttl': 5 } }],
  queues: [
    { vhost: 'v', name: 'jobs', durable: true },
    { vhost: 'v', name: 'old', durable: true, arguments: { 'x-queue-type': 'classic' } },
  ],
  exchanges: [{ vhost: 'v', name: 'x', type: 'topic' }],
  bindings: [
    { vhost: 'v', source: 'amq.rabbitmq.trace', destination: 'jobs', destination_type: 'queue', routing_key: '#' },
  ],
})

test('all of it comes over, and over again to the same', async () => {
  const first = (await World.open()).broker
  assert.deepEqual(importDefinitions(file, definitionsTarget(first)).skipped, [])
  const vhost = first.vhost('v')
  assert.deepEqual(vhost.limits, limits.value)
  assert.deepEqual([vhost.tracing, vhost.defaultQueueType], [true, 'quorum'])
  assert.deepEqual(first.access.user('u')?.limits, { 'max-channels': 2 })
  const { type, maxLength, messageTtlMs } = vhost.queue('jobs', null).settings
  assert.deepEqual([type, maxLength, messageTtlMs], ['quorum', 9, 5])
  assert.equal(vhost.queue('old', null).settings.type, 'classic')

  const exported = exportDefinitions(definitionsTarget(first), '4.0.0')
  const second = (await World.open()).broker
  assert.deepEqual(importDefinitions(exported, definitionsTarget(second)).skipped, [])
  assert.equal(exportDefinitions(definitionsTarget(second), '4.0.0'), exported)
})

test('what a file does not say of a vhost stays as it was', async () => {
  const { broker } = await World.open()
  importDefinitions(file, definitionsTarget(broker))
  importDefinitions('{"vhosts":[{"name":"v","description":"new"}]}', definitionsTarget(broker))
  const { description, tags, tracing, defaultQueueType, limits: kept } = broker.vhost('v')
  assert.deepEqual([description, tags, tracing, defaultQueueType, kept], ['new', ['t'], true, 'quorum', limits.value])
})
