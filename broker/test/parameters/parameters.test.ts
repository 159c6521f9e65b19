// Parameters and what is kept of vhosts: set, listed, refused, there after a start.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noHeaders } from '../../src/broker/routing/headers.ts'
import { World } from '../amqp/session-harness.ts'

const limits = { vhost: '/', component: 'vhost-limits', name: 'limits' }

test('parameters are put, replaced, listed and cleared', async () => {
  const { broker } = await World.open()
  const { parameters } = broker
  broker.declareVhost('v')
  parameters.put({ ...limits, value: { 'max-queues': 1 } })
  parameters.put({ ...limits, value: { 'max-queues': 2 } })
  parameters.put({ ...limits, vhost: 'v', value: {} })
  assert.deepEqual(parameters.get('/', 'vhost-limits', 'limits'), { 'max-queues': 2 })
  assert.deepEqual([...parameters.list('/')], [{ ...limits, value: { 'max-queues': 2 } }])
  assert.equal([...parameters.list()].length, 2)
  assert.deepEqual([...parameters.list(undefined, 'shovel')], [])
  assert.equal(parameters.clear('/', 'vhost-limits', 'limits'), true)
  assert.equal(parameters.clear('/', 'vhost-limits', 'limits'), false)
  assert.equal(parameters.get('/', 'vhost-limits', 'limits'), undefined)
  parameters.putGlobal('g', [1, { a: null }])
  parameters.putGlobal('g', 'b')
  assert.deepEqual([...parameters.globals()], [{ name: 'g', value: 'b' }])
  assert.equal(parameters.clearGlobal('g'), true)
  assert.equal(parameters.clearGlobal('g'), false)
})

test('what makes no sense is refused in RabbitMQ’s words, and changes nothing', async () => {
  const { broker } = await World.open()
  const put =
    (name: string, value: unknown, component = 'vhost-limits') =>
    () =>
      broker.parameters.put({ vhost: '/', component, name, value })
  const refusal = (message: string) => ({ name: 'Refusal', code: 'precondition-failed', message })
  assert.throws(put('x', {}, 'shovel'), refusal('component shovel not found'))
  assert.throws(put('limits', { 'max-foo': 1 }), refusal('Unrecognised terms [{<<"max-foo">>,1}] in limits'))
  assert.throws(put('limits', { 'max-queues': 'x' }), refusal('max-queues should be a number, actually was <<"x">>'))
  assert.throws(put('limits', [1]), refusal('limits should be an object, actually was [1]'))
  assert.throws(put('other', {}), /knows the parameter 'limits' only/)
  assert.deepEqual([...broker.parameters.list()], [])
})

test('parameters, limits and what was said of a vhost are there after a start', async () => {
  const world = await World.open()
  const { broker } = world
  broker.declareVhost('v', { description: 'd', tags: ['a'], defaultQueueType: 'quorum' })
  broker.vhost('v').setTracing(true)
  broker.updateVhost('v', { description: 'e' })
  broker.declareVhost('gone')
  broker.parameters.put({ ...limits, value: { 'max-queues': 0 } })
  broker.parameters.put({ ...limits, vhost: 'gone', value: { 'max-queues': 0 } })
  broker.parameters.putGlobal('g', { a: 1 })
  broker.access.setUserLimits('guest', { 'max-channels': 7 })
  broker.deleteVhost('gone')
  await world.settle()
  const again = (await World.open({ disk: world.disk })).broker
  const { description, tags, defaultQueueType, tracing } = again.vhost('v')
  assert.deepEqual([description, tags, defaultQueueType, tracing], ['e', ['a'], 'quorum', true])
  assert.equal(again.vhosts.has('gone'), false)
  assert.deepEqual([...again.parameters.list()], [{ ...limits, value: { 'max-queues': 0 } }])
  assert.deepEqual([...again.parameters.globals()], [{ name: 'g', value: { a: 1 } }])
  const queue = { name: 'q', durable: true, autoDelete: false, exclusiveTo: null, arguments: noHeaders }
  assert.throws(() => again.vhost('/').declareQueue(queue, null), /queue limit in vhost '\/' \(0\) is reached/)
})

test('a queue that names no type gets that of its vhost, if it could be of that type', async () => {
  const { broker } = await World.open()
  const vhost = broker.declareVhost('v', { description: '', tags: [], defaultQueueType: 'quorum' })
  const options = { durable: true, autoDelete: false, exclusiveTo: null, arguments: noHeaders }
  const typeOf = (name: string, more: object = {}) =>
    vhost.declareQueue({ ...options, name, ...more }, null).arguments['x-queue-type']
  assert.equal(typeOf('plain'), 'quorum')
  assert.equal(typeOf('plain'), 'quorum')
  assert.equal(typeOf('named', { arguments: { 'x-queue-type': 'classic' } }), 'classic')
  assert.equal(typeOf('transient', { durable: false }), undefined)
  assert.equal(typeOf('passing', { autoDelete: true }), undefined)
  assert.equal(vhost.declareUnnamedQueue(options).arguments['x-queue-type'], 'quorum')
})
