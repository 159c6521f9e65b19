// Records over HTTP: looked at by offset and time, searched within a budget, put in by hand, replayed into a queue.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BothWorlds, type Json } from './both-worlds.ts'

const values = ({ messages }: Json): string[] => messages.map(({ value }: Json) => value)

describe('records over HTTP', () => {
  it('shows them by offset and by time, decoded and cut', async (test) => {
    const world = await BothWorlds.open(test)
    await world.done('PUT', '/topics/%2F/orders', { partitions: 2 })
    const producer = world.kafka().producer()
    await producer.connect()
    const start = Date.now() - 100_000
    const messages = Array.from({ length: 10 }, (_, n) => ({
      key: `k${n}`,
      value: `v${n}`,
      partition: n % 2,
      timestamp: String(start + n * 1000),
      headers: { n: String(n), raw: Buffer.from([0xff, 0xfe]) },
    }))
    await producer.send({ topic: 'orders', messages })
    await producer.disconnect()

    const all = await world.get('/topics/%2F/orders/messages')
    assert.deepEqual(values(all), ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'])
    assert.deepEqual([all.done, all.next, all.scanned.records], [true, null, 10])
    const [first] = all.messages
    assert.deepEqual(
      [first.partition, first.offset, first.timestamp, first.key, first.value_bytes],
      [0, 0, start, 'k0', 2],
    )
    assert.deepEqual(first.headers, [
      { key: 'n', value: '0', encoding: 'string' },
      { key: 'raw', value: '//4=', encoding: 'base64' },
    ])
    const page = await world.get('/topics/%2F/orders/messages?limit=3')
    assert.deepEqual(values(page), ['v0', 'v1', 'v2'])
    const rest = await world.get(`/topics/%2F/orders/messages?next=${encodeURIComponent(JSON.stringify(page.next))}`)
    assert.deepEqual(values(rest), ['v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'])
    assert.deepEqual(values(await world.get('/topics/%2F/orders/messages?partition=1&offset=3')), ['v7', 'v9'])
    assert.deepEqual(values(await world.get('/topics/%2F/orders/messages?partition=0&offset=-2')), ['v6', 'v8'])
    assert.deepEqual(values(await world.get(`/topics/%2F/orders/messages?time=${start + 6500}`)), ['v7', 'v8', 'v9'])
    assert.deepEqual(values(await world.get('/topics/%2F/orders/messages?key=k4')), ['v4'])
    assert.deepEqual(values(await world.get('/topics/%2F/orders/messages?text=v8')), ['v8'])
    assert.deepEqual(values(await world.get('/topics/%2F/orders/messages?header=n%3D5')), ['v5'])
    assert.equal((await world.get('/topics/%2F/orders/messages?header=raw')).messages.length, 10)
    assert.equal((await world.ask('GET', '/topics/%2F/orders/messages?partition=7')).status, 404)
    assert.equal((await world.ask('GET', '/topics/%2F/orders/messages?limit=0')).status, 400)

    const at = await world.done('POST', '/topics/%2F/orders/publish', {
      partition: 0,
      key: 'é',
      value: 'schön',
      headers: { a: 'b' },
    })
    assert.deepEqual(at, { partition: 0, offset: 5 })
    const [cut] = (await world.get('/topics/%2F/orders/messages?partition=0&offset=5&body_bytes=4')).messages
    assert.deepEqual([cut.value, cut.value_bytes, cut.truncated, cut.key], ['sch', 6, true, 'é'])
    await world.done('POST', '/topics/%2F/orders/publish', { partition: 0, value: 'AP8=', value_encoding: 'base64' })
    const [raw] = (await world.get('/topics/%2F/orders/messages?partition=0&offset=6')).messages
    assert.deepEqual([raw.value, raw.value_encoding, raw.key], ['AP8=', 'base64', null])
    assert.equal(
      (await world.ask('POST', '/topics/%2F/orders/publish', { partition: 0, value: '%', value_encoding: 'base64' }))
        .status,
      400,
    )
  })

  it('leaves out what was aborted, and stops where its budget ends', async (test) => {
    const world = await BothWorlds.open(test)
    await world.done('PUT', '/topics/%2F/orders', { partitions: 1 })
    const plain = world.kafka().producer()
    const producer = world.kafka().producer({ transactionalId: 't', idempotent: true, maxInFlightRequests: 1 })
    await Promise.all([plain.connect(), producer.connect()])
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'orders', messages: [{ value: 'aborted' }] })
    await transaction.abort()
    await plain.send({ topic: 'orders', messages: [{ value: 'kept' }] })
    assert.deepEqual(values(await world.get('/topics/%2F/orders/messages')), ['kept'])
    const big = 'x'.repeat(100_000)
    for (let n = 0; n < 20; n++) await plain.send({ topic: 'orders', messages: [{ value: `${big}${n}.` }] })
    let question = '/topics/%2F/orders/messages?text=19.&body_bytes=0&scan_bytes=300000'
    let calls = 0
    for (;;) {
      const found = await world.get(question)
      calls++
      assert.ok(found.scanned.bytes < 900_000)
      if (found.messages.length > 0) {
        assert.equal(found.messages[0].offset, 22)
        break
      }
      assert.equal(found.done, false)
      question = `/topics/%2F/orders/messages?text=19.&scan_bytes=300000&offset=${found.next['0']}&partition=0`
    }
    assert.ok(calls > 2, `${calls} calls`)
    await Promise.all([plain.disconnect(), producer.disconnect()])
  })

  it('replays a range into a queue', async (test) => {
    const world = await BothWorlds.open(test, {
      users: {
        reader: { password: 'r', tags: ['management'], permissions: { '/': { configure: '', write: '', read: '.*' } } },
      },
    })
    await world.done('PUT', '/topics/%2F/orders', { partitions: 1 })
    const producer = world.kafka().producer()
    await producer.connect()
    const messages = Array.from({ length: 3000 }, (_, n) => ({
      key: `k${n % 2}`,
      value: `v${n}`,
      headers: { n: `${n}` },
    }))
    await producer.send({ topic: 'orders', messages })
    await producer.disconnect()
    const channel = await (await world.amqp(test)).createChannel()
    await channel.assertQueue('again')
    const replay = (body: object): Promise<Json> =>
      world.done('POST', '/topics/%2F/orders/replay', { queue: 'again', ...body })

    const part = await replay({ partition: 0, from: { offset: 10 }, to: { offset: 2500 }, limit: 2000 })
    assert.deepEqual(part, { copied: 2000, refused: 0, next: { 0: 2010 } })
    assert.deepEqual(await replay({ partition: 0, to: { offset: 2500 }, next: part.next }), {
      copied: 490,
      refused: 0,
      next: null,
    })
    assert.equal((await channel.checkQueue('again')).messageCount, 2490)
    const message = await channel.get('again', { noAck: true })
    assert.ok(message)
    assert.deepEqual(
      [message.content.toString(), message.fields.exchange, message.fields.routingKey, message.properties.headers?.n],
      ['v10', 'orders', 'k0', '10'],
    )
    await channel.purgeQueue('again')
    assert.equal((await replay({ filter: { header: 'n=77' } })).copied, 1)
    assert.equal((await world.ask('POST', '/topics/%2F/orders/replay', { queue: 'none' })).status, 404)
    assert.equal((await world.ask('POST', '/topics/%2F/orders/replay', { queue: 'again' }, 'reader:r')).status, 401)
  })
})
