/** Queues over HTTP: made, shown, changed and deleted; what RabbitMQ's clients read in their rows. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConsumeMessage } from 'amqplib'
import { BothWorlds } from './both-worlds.ts'

const Q = '/queues/%2F'

describe('queues', () => {
  test('are made once, and refused as something else', async (t) => {
    const world = await BothWorlds.open(t)
    const body = { durable: true, arguments: { 'x-max-length': 10 } }
    assert.equal((await world.ask('PUT', `${Q}/jobs`, body)).status, 201)
    assert.equal((await world.ask('PUT', `${Q}/jobs`, body)).status, 204)
    const other = await world.ask('PUT', `${Q}/jobs`, { durable: true })
    assert.deepEqual([other.status, other.body.error], [400, 'bad_request'])
    assert.match(
      other.body.reason,
      /^inequivalent arg 'x-max-length' for queue 'jobs' in vhost '\/': received none but/,
    )
    assert.equal(
      (await world.ask('PUT', `${Q}/texts`, { durable: 'true', auto_delete: 'false', arguments: [] })).status,
      201,
    )
    assert.equal((await world.get(`${Q}/texts`)).durable, true)
    assert.equal((await world.ask('PUT', `${Q}/empty`)).status, 201)
    assert.equal((await world.get(`${Q}/empty`)).durable, false)
    assert.equal((await world.ask('PUT', `${Q}/x`, { durable: 'x' })).status, 400)
    assert.equal((await world.ask('PUT', `${Q}/amq.x`, {})).body.error, 'not_authorised')
    assert.equal((await world.ask('PUT', '/queues/none/x', {})).body.reason, 'vhost_not_found')
    assert.deepEqual((await world.ask('GET', `${Q}/none`)).body, { error: 'Object Not Found', reason: 'Not Found' })
  })

  test('have the fields that clients read', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', `${Q}/classic`, { durable: true })
    await world.done('PUT', `${Q}/quorum`, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    await world.done('PUT', `${Q}/stream`, { durable: true, arguments: { 'x-queue-type': 'stream' } })
    const amqp = await world.amqp(t)
    const channel = await amqp.createConfirmChannel()
    for (const queue of ['classic', 'quorum', 'stream']) {
      channel.sendToQueue(queue, Buffer.from('hello'), { persistent: true, timestamp: 1_700_000_000 })
    }
    await channel.waitForConfirms()
    await channel.prefetch(1)
    await channel.consume('classic', () => {}, { consumerTag: 'holder' })
    const classic = await world.get(`${Q}/classic`)
    assert.equal(classic.type, 'classic')
    assert.equal(classic.messages, 1)
    assert.equal(classic.messages_unacknowledged, 1)
    assert.equal(classic.message_bytes, 5)
    assert.equal(classic.message_bytes_unacknowledged, 5)
    assert.equal(classic.consumers, 1)
    assert.equal(classic.message_stats.publish, 1)
    assert.equal(classic.message_stats.deliver_get, 1)
    assert.deepEqual(classic.message_stats.publish_details, { rate: 0 })
    assert.equal(classic.consumer_details[0].consumer_tag, 'holder')
    assert.deepEqual(classic.consumer_details[0].queue, { name: 'classic', vhost: '/' })
    assert.deepEqual([classic.incoming, classic.deliveries], [[], []])
    const quorum = await world.get(`${Q}/quorum`)
    assert.equal(quorum.delivery_limit, 20)
    assert.deepEqual(quorum.members, [quorum.leader])
    assert.deepEqual(quorum.online, [quorum.leader])
    assert.equal(quorum.head_message_timestamp, 1_700_000_000)
    assert.equal('message_stats' in (await world.get(`${Q}/quorum`)), true)
    const stream = await world.get(`${Q}/stream`)
    assert.equal(stream.type, 'stream')
    assert.equal(stream.messages, 1)
    assert.deepEqual(stream.members, [stream.leader])
    for (const row of await world.get(Q)) {
      for (const field of ['name', 'vhost', 'type', 'node', 'state', 'policy', 'operator_policy', 'memory']) {
        assert.ok(field in row, `${row.name} has no ${field}`)
      }
      for (const field of ['messages', 'messages_ready', 'messages_unacknowledged']) {
        assert.equal(typeof row[field], 'number')
        assert.equal(typeof row[`${field}_details`].rate, 'number')
      }
      assert.equal(typeof row.durable, 'boolean')
      assert.deepEqual(row.effective_policy_definition, {})
    }
    await world.done('PUT', `${Q}/unused`, {})
    assert.equal('message_stats' in (await world.get(`${Q}/unused`)), false)
  })

  test('without statistics, with their past, with some columns', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', `${Q}/jobs`, { durable: true })
    await world.done('POST', '/exchanges/%2F/amq.default/publish', {
      properties: {},
      routing_key: 'jobs',
      payload: 'x',
      payload_encoding: 'string',
    })
    const [bare] = await world.get(`${Q}?disable_stats=true`)
    assert.deepEqual(Object.keys(bare).sort(), [
      'arguments',
      'auto_delete',
      'durable',
      'exclusive',
      'name',
      'node',
      'state',
      'type',
      'vhost',
    ])
    const [counted] = await world.get(`${Q}?disable_stats=true&enable_queue_totals=true`)
    assert.equal(counted.messages, 1)
    assert.equal('message_stats' in counted, false)
    assert.deepEqual(await world.get(`${Q}/jobs?columns=name,message_stats.publish`), {
      name: 'jobs',
      message_stats: { publish: 1 },
    })
    const past = await world.get(`${Q}/jobs?lengths_age=60&lengths_incr=5&msg_rates_age=60&msg_rates_incr=5`)
    assert.ok(Array.isArray(past.messages_details.samples))
    assert.ok(past.messages_details.samples.length >= 1)
    assert.equal(typeof past.message_stats.publish_details.avg_rate, 'number')
  })

  test('are emptied and deleted as their users wish', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', `${Q}/jobs`, { durable: true })
    const channel = await (await world.amqp(t)).createConfirmChannel()
    channel.sendToQueue('jobs', Buffer.from('x'))
    await channel.waitForConfirms()
    assert.deepEqual(await world.ask('DELETE', `${Q}/jobs?if-empty=true`), {
      status: 400,
      body: { error: 'bad_request', reason: "queue 'jobs' in vhost '/' not empty" },
    })
    assert.equal((await world.ask('DELETE', `${Q}/jobs/contents`)).status, 204)
    assert.equal((await world.get(`${Q}/jobs`)).messages, 0)
    await channel.consume('jobs', () => {})
    assert.equal((await world.ask('DELETE', `${Q}/jobs?if-unused=true`)).status, 400)
    assert.equal((await world.ask('DELETE', `${Q}/jobs`)).status, 204)
    assert.equal((await world.ask('DELETE', `${Q}/jobs`)).status, 404)
  })

  test('are paused, resumed and altered in place', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', `${Q}/jobs`, { durable: true, arguments: { 'x-max-length': 1 } })
    await world.done('PUT', `${Q}/jobs/pause`)
    assert.equal((await world.get(`${Q}/jobs`)).paused, true)
    const channel = await (await world.amqp(t)).createConfirmChannel()
    channel.sendToQueue('jobs', Buffer.from('x'))
    await channel.waitForConfirms()
    assert.equal(await channel.get('jobs'), false)
    await world.done('PUT', `${Q}/jobs/resume`)
    const got = await channel.get('jobs')
    assert.ok(got !== false)
    await world.done('PATCH', `${Q}/jobs`, { arguments: { 'x-max-length': null, 'x-message-ttl': 60000 } })
    assert.deepEqual((await world.get(`${Q}/jobs`)).arguments, { 'x-message-ttl': 60000 })
    assert.equal((await world.ask('PATCH', `${Q}/jobs`, { arguments: { 'x-queue-type': 'quorum' } })).status, 400)
    await world.done('PUT', `${Q}/stream`, { durable: true, arguments: { 'x-queue-type': 'stream' } })
    assert.equal((await world.ask('PUT', `${Q}/stream/pause`)).status, 400)
    assert.equal((await world.ask('PATCH', `${Q}/stream`, { arguments: {} })).status, 400)
    assert.equal((await world.ask('PUT', `${Q}/none/pause`)).status, 404)
  })

  test('of type stream count what came and what consumers got', async (t) => {
    const world = await BothWorlds.open(t)
    const channel = await (await world.amqp(t)).createConfirmChannel()
    await channel.assertQueue('log', { durable: true, arguments: { 'x-queue-type': 'stream' } })
    await world.get(`${Q}/log`)
    for (let i = 0; i < 4; i++) channel.sendToQueue('log', Buffer.from('x'))
    await channel.waitForConfirms()
    await channel.prefetch(3)
    for (let reader = 0; reader < 2; reader++) {
      let got = 0
      await new Promise<void>((resolve) => {
        const fromStart = { 'x-stream-offset': 'first' }
        const take = (message: ConsumeMessage | null) => {
          if (++got === 1) channel.ack(message!)
          if (got === 4) resolve()
        }
        channel.consume('log', take, { arguments: fromStart })
      })
    }
    const { message_stats } = await world.get(`${Q}/log`)
    const { publish, deliver, deliver_get, ack, redeliver } = message_stats
    assert.deepEqual([publish, deliver, deliver_get, ack, redeliver], [4, 8, 8, 2, 0])
  })

  test('that are exclusive say to whom, and nobody else deletes them', async (t) => {
    const world = await BothWorlds.open(t)
    const amqp = await world.amqp(t)
    await (await amqp.createChannel()).assertQueue('mine', { exclusive: true })
    const row = await world.get(`${Q}/mine`)
    assert.equal(row.exclusive, true)
    const [connection] = await world.get('/connections')
    assert.deepEqual(row.owner_pid_details, {
      name: connection.name,
      peer_host: connection.peer_host,
      peer_port: connection.peer_port,
    })
    assert.equal((await world.ask('DELETE', `${Q}/mine`)).status, 400)
    assert.equal((await world.ask('DELETE', `${Q}/mine/contents`)).status, 400)
  })

  test('change only for those who may', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', '/users/ann', { password: 'a', tags: 'management' })
    assert.equal((await world.ask('GET', Q, undefined, 'ann:a')).status, 401)
    await world.done('PUT', '/permissions/%2F/ann', { configure: '^ann', write: '', read: '^ann' })
    assert.deepEqual(await world.get('/queues', 'ann:a'), [])
    assert.equal((await world.ask('PUT', `${Q}/jobs`, {}, 'ann:a')).status, 401)
    assert.equal((await world.ask('PUT', `${Q}/ann.q`, {}, 'ann:a')).status, 201)
    await world.done('PUT', `${Q}/jobs`, {})
    for (const [method, path] of [
      ['DELETE', `${Q}/jobs`],
      ['DELETE', `${Q}/jobs/contents`],
      ['PUT', `${Q}/jobs/pause`],
      ['PUT', `${Q}/jobs/resume`],
    ]) {
      assert.equal((await world.ask(method, path, undefined, 'ann:a')).status, 401, `${method} ${path}`)
    }
    assert.equal((await world.ask('PATCH', `${Q}/jobs`, { arguments: {} }, 'ann:a')).status, 401)
    const args = { 'x-dead-letter-exchange': 'amq.fanout' }
    assert.equal((await world.ask('PUT', `${Q}/ann.dl`, { arguments: args }, 'ann:a')).status, 401)
    assert.equal((await world.ask('PATCH', `${Q}/ann.q`, { arguments: args }, 'ann:a')).status, 401)
    await world.done('PUT', '/users/bob', { password: 'b', tags: '' })
    await world.done('PUT', '/permissions/%2F/bob', { configure: '.*', write: '.*', read: '.*' })
    assert.equal((await world.ask('GET', '/queues', undefined, 'bob:b')).status, 401)
    assert.equal((await world.ask('PUT', `${Q}/bobs`, {}, 'bob:b')).status, 401)
  })
})
