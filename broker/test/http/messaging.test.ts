/** Publishing and receiving by HTTP, with AMQP clients on the other side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BothWorlds, until } from './both-worlds.ts'
import { V1 } from './v1.ts'

test('what is published by HTTP reaches an AMQP consumer as it was meant', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertExchange('shop', 'topic')
  await channel.assertQueue('orders')
  await channel.bindQueue('orders', 'shop', 'orders.#')
  const got = async () => {
    const message = await channel.get('orders', { noAck: true })
    assert.ok(message)
    return message
  }

  const sent = {
    routing_key: 'orders.eu',
    payload: { order: 42 },
    headers: { region: 'eu', tries: 1 },
    properties: { type: 'new' },
  }
  assert.deepEqual(await v1.done('/exchanges/shop/messages', sent), { routed: true })
  const json = await got()
  assert.equal(json.content.toString(), '{"order":42}')
  assert.equal(json.fields.routingKey, 'orders.eu')
  const { contentType, headers, deliveryMode, type } = json.properties
  assert.deepEqual(
    { contentType, headers: { ...headers }, deliveryMode, type },
    {
      contentType: 'application/json',
      headers: { region: 'eu', tries: 1 },
      deliveryMode: 2,
      type: 'new',
    },
  )

  await v1.done('/queues/orders/messages', { payload: 'plain', persistent: false })
  const text = await got()
  assert.deepEqual(
    [text.content.toString(), text.properties.contentType, text.properties.deliveryMode],
    ['plain', undefined, 1],
  )

  await v1.done('/queues/orders/messages', { payload: '/wA=', payload_encoding: 'base64' })
  assert.deepEqual([...(await got()).content], [0xff, 0])

  const raw = await v1.raw('/queues/orders/raw?message_id=7&priority=3', Uint8Array.of(1, 2, 255), {
    'content-type': 'image/png',
  })
  assert.deepEqual(raw, { status: 200, body: { routed: true } })
  const image = await got()
  assert.deepEqual([...image.content], [1, 2, 255])
  const { messageId, priority } = image.properties
  assert.deepEqual([image.properties.contentType, messageId, priority], ['image/png', '7', 3])
})

test('each message of a batch has its result, and what nobody takes is told', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('small', { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } })
  const messages = [
    { routing_key: 'small', payload: 1 },
    { routing_key: 'small', payload: 2 },
    { routing_key: 'nowhere', payload: 3 },
    { routing_key: 'nowhere', payload: 4, mandatory: true },
    { routing_key: 'small', payload: 5, properties: { user_id: 'somebody' } },
    { routing_key: 'small', payload: 6, properties: { expiration: 'soon' } },
  ]
  const { results } = await v1.done('/exchanges/amq.default/messages', { messages })
  const words = results.map((result: { error?: string; routed?: boolean }) => result.error ?? result.routed)
  assert.deepEqual(words, [true, 'refused', false, 'unroutable', 'precondition_failed', 'precondition_failed'])
  const refused = (path: string, body: unknown, status: number, error: string) =>
    v1.post(path, body).then((answer) => assert.deepEqual([answer.status, answer.body.error], [status, error]))
  await refused('/queues/small/messages', { payload: 7 }, 503, 'refused')
  await refused('/queues/none/messages', { payload: 7 }, 404, 'unroutable')
  await refused('/exchanges/none/messages', { payload: 7 }, 404, 'not_found')
  await refused('/exchanges/amq.rabbitmq.trace/messages', { payload: 7 }, 403, 'forbidden')
  await refused('/queues/small/messages', { payload: 7, colour: 'red' }, 400, 'bad_request')
  await refused('/queues/small/messages', { payload: 'é', payload_encoding: 'base64' }, 400, 'bad_request')
  await refused(
    '/exchanges/amq.default/messages',
    { messages: new Array(1001).fill({ payload: 1 }) },
    400,
    'bad_request',
  )
})

test('what is received is acknowledged, rejected or given back', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('dead')
  await channel.assertQueue('q', { deadLetterExchange: '', deadLetterRoutingKey: 'dead' })
  for (const text of ['a', 'b', 'c']) channel.sendToQueue('q', Buffer.from(text), { contentType: 'text/plain' })
  await until(async () => (await channel.checkQueue('q')).messageCount === 3)
  const { messages } = await v1.done('/queues/q/receive', { max: 10 })
  const [a, b, c] = messages
  assert.deepEqual(
    messages.map((one: typeof a) => [one.payload, one.payload_encoding, one.redelivered, one.properties.content_type]),
    [
      ['a', 'string', false, 'text/plain'],
      ['b', 'string', false, 'text/plain'],
      ['c', 'string', false, 'text/plain'],
    ],
  )
  assert.deepEqual(await v1.done('/queues/q/receive', {}), { messages: [] })
  assert.deepEqual(await v1.done('/queues/q/ack', { leases: [a.lease, 'no lease'] }), {
    settled: 1,
    gone: ['no lease'],
  })
  assert.deepEqual(await v1.done('/queues/q/nack', { leases: [b.lease], requeue: false }), { settled: 1, gone: [] })
  assert.deepEqual(await v1.done('/queues/q/nack', { leases: [c.lease] }), { settled: 1, gone: [] })
  assert.deepEqual((await v1.post('/queues/q/ack', { leases: [a.lease, c.lease] })).status, 410)
  const again = await v1.done('/queues/q/receive', { max: 10 })
  assert.deepEqual(
    again.messages.map((one: typeof a) => [one.payload, one.redelivered]),
    [['c', true]],
  )
  const { messages: dead } = await v1.done('/queues/dead/receive', { wait_ms: 60_000 })
  assert.deepEqual(
    dead.map((one: typeof a) => one.payload),
    ['b'],
  )
  assert.equal(dead[0].properties.headers['x-death'][0].reason, 'rejected')
})

test('JSON is given as its text to whoever wants it byte for byte', async (t) => {
  const world = await BothWorlds.open(t)
  await world.done('PUT', '/queues/%2F/q', {})
  await world.done('PUT', '/topics/%2F/visits', { partitions: 1 })
  const v1 = new V1(world)
  const json = '{ "price": 1.0 }'
  await v1.raw('/queues/q/raw', json, { 'content-type': 'application/json' })
  const { messages } = await v1.done('/queues/q/receive', { as_text: true })
  assert.deepEqual([messages[0].payload, messages[0].payload_encoding], [json, 'string'])

  await v1.done('/topics/visits/records', { records: [{ value: json }] })
  const page = await v1.get('/topics/visits/partitions/0/records?as_text=true')
  assert.deepEqual([page.records[0].value, page.records[0].value_encoding], [json, 'string'])
  const reader = await v1.follow('/topics/visits/follow?from=earliest&as_text=true')
  assert.equal((await reader.next())!.data.value, json)
  reader.close()

  const call = v1.done('/queues/q/call', { payload: {}, as_text: true })
  const [request] = (await v1.done('/queues/q/receive', { wait_ms: 20_000 })).messages
  const reply = {
    routing_key: request.properties.reply_to,
    payload: json,
    properties: { content_type: 'application/json' },
  }
  await v1.done('/exchanges/amq.default/messages', reply)
  assert.deepEqual([(await call).payload, (await call).payload_encoding], [json, 'string'])
})

test('a call that waits is woken by a message, and by the end of the queue', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('q', { autoDelete: true })
  const waiting = v1.done('/queues/q/receive', { wait_ms: 60_000 })
  await until(async () => (await channel.checkQueue('q')).consumerCount === 1)
  channel.sendToQueue('q', Buffer.from('hello'))
  assert.equal((await waiting).messages[0].payload, 'hello')
  // The call was no consumer that the queue would end with.
  const next = v1.post('/queues/q/receive', { wait_ms: 60_000 })
  await until(async () => (await channel.checkQueue('q')).consumerCount === 1)
  await channel.deleteQueue('q')
  assert.equal((await next).status, 404)
})

test('what a caller that is gone was given goes back', async (t) => {
  const world = await BothWorlds.open(t)
  const v1 = new V1(world)
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('q')
  for (let round = 0; round < 20; round++) {
    const { tear, sent } = v1.torn('/queues/q/receive', { wait_ms: 60_000, max: 5, lease_ms: 100 })
    await sent
    await until(async () => (await channel.checkQueue('q')).consumerCount === 1)
    // Before, while or after it is answered.
    if (round % 2 === 0) tear()
    channel.sendToQueue('q', Buffer.from(String(round)))
    if (round % 2 === 1) setImmediate(tear)
    await until(async () => (await channel.checkQueue('q')).consumerCount === 0)
    const { messages } = await v1.done('/queues/q/receive', { wait_ms: 60_000, max: 5 })
    if (messages.length > 0)
      await v1.done('/queues/q/ack', { leases: messages.map((one: { lease: string }) => one.lease) })
    assert.deepEqual(
      messages.map((one: { payload: string }) => one.payload),
      [String(round)],
    )
  }
})

test('no tag is needed, but permissions are', async (t) => {
  const world = await BothWorlds.open(t)
  await world.done('PUT', '/users/app', { password: 'secret', tags: '' })
  const v1 = new V1(world, '/vhosts/%2F', 'app:secret')
  const channel = await (await world.amqp(t)).createChannel()
  await channel.assertQueue('mine')
  await channel.assertQueue('theirs')
  const refused = async (path: string, body: unknown, reason: RegExp) => {
    const answer = await v1.post(path, body)
    assert.deepEqual([answer.status, answer.body.error], [403, 'forbidden'])
    assert.match(answer.body.reason, reason)
  }
  await refused('/queues/mine/receive', {}, /access to vhost '\/' refused/)
  await world.done('PUT', '/permissions/%2F/app', { configure: '^$', write: '^amq.topic$', read: '^mine$' })
  assert.deepEqual(await v1.done('/queues/mine/receive', {}), { messages: [] })
  await refused('/queues/theirs/receive', {}, /read access to queue 'theirs'/)
  await refused('/queues/mine/messages', { payload: 1 }, /write access to exchange/)
  assert.deepEqual(await v1.done('/exchanges/amq.topic/messages', { payload: 1, routing_key: 'k' }), { routed: false })
  const wrong = await new V1(world, '/vhosts/%2F', 'app:wrong').post('/queues/mine/receive', {})
  assert.equal(wrong.status, 401)
  assert.equal((await v1.ask('POST', '/../none/queues/mine/receive', {})).status, 404)
})
