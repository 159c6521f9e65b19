/** Publishers by HTTP keep to the pace of the log, and are turned away while an alarm is set. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpContext } from '../../src/http/context.ts'
import { admitted } from '../../src/http/messaging/publishing.ts'
import { World } from '../amqp/session-harness.ts'
import { BothWorlds, until } from './both-worlds.ts'
import { V1 } from './v1.ts'

test('while the log lags publishers wait, and an alarm turns them away', async () => {
  const world = await World.open({ tailBytesMax: 1 << 20 })
  const { broker, disk } = world
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q', durable: true })
  await admitted({ broker } as HttpContext)
  disk.writes.shut()
  const body = new Uint8Array(100_000)
  for (let i = 0; i < 200 && !broker.engine.lagging; i++) {
    peer.publish('q', body, { properties: { deliveryMode: 2 } })
    await world.settle()
  }
  assert.ok(broker.engine.lagging)
  const fates: string[] = []
  const wait = (name: string) =>
    admitted({ broker } as HttpContext).then(
      () => fates.push(`${name} may`),
      (error: Error) => fates.push(`${name}: ${error.message}`),
    )
  void wait('first')
  await world.pass(500)
  assert.deepEqual(fates, [])
  broker.alarms.change('memory', true)
  await world.pass(500)
  assert.deepEqual(fates, ['first: publishers are blocked: the broker is low on memory'])
  broker.alarms.change('memory', false)
  void wait('second')
  await world.pass(500)
  assert.equal(fates.length, 1)
  disk.writes.open()
  await world.pass(2000)
  assert.equal(fates[1], 'second may')
})

test('an alarm turns away what any way of publishing brings', async (t) => {
  const world = await BothWorlds.open(t, { vmMemoryHighWatermark: '1MB' })
  await world.done('PUT', '/queues/%2F/q', {})
  await world.done('PUT', '/topics/%2F/t', { partitions: 1 })
  await until(async () => (await world.get('/nodes'))[0].mem_alarm)
  const v1 = new V1(world)
  const message = { routing_key: 'q', payload: 'x', payload_encoding: 'string', properties: {} }
  for (const answer of [
    await v1.post('/queues/q/messages', { payload: 'x' }),
    await v1.post('/queues/q/messages', { messages: [{ payload: 'x' }] }),
    await v1.raw('/queues/q/raw', 'x', {}),
    await v1.post('/queues/q/call', { payload: 'x' }),
    await v1.post('/topics/t/records', { records: [{ value: 'x' }] }),
    await world.ask('POST', '/exchanges/%2F/amq.default/publish', message),
    await world.ask('POST', '/topics/%2F/t/publish', { value: 'x' }),
    await world.ask('POST', '/topics/%2F/t/replay', { queue: 'q' }),
  ]) {
    assert.deepEqual([answer.status, answer.body.error], [503, 'blocked'])
  }
  assert.deepEqual(await v1.post('/queues/q/receive', {}), { status: 200, body: { messages: [] } })
})
