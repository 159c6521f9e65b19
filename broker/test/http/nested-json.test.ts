/** JSON that is nested deeper than it can be written again: nobody who reads such messages fails at it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNestedDeeper } from '../../src/http/json-depth.ts'
import { BothWorlds } from './both-worlds.ts'
import { V1 } from './v1.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

test('a message that is nested too deep comes as text', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createConfirmChannel()
  await channel.assertQueue('q')
  const text = nested(100_000)
  for (let i = 0; i < 2; i++) channel.sendToQueue('q', Buffer.from(text), { contentType: 'application/json' })
  await channel.waitForConfirms()
  const { messages } = await v1.done('/queues/q/receive', {})
  assert.deepEqual([messages[0].payload_encoding, messages[0].payload === text], ['string', true])
  const events = await v1.follow('/queues/q/follow')
  const { data } = (await events.next())!
  assert.deepEqual([data.payload_encoding, data.payload === text], ['string', true])
  events.close()
  const producer = world.kafka().producer()
  await producer.connect()
  await producer.send({ topic: 'visits', messages: [{ value: text }] })
  await producer.disconnect()
  const { records } = await v1.get('/topics/visits/partitions/0/records')
  assert.deepEqual([records[0].value_encoding, records[0].value === text], ['string', true])
})

test('only brackets outside of strings count', () => {
  assert.equal(isNestedDeeper(nested(1000), 1000), false)
  assert.equal(isNestedDeeper(nested(1001), 1000), true)
  assert.equal(isNestedDeeper(`[${'{"a":[]},'.repeat(5000)}1]`, 1000), false)
  const strings = [nested(5000), '\\', '"', '\\"'.repeat(3)].map((text) => text + '['.repeat(2000))
  assert.equal(isNestedDeeper(JSON.stringify(strings), 1000), false)
  assert.equal(isNestedDeeper(`["\\\\",${nested(2000)}]`, 1000), true)
})
