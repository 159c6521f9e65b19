// Policies among a broker's definitions: operator policies are parameters there, as RabbitMQ exports them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionsTarget } from '../../src/broker/broker-definitions.ts'
import { exportDefinitions } from '../../src/broker/definitions/export.ts'
import { importDefinitions } from '../../src/broker/definitions/import.ts'
import { World } from '../queue/harness.ts'

const policies = [
  { vhost: '/', name: 'p', pattern: '^q', 'apply-to': 'queues', priority: 3, definition: { 'max-length': 5 } },
]
const value = { pattern: '', 'apply-to': 'all', priority: 0, definition: { 'message-ttl': 9 } }
const parameters = [{ vhost: '/', component: 'operator_policy', name: 'op', value }]

test('both kinds are imported before the queues, apply, and are exported as they came', async () => {
  const world = await World.open()
  const target = definitionsTarget(world.broker)
  const queues = [{ vhost: '/', name: 'q', arguments: {} }]
  const report = importDefinitions(JSON.stringify({ policies, parameters, queues }), target)
  assert.deepEqual([report.applied, report.skipped], [3, []])
  const { maxLength, messageTtlMs } = world.vhost.queue('q', null).settings
  assert.deepEqual([maxLength, messageTtlMs], [5, 9])
  const exported = JSON.parse(exportDefinitions(target, '4.0.0'))
  assert.deepEqual(exported.policies, policies)
  assert.deepEqual(exported.parameters, parameters)
})

test('one that makes no sense is left out, with its reason', async () => {
  const world = await World.open()
  const wrong = [{ ...policies[0], definition: { 'federation-upstream-set': 'all' } }]
  const wrongValue = { ...value, definition: { 'dead-letter-exchange': 'x' } }
  const file = { policies: wrong, parameters: [{ ...parameters[0], value: wrongValue }] }
  const { skipped } = importDefinitions(JSON.stringify(file), definitionsTarget(world.broker))
  assert.deepEqual(skipped, [
    `policy 'p' in vhost '/' (policies[0]): [{<<"federation-upstream-set">>,<<"all">>}] are not recognised policy settings`,
    `parameter 'op' of component 'operator_policy' in vhost '/' (parameters[0]): [{<<"dead-letter-exchange">>,<<"x">>}] are not recognised policy settings`,
  ])
  assert.deepEqual(world.vhost.policies.list('policy'), [])
})
