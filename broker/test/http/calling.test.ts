/** Request and reply as one HTTP call, answered by AMQP clients and by HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds } from './both-worlds.ts'
import { V1 } from './v1.ts'

test('an AMQP client answers', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('squares')
  await channel.consume('squares', (message) => {
    const { replyTo, correlationId, expiration, contentType } = message!.properties
    assert.deepEqual([contentType, expiration], ['application/json', '60000'])
    const { n } = JSON.parse(message!.content.toString())
    const square = Buffer.from(JSON.stringify({ square: n * n }))
    channel.sendToQueue(replyTo, square, { correlationId, contentType: 'application/json', type: 'square' })
    channel.ack(message!)
  })
  const calls = [1, 2, 3, 4, 5].map((n) => v1.done('/queues/squares/call', { payload: { n }, timeout_ms: 60_000 }))
  const replies = await Promise.all(calls)
  assert.deepEqual(
    replies.map(({ payload, payload_encoding, properties }) => [payload, payload_encoding, properties.type]),
    [1, 4, 9, 16, 25].map((square) => [{ square }, 'json', 'square']),
  )
  assert.equal(new Set(replies.map(({ properties }) => properties.correlation_id)).size, 5)
  const own = { payload: { n: 6 }, timeout_ms: 60_000, routing_key: 'squares', properties: { correlation_id: 'mine' } }
  assert.equal((await v1.done('/exchanges/amq.default/call', own)).properties.correlation_id, 'mine')
})

test('a program that only has HTTP answers', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('questions')
  const asked = v1.done('/queues/questions/call', { payload: 'why?', timeout_ms: 60_000 })
  const { messages } = await v1.done('/queues/questions/receive', { wait_ms: 60_000 })
  const { reply_to, correlation_id } = messages[0].properties
  await v1.done('/exchanges/amq.default/messages', {
    routing_key: reply_to,
    payload: 'because',
    properties: { correlation_id },
  })
  assert.equal((await asked).payload, 'because')
})

test('an AMQP client that waits for direct replies is answered by HTTP', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('questions')
  const reply = new Promise<string>((resolve) => {
    channel.consume('amq.rabbitmq.reply-to', (message) => resolve(message!.content.toString()), { noAck: true })
  })
  channel.sendToQueue('questions', Buffer.from('who?'), { replyTo: 'amq.rabbitmq.reply-to' })
  const { messages } = await v1.done('/queues/questions/receive', { wait_ms: 60_000 })
  const { reply_to: routing_key } = messages[0].properties
  const answer = { routing_key, payload: 'me', mandatory: true }
  assert.deepEqual(await v1.done('/exchanges/amq.default/messages', answer), { routed: true })
  assert.equal(await reply, 'me')
})

test('without a reply in time the answer is 504, and the request is gone', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('silence')
  const { status, body } = await v1.post('/queues/silence/call', { payload: 'anybody?', timeout_ms: 50 })
  assert.deepEqual([status, body], [504, { error: 'timeout', reason: 'no reply within 50 ms' }])
  const late = await v1.done('/queues/silence/receive', {})
  assert.deepEqual(late, { messages: [] })
})

test('where nobody can answer, the caller is told at once', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const none = await v1.post('/queues/none/call', { payload: 1, timeout_ms: 60_000 })
  assert.deepEqual([none.status, none.body.error], [404, 'unroutable'])
  const unbound = await v1.post('/exchanges/amq.topic/call', { payload: 1, timeout_ms: 60_000 })
  assert.deepEqual([unbound.status, unbound.body.error], [404, 'unroutable'])
  const long = await v1.post('/queues/none/call', { payload: 1, timeout_ms: 60_001 })
  assert.equal(long.status, 400)
})
