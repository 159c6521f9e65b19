// Groups over HTTP: what they are, how far behind, why they were rebalanced; offsets reset by Kafka's rules.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BothWorlds, type Json, until } from './both-worlds.ts'

describe('groups over HTTP', () => {
  it('shows members, offsets, lag and why they were rebalanced; resets offsets of inactive ones', async (test) => {
    const world = await BothWorlds.open(test)
    await world.done('PUT', '/topics/%2F/orders', { partitions: 2 })
    const kafka = world.kafka('shop')
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: 10 }, (_, n) => ({ value: `v${n}`, partition: n % 2 }))
    await producer.send({ topic: 'orders', messages })
    const consumer = kafka.consumer({ groupId: 'billing', rebalanceTimeout: 3000, sessionTimeout: 6000 })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    let seen = 0
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async () => {
        seen++
      },
    })
    await until(async () => seen === 10 && (await world.get('/groups/%2F/billing')).lag === 0)

    const group = await world.get('/groups/%2F/billing')
    assert.deepEqual([group.type, group.state, group.members.length], ['classic', 'Stable', 1])
    const [member] = group.members
    assert.equal(member.client_id, 'shop')
    assert.equal(member.host, '127.0.0.1')
    assert.deepEqual(member.assignment.map(({ topic, partition }: Json) => `${topic}-${partition}`).sort(), [
      'orders-0',
      'orders-1',
    ])
    assert.deepEqual(
      group.offsets.map(({ partition, committed, end_offset, lag }: Json) => [partition, committed, end_offset, lag]),
      [
        [0, 5, 5, 0],
        [1, 5, 5, 0],
      ],
    )
    assert.equal(group.offsets[0].member_id, member.member_id)
    assert.ok(Array.isArray(group.offsets[0].lag_samples))
    assert.match(group.rebalances[0].reason, /^member shop-.* joined$/)
    assert.ok(Math.abs(Date.now() - group.rebalances[0].at) < 60_000)

    const busy = await world.ask('POST', '/groups/%2F/billing/reset-offsets', { topic: 'orders', to: 'earliest' })
    assert.deepEqual(
      [busy.status, busy.body.reason],
      [409, "Offsets can only be reset if the group 'billing' is inactive, but the current state is Stable."],
    )
    assert.equal((await world.ask('DELETE', '/groups/%2F/billing')).status, 409)
    await consumer.disconnect()
    await until(async () => (await world.get('/groups/%2F/billing')).state === 'Empty')
    assert.match((await world.get('/groups/%2F/billing')).rebalances[0].reason, /^member shop-.* left$/)

    const reset = async (to: unknown, partition?: number): Promise<number[]> =>
      (await world.done('POST', '/groups/%2F/billing/reset-offsets', { topic: 'orders', to, partition })).offsets.map(
        ({ offset }: Json) => offset,
      )
    assert.deepEqual(await reset('earliest'), [0, 0])
    assert.equal((await world.get('/groups')).at(0).lag, 10)
    assert.deepEqual(await reset({ shift: 2 }), [2, 2])
    assert.deepEqual(await reset({ shift: -100 }, 1), [0])
    assert.deepEqual(await reset({ offset: 4 }, 0), [4])
    assert.deepEqual(await reset({ time: Date.now() + 100_000 }), [5, 5])
    assert.deepEqual(await reset({ time: 1 }), [0, 0])
    assert.deepEqual(await reset('latest'), [5, 5])
    const admin = kafka.admin()
    await admin.connect()
    await reset({ offset: 3 })
    const [{ partitions }] = await admin.fetchOffsets({ groupId: 'billing', topics: ['orders'] })
    assert.deepEqual(
      partitions.map(({ offset }) => offset),
      ['3', '3'],
    )
    await admin.disconnect()
    const row = (await world.get('/topics/%2F/orders')).groups[0]
    assert.deepEqual([row.name, row.lag], ['billing', 4])

    await world.done('DELETE', '/groups/%2F/billing')
    assert.equal((await world.ask('GET', '/groups/%2F/billing')).status, 404)
    await producer.disconnect()
  })

  it('lists open transactions and aborts one', async (test) => {
    const world = await BothWorlds.open(test)
    await world.done('PUT', '/topics/%2F/orders', { partitions: 1 })
    const producer = world.kafka().producer({ transactionalId: 'payments', idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'orders', messages: [{ value: 'x' }] })
    const [open] = await world.get('/transactions/%2F')
    assert.deepEqual(
      [open.transactional_id, open.state, open.partitions],
      ['payments', 'Ongoing', [{ topic: 'orders', partition: 0 }]],
    )
    assert.ok(open.age >= 0)
    const held = await world.get('/topics/%2F/orders')
    assert.deepEqual([held.partition_list[0].end_offset, held.partition_list[0].last_stable_offset], [1, 0])
    await world.done('DELETE', '/transactions/%2F/payments')
    await until(async () => (await world.get('/topics/%2F/orders')).partition_list[0].last_stable_offset === 2)
    assert.deepEqual(await world.get('/transactions/%2F'), [])
    await assert.rejects(transaction.commit())
    await producer.disconnect()
  })
})
