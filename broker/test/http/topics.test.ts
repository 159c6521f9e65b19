// Topics over HTTP: made, described, altered, widened, emptied and deleted, and what Kafka's clients see of it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BothWorlds } from './both-worlds.ts'

describe('topics over HTTP', () => {
  it('makes, lists, widens and deletes them', async (test) => {
    const world = await BothWorlds.open(test)
    assert.equal(
      (await world.ask('PUT', '/topics/%2F/orders', { partitions: 3, configs: { 'retention.ms': 60000 } })).status,
      201,
    )
    const again = await world.ask('PUT', '/topics/%2F/orders', {})
    assert.deepEqual([again.status, again.body.reason], [409, "Topic 'orders' already exists."])
    const wrong = await world.ask('PUT', '/topics/%2F/more', { configs: { 'retention.ms': 'soon' } })
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.reason, /Invalid value soon for configuration retention.ms/)

    const producer = world.kafka().producer()
    await producer.connect()
    await producer.send({ topic: 'orders', messages: [1, 2, 3].map((n) => ({ value: `v${n}`, partition: n - 1 })) })
    await producer.disconnect()

    const [row] = await world.get('/topics')
    assert.deepEqual(
      [row.name, row.vhost, row.partitions, row.durability, row.cleanup_policy, row.retention_ms, row.records],
      ['orders', '/', 3, 'synced', 'delete', 60000, 3],
    )
    assert.equal(row.message_stats.publish, 3)
    assert.ok(row.message_stats.bytes_in > 0)
    assert.equal(typeof row.message_stats.publish_details.rate, 'number')
    const page = await world.get('/topics/%2F?page=1&page_size=10&name=ord&sort=records')
    assert.deepEqual([page.total_count, page.items[0].name], [1, 'orders'])

    await world.done('POST', '/topics/%2F/orders/partitions', { count: 5 })
    const shrunk = await world.ask('POST', '/topics/%2F/orders/partitions', { count: 2 })
    assert.deepEqual(
      [shrunk.status, shrunk.body.reason],
      [400, 'The topic orders currently has 5 partition(s); 2 would not be an increase.'],
    )
    const one = await world.get('/topics/%2F/orders')
    assert.equal(one.partition_list.length, 5)
    assert.deepEqual(
      one.partition_list.map((p: { start_offset: number; end_offset: number }) => [p.start_offset, p.end_offset]),
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 0],
        [0, 0],
      ],
    )

    assert.deepEqual(await world.done('POST', '/topics/%2F/orders/delete-records', { partition: 1, before: 'end' }), {
      partition: 1,
      start_offset: 1,
    })
    assert.equal(
      (await world.ask('POST', '/topics/%2F/orders/delete-records', { partition: 1, before: 9 })).status,
      400,
    )
    await world.done('DELETE', '/topics/%2F/orders')
    assert.equal((await world.ask('GET', '/topics/%2F/orders')).status, 404)
    assert.deepEqual(await world.get('/topics'), [])
  })

  it('describes and alters settings as Kafka does', async (test) => {
    const world = await BothWorlds.open(test)
    await world.done('PUT', '/topics/%2F/orders', { partitions: 1 })
    await world.done('PATCH', '/topics/%2F/orders/configs', {
      'retention.ms': 1000,
      'cleanup.policy': 'compact,delete',
    })
    const find = async (name: string) =>
      (await world.get('/topics/%2F/orders/configs')).find((one: { name: string }) => one.name === name)
    const { value, default: ifUnset, source } = await find('retention.ms')
    assert.deepEqual([value, ifUnset, source], ['1000', '604800000', 'topic'])
    assert.equal((await world.get('/topics/%2F/orders')).cleanup_policy, 'delete,compact')
    await world.done('PATCH', '/topics/%2F/orders/configs', { 'retention.ms': null })
    assert.equal((await find('retention.ms')).source, 'default')
    const wrong = await world.ask('PATCH', '/topics/%2F/orders/configs', { 'no.such': 1 })
    assert.deepEqual([wrong.status, wrong.body.reason], [400, 'Unknown topic config name: no.such'])
  })

  it('asks for the rights that Kafka asks for', async (test) => {
    const world = await BothWorlds.open(test, {
      users: {
        reader: {
          password: 'r',
          tags: ['management'],
          permissions: { '/': { configure: '', write: '', read: '^mine' } },
        },
      },
    })
    for (const name of ['mine', 'yours']) await world.done('PUT', `/topics/%2F/${name}`, { partitions: 1 })
    const as = 'reader:r'
    assert.deepEqual(
      (await world.get('/topics', as)).map(({ name }: { name: string }) => name),
      ['mine'],
    )
    assert.equal((await world.ask('GET', '/topics/%2F/yours', undefined, as)).status, 401)
    assert.equal((await world.ask('DELETE', '/topics/%2F/mine', undefined, as)).status, 401)
    assert.equal((await world.ask('PUT', '/topics/%2F/mine2', {}, as)).status, 401)
    assert.equal((await world.ask('PATCH', '/topics/%2F/mine/configs', { 'retention.ms': 1 }, as)).status, 401)
    assert.equal((await world.get('/topics')).length, 2)
  })
})
