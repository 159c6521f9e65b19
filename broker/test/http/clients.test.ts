// Connections, channels and consumers as the management API shows them: what they do is seen there, and closing one is
// felt by its client.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import amqplib from 'amqplib'
import { BothWorlds, until } from './both-worlds.ts'

test('a channel shows its mode, its messages and what of them is open', async (t) => {
  const worlds = await BothWorlds.open(t)
  const connection = await worlds.amqp(t)
  const plain = await connection.createChannel()
  await plain.assertQueue('q')
  await plain.prefetch(10)
  for (let i = 0; i < 5; i++) plain.sendToQueue('q', Buffer.from('m'))
  plain.publish('amq.direct', 'nowhere', Buffer.from('m'))
  plain.publish('amq.direct', 'nowhere', Buffer.from('m'), { mandatory: true })
  const returned = new Promise((resolve) => plain.once('return', resolve))
  await returned
  const got = await plain.get('q', { noAck: true })
  assert.ok(got)
  const seen: import('amqplib').ConsumeMessage[] = []
  const { consumerTag } = await plain.consume('q', (message) => seen.push(message!))
  await until(() => seen.length === 4)
  plain.ack(seen[0])
  plain.ack(seen[1])
  await plain.checkQueue('q')
  const [row] = await worlds.get('/channels')
  assert.equal(row.prefetch_count, 10)
  assert.equal(row.confirm, false)
  assert.equal(row.consumer_count, 1)
  assert.equal(row.messages_unacknowledged, 2)
  const { publish, drop_unroutable, return_unroutable, get_no_ack, deliver, ack, deliver_get } = row.message_stats
  assert.deepEqual(
    { publish, drop_unroutable, return_unroutable, get_no_ack, deliver, ack, deliver_get },
    { publish: 7, drop_unroutable: 1, return_unroutable: 1, get_no_ack: 1, deliver: 4, ack: 2, deliver_get: 5 },
  )
  const [consumer] = await worlds.get('/consumers/%2F')
  assert.equal(consumer.consumer_tag, consumerTag)
  assert.deepEqual(consumer.queue, { name: 'q', vhost: '/' })
  assert.equal(consumer.channel_details.name, row.name)

  const confirming = await connection.createConfirmChannel()
  confirming.sendToQueue('q', Buffer.from('m'))
  await confirming.waitForConfirms()
  const rows = await worlds.get('/channels?sort=number&sort_reverse=true')
  assert.equal(rows[0].number, 2)
  assert.equal(rows[0].confirm, true)
  assert.equal(rows[0].message_stats.confirm, 1)
  assert.equal(rows[0].messages_unconfirmed, 0)
  const whole = await worlds.get(`/channels/${encodeURIComponent(row.name)}`)
  assert.equal(whole.consumer_details.length, 1)
  await plain.close()
  assert.equal((await worlds.ask('GET', `/channels/${encodeURIComponent(row.name)}`)).status, 404)
  assert.deepEqual(await worlds.get('/consumers'), [])
})

test('only one of two consumers of a queue with a single active one is active', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createChannel()
  await channel.assertQueue('one', { arguments: { 'x-single-active-consumer': true } })
  await channel.consume('one', () => {}, { consumerTag: 'a' })
  await channel.consume('one', () => {}, { consumerTag: 'b' })
  const rows = await worlds.get('/consumers?sort=consumer_tag')
  assert.deepEqual(
    rows.map((row: { active: boolean; activity_status: string }) => [row.active, row.activity_status]),
    [
      [true, 'single_active'],
      [false, 'waiting'],
    ],
  )
})

test('a connection that is closed over HTTP hears why, and is gone', async (t) => {
  const worlds = await BothWorlds.open(t)
  const connection = await worlds.amqp(t, 'mine')
  const closed = new Promise<Error>((resolve) => connection.on('close', resolve as never))
  const [row] = await worlds.get('/connections')
  assert.equal(row.user_provided_name, 'mine')
  assert.equal(row.state, 'running')
  assert.ok(row.recv_oct > 0 && row.send_oct > 0 && row.recv_cnt > 0)
  const path = `/connections/${encodeURIComponent(row.name)}`
  const response = await fetch(`http://${worlds.http}/api${path}`, {
    method: 'DELETE',
    headers: { authorization: `Basic ${btoa('guest:guest')}`, 'x-reason': 'spring cleaning' },
  })
  assert.equal(response.status, 204)
  assert.match(String(await closed), /spring cleaning/)
  await until(async () => (await worlds.get('/connections')).length === 0)
  assert.equal((await worlds.ask('DELETE', path)).status, 404)
})

test('all connections of a user can be closed at once', async (t) => {
  const worlds = await BothWorlds.open(t)
  for (let i = 0; i < 3; i++) await worlds.amqp(t)
  assert.equal((await worlds.get('/connections/username/guest')).length, 3)
  await worlds.done('DELETE', '/connections/username/guest')
  await until(async () => (await worlds.get('/connections')).length === 0)
})

test('connections of Kafka clients are listed too, and have no channels', async (t) => {
  const worlds = await BothWorlds.open(t)
  const admin = worlds.kafka('lister').admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  await admin.listTopics()
  const [row] = await worlds.get('/connections')
  assert.match(row.protocol, /^Kafka/)
  assert.equal(row.channels, 0)
  assert.ok(row.recv_oct > 0)
  assert.deepEqual(await worlds.get(`/connections/${encodeURIComponent(row.name)}/channels`), [])
})

test('a page of connections has the rows of that page', async (t) => {
  const worlds = await BothWorlds.open(t)
  for (let i = 0; i < 5; i++) await worlds.amqp(t)
  const page = await worlds.get('/connections?page=2&page_size=2&sort=connected_at')
  const { total_count, item_count, page_count } = page
  assert.deepEqual({ total_count, item_count, page_count }, { total_count: 5, item_count: 2, page_count: 3 })
})

test('what clients say of themselves is shown, whatever its types', async (t) => {
  const worlds = await BothWorlds.open(t)
  const clientProperties = {
    bytes: Buffer.from('abc'),
    big: { '!': 'int64', value: 9007199254740993n },
    list: [1, 'a'],
  }
  const connection = await amqplib.connect(`amqp://guest:guest@${worlds.amqpAddress}`, { clientProperties })
  t.after(() => connection.close().catch(() => {}))
  const { bytes, big, list } = (await worlds.get('/connections'))[0].client_properties
  assert.equal(typeof big, 'number')
  assert.deepEqual({ bytes, list }, { bytes: 'abc', list: [1, 'a'] })
  const channel = await connection.createChannel()
  await channel.assertQueue('q')
  await channel.consume('q', () => {}, { arguments: { 'x-priority': 5, bytes: Buffer.from('abc') } })
  assert.deepEqual((await worlds.get('/consumers'))[0].arguments, { 'x-priority': 5, bytes: 'abc' })
})

test('connections are found by what their clients call themselves, of both protocols', async (t) => {
  const worlds = await BothWorlds.open(t)
  await worlds.amqp(t, 'Billing 1')
  await worlds.amqp(t, 'shipping')
  await worlds.amqp(t)
  const producer = worlds.kafka('billing-kafka').producer()
  await producer.connect()
  t.after(() => producer.disconnect())
  const found = async (query: string): Promise<unknown[]> => {
    const { items, total_count } = await worlds.get(`/connections?page=1&${query}`)
    assert.equal(total_count, 4)
    return items.map(({ user_provided_name: name }: { user_provided_name?: string }) => name).sort()
  }
  assert.deepEqual(await found('search=billing'), ['Billing 1', 'billing-kafka'])
  assert.deepEqual(await found('search=%5Ebilling%20%5Cd&use_regex=true'), ['Billing 1'])
  assert.equal((await found('search=127.0.0.1')).length, 4)
  // As RabbitMQ: the name is that of the addresses.
  assert.deepEqual(await found('name=billing'), [])
  assert.equal((await found('name=127.0.0.1')).length, 4)
  await worlds.done('PUT', '/queues/%2F/q', {})
  assert.equal((await worlds.get('/queues?page=1&search=Q')).items.length, 1)
})
