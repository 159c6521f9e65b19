/** What is published by HTTP goes the same way as what channels publish: keys, delays, traces, counters, permissions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds, until } from './both-worlds.ts'
import { V1 } from './v1.ts'

async function opened(t: Parameters<typeof BothWorlds.open>[0]) {
  const world = await BothWorlds.open(t)
  const channel = await (await world.amqp(t)).createChannel()
  return { world, v1: new V1(world), channel }
}

test('CC and BCC name further keys, and BCC is not seen', async (t) => {
  const { v1, channel } = await opened(t)
  for (const queue of ['a', 'b', 'c']) await channel.assertQueue(queue)
  await v1.done('/queues/a/messages', { payload: 'x', headers: { CC: ['b'], BCC: ['c'] } })
  for (const queue of ['a', 'b', 'c']) {
    const message = await channel.get(queue, { noAck: true })
    assert.ok(message)
    assert.deepEqual({ ...message.properties.headers }, { CC: ['b'] })
  }
  const wrong = await v1.post('/queues/a/messages', { payload: 'x', headers: { CC: 'b' } })
  assert.deepEqual([wrong.status, wrong.body.error], [400, 'bad_request'])
})

test('delays, priorities and times to live hold', async (t) => {
  const { v1, channel } = await opened(t)
  await channel.assertExchange('later', 'x-delayed-message', { arguments: { 'x-delayed-type': 'fanout' } })
  await channel.assertQueue('q', { maxPriority: 5 })
  await channel.bindQueue('q', 'later', '')
  await v1.done('/exchanges/later/messages', { payload: 'later', headers: { 'x-delay': 2000 } })
  await v1.done('/queues/q/messages', { payload: 'low', properties: { priority: 1 } })
  await v1.done('/queues/q/messages', { payload: 'high', properties: { priority: 4 } })
  await v1.done('/queues/q/messages', { payload: 'never', properties: { expiration: '0' } })
  const payloads = async () =>
    (await v1.done('/queues/q/receive', { max: 10, wait_ms: 60_000 })).messages.map(
      (one: { payload: string }) => one.payload,
    )
  assert.deepEqual(await payloads(), ['high', 'low'])
  assert.deepEqual(await payloads(), ['later'])
})

test('the firehose sees what is published and received', async (t) => {
  const { world, v1, channel } = await opened(t)
  await channel.assertQueue('q')
  await channel.assertQueue('copies')
  await channel.bindQueue('copies', 'amq.rabbitmq.trace', '#')
  await world.done('PUT', '/vhosts/%2F', { tracing: true })
  await v1.done('/queues/q/messages', { payload: { n: 1 }, properties: { message_id: 'm' } })
  await v1.done('/queues/q/receive', {})
  await until(async () => (await channel.checkQueue('copies')).messageCount === 2)
  const copies = [await channel.get('copies'), await channel.get('copies')].map((copy) => {
    assert.ok(copy)
    const { user, routed_queues, properties, channel: number } = copy.properties.headers!
    return [copy.fields.routingKey, copy.content.toString(), user, number, routed_queues, properties.message_id]
  })
  assert.deepEqual(copies, [
    ['publish.', '{"n":1}', 'guest', 0, ['q'], 'm'],
    ['deliver.q', '{"n":1}', 'guest', 0, undefined, 'm'],
  ])
})

test('messages for topics become records, and topic permissions hold', async (t) => {
  const { world, v1, channel } = await opened(t)
  await world.done('PUT', '/topics/%2F/visits', { partitions: 1 })
  assert.deepEqual(await v1.done('/exchanges/visits/messages', { routing_key: 'anna', payload: { page: '/' } }), {
    routed: true,
  })
  const { records } = await v1.get('/topics/visits/partitions/0/records?wait_ms=60000')
  assert.deepEqual([records[0].key, records[0].value], ['anna', { page: '/' }])

  await channel.assertExchange('news', 'topic')
  await world.done('PUT', '/topic-permissions/%2F/guest', { exchange: 'news', write: '^mine\\.', read: '' })
  assert.equal((await v1.post('/exchanges/news/messages', { routing_key: 'mine.x', payload: 1 })).status, 200)
  const theirs = await v1.post('/exchanges/news/messages', { routing_key: 'theirs.x', payload: 1 })
  assert.deepEqual([theirs.status, theirs.body.error], [403, 'forbidden'])
  const inBatch = await v1.done('/exchanges/news/messages', { messages: [{ routing_key: 'theirs.x', payload: 1 }] })
  assert.equal(inBatch.results[0].error, 'forbidden')
})
