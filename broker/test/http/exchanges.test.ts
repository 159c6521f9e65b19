/** Exchanges over HTTP: made, shown, published to, deleted. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BothWorlds } from './both-worlds.ts'

const X = '/exchanges/%2F'
const MESSAGE = { properties: {}, routing_key: 'k', payload: 'hello', payload_encoding: 'string' }

describe('exchanges', () => {
  test('are made once, and refused as something else', async (t) => {
    const world = await BothWorlds.open(t)
    assert.equal((await world.ask('PUT', `${X}/one`, { type: 'topic', durable: true })).status, 201)
    assert.equal((await world.ask('PUT', `${X}/one`, { type: 'topic', durable: true })).status, 204)
    assert.deepEqual((await world.ask('PUT', `${X}/one`, { type: 'direct', durable: true })).body, {
      error: 'bad_request',
      reason: "inequivalent arg 'type' for exchange 'one' in vhost '/': received 'direct' but current is 'topic'",
    })
    assert.equal((await world.ask('PUT', `${X}/two`, {})).status, 201)
    const two = await world.get(`${X}/two`)
    assert.deepEqual([two.type, two.durable, two.incoming, two.outgoing], ['direct', false, [], []])
    assert.equal((await world.ask('PUT', `${X}/x`, { type: 'foo' })).status, 400)
    for (const name of ['amq.foo', 'amq.default']) {
      assert.equal((await world.ask('PUT', `${X}/${name}`, { type: 'direct' })).status, 401)
    }
    for (const name of ['amq.direct', 'amq.default']) {
      assert.equal((await world.ask('DELETE', `${X}/${name}`)).status, 401)
    }
    assert.equal((await world.get(`${X}/amq.default`)).name, '')
  })

  test('are listed with what went in and out', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', '/queues/%2F/jobs', {})
    assert.deepEqual(await world.done('POST', `${X}/amq.default/publish`, { ...MESSAGE, routing_key: 'jobs' }), {
      routed: true,
    })
    const rows = (await world.get('/exchanges')).filter(({ name }: { name: string }) => name !== 'amq.rabbitmq.event')
    assert.deepEqual(
      rows.map(({ name }: { name: string }) => name),
      ['', 'amq.direct', 'amq.fanout', 'amq.headers', 'amq.match', 'amq.rabbitmq.trace', 'amq.topic'],
    )
    for (const row of rows) {
      assert.deepEqual([row.vhost, row.durable, row.auto_delete, row.arguments], ['/', true, false, {}])
    }
    assert.deepEqual(rows[0].message_stats, {
      publish_in: 1,
      publish_in_details: { rate: 0 },
      publish_out: 1,
      publish_out_details: { rate: 0 },
    })
    assert.equal('message_stats' in rows[1], false)
    const page = await world.get('/exchanges?page=2&page_size=5&columns=name')
    assert.deepEqual(page, {
      filtered_count: 8,
      item_count: 3,
      items: [{ name: 'amq.rabbitmq.event' }, { name: 'amq.rabbitmq.trace' }, { name: 'amq.topic' }],
      page: 2,
      page_count: 2,
      page_size: 5,
      total_count: 8,
    })
  })

  test('take messages as AMQP brings them', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', '/queues/%2F/jobs', {})
    await world.done('POST', '/bindings/%2F/e/amq.direct/q/jobs', { routing_key: 'k' })
    const properties = { headers: { a: 1, deep: { b: [true, null, 'x'] } }, delivery_mode: 2, message_id: 'm' }
    assert.deepEqual(await world.done('POST', `${X}/amq.direct/publish`, { ...MESSAGE, properties }), { routed: true })
    const bytes = Buffer.from([0, 255, 1])
    const binary = { ...MESSAGE, payload: bytes.toString('base64'), payload_encoding: 'base64' }
    await world.done('POST', `${X}/amq.direct/publish`, binary)
    const channel = await (await world.amqp(t)).createChannel()
    const first = await channel.get('jobs', { noAck: true })
    assert.ok(first !== false)
    assert.equal(first.content.toString(), 'hello')
    assert.deepEqual(first.properties.headers, { a: 1, deep: { b: [true, null, 'x'] } })
    assert.deepEqual([first.properties.deliveryMode, first.properties.messageId], [2, 'm'])
    const second = await channel.get('jobs', { noAck: true })
    assert.ok(second !== false)
    assert.deepEqual(second.content, bytes)
    assert.deepEqual(await world.done('POST', `${X}/amq.fanout/publish`, MESSAGE), { routed: false })
  })

  test('refuse what is no message', async (t) => {
    const world = await BothWorlds.open(t)
    for (const [body, status] of [
      [{ ...MESSAGE, payload: 5 }, 400],
      [{ ...MESSAGE, payload_encoding: 'foo' }, 400],
      [{ ...MESSAGE, payload: '!!!', payload_encoding: 'base64' }, 400],
      [{ ...MESSAGE, properties: undefined }, 400],
      [{ ...MESSAGE, properties: { priority: 'x' } }, 400],
      [{ ...MESSAGE, properties: { user_id: 'bob' } }, 400],
      [{ ...MESSAGE, routing_key: 'k'.repeat(256) }, 400],
      [{ ...MESSAGE, properties: { foo: 1 } }, 200],
    ] as const) {
      assert.equal((await world.ask('POST', `${X}/amq.direct/publish`, body)).status, status, JSON.stringify(body))
    }
    assert.deepEqual(await world.ask('POST', `${X}/none/publish`, MESSAGE), {
      status: 400,
      body: { error: 'bad_request', reason: "404 NOT_FOUND - no exchange 'none' in vhost '/'" },
    })
    await world.done('PUT', '/users/ann', { password: 'a', tags: 'management' })
    await world.done('PUT', '/permissions/%2F/ann', { configure: '.*', write: '^amq.direct$', read: '.*' })
    for (const exchange of ['amq.fanout', 'amq.default']) {
      const { status, body } = await world.ask('POST', `${X}/${exchange}/publish`, MESSAGE, 'ann:a')
      assert.equal(status, 400)
      assert.match(body.reason, /^403 ACCESS_REFUSED - /)
    }
    assert.equal((await world.ask('POST', `${X}/amq.direct/publish`, MESSAGE, 'ann:a')).status, 200)
  })

  test('are deleted, if wanted only when unused', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', `${X}/one`, { type: 'fanout' })
    await world.done('PUT', '/queues/%2F/jobs', {})
    await world.done('POST', '/bindings/%2F/e/one/q/jobs', {})
    assert.deepEqual((await world.ask('DELETE', `${X}/one?if-unused=true`)).body, {
      error: 'bad_request',
      reason: "exchange 'one' in vhost '/' in use",
    })
    assert.equal((await world.ask('DELETE', `${X}/one`)).status, 204)
    assert.equal((await world.ask('DELETE', `${X}/one`)).status, 404)
  })
})
