// The topology and the ways of a message: what real clients set up, and the rates of what they do.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BothWorlds, type Json, until } from './both-worlds.ts'

const line = ({ from, to, kind }: Json): string => `${from} ${kind} ${to}`

describe('the topology', () => {
  it('draws what is bound, who publishes and who consumes, with live rates', async (test) => {
    const world = await BothWorlds.open(test)
    await world.get('/topology/%2F')
    await world.done('PUT', '/topics/%2F/events', { partitions: 1 })
    const shop = await world.amqp(test, 'shop')
    const channel = await shop.createChannel()
    await channel.assertExchange('lost', 'fanout')
    await channel.assertExchange('orders', 'topic', { alternateExchange: 'lost' })
    await channel.assertExchange('by-header', 'headers')
    await channel.assertQueue('eu', { deadLetterExchange: 'lost' })
    for (const queue of ['all', 'unbound', 'fed', 'direct']) await channel.assertQueue(queue)
    await channel.bindQueue('eu', 'orders', 'eu.#')
    await channel.bindQueue('all', 'orders', '#.paid')
    await channel.bindExchange('by-header', 'orders', '*.*')
    await channel.bindQueue('unbound', 'by-header', '', { 'x-match': 'any', vip: 'yes' })
    await channel.bindQueue('fed', 'events', '#')
    const mailer = await (await world.amqp(test, 'mailer')).createChannel()
    await mailer.consume('eu', (message) => message && mailer.nack(message, false, false))
    await mailer.consume('fed', () => {}, { noAck: true })
    const producer = world.kafka('till').producer()
    await producer.connect()
    const group = world.kafka('report').consumer({ groupId: 'reports' })
    await group.connect()
    await group.subscribe({ topic: 'events', fromBeginning: true })
    await group.run({ autoCommitInterval: 200, eachMessage: async () => {} })

    let topology: Json
    const byHttp = { properties: {}, routing_key: 'eu.3', payload: 'x', payload_encoding: 'string' }
    const rateOf = (wanted: string): number => {
      const found = topology.edges.filter((edge: Json) => line(edge) === wanted)
      return found.reduce((sum: number, { rate }: Json) => sum + rate, 0)
    }
    const expected = [
      'publisher:guest/shop publish exchange:orders',
      'exchange:orders binding queue:eu',
      'exchange:orders binding exchange:by-header',
      'exchange:by-header binding queue:unbound',
      'exchange:orders alternate exchange:lost',
      'exchange: binding queue:direct',
      'queue:eu consume consumer:guest/mailer',
      'queue:eu dead-letter exchange:lost',
      'publisher:guest/till publish topic:events',
      'publisher:guest/HTTP guest@127.0.0.1 publish exchange:orders',
      'topic:events feed queue:fed',
      'topic:events fetch group:reports',
    ]
    const isMissing = (): string[] => expected.filter((wanted) => !(rateOf(wanted) > 0))
    await until(async () => {
      channel.publish('orders', 'eu.1', Buffer.from('x'))
      channel.publish('orders', 'eu.2', Buffer.from('x'), { headers: { vip: 'yes' } })
      channel.publish('orders', 'x.y', Buffer.from('x'), { headers: { vip: 'yes' } })
      channel.publish('orders', 'nowhere.at.all', Buffer.from('x'))
      channel.sendToQueue('direct', Buffer.from('x'))
      await producer.send({ topic: 'events', messages: [{ value: 'x' }] })
      await world.done('POST', '/exchanges/%2F/orders/publish', byHttp)
      topology = await world.get('/topology/%2F')
      return isMissing().length === 0
    })
    assert.equal(rateOf('exchange:orders binding queue:all'), 0)
    const nodes = new Map<string, Json>(topology.nodes.map((node: Json) => [node.id, node]))
    assert.equal(nodes.get('exchange:orders').type, 'topic')
    assert.deepEqual([nodes.get('queue:eu').consumers, nodes.get('publisher:guest/shop').user], [1, 'guest'])
    assert.ok(nodes.get('exchange:orders').rate > 0)
    const eu = topology.edges.find((edge: Json) => line(edge) === 'exchange:orders binding queue:eu')
    assert.equal(eu.label, 'eu.#')
    const vip = topology.edges.find((edge: Json) => line(edge) === 'exchange:by-header binding queue:unbound')
    assert.equal(vip.arguments.vip, 'yes')
    const { incoming } = await world.get('/queues/%2F/eu')
    assert.deepEqual([incoming.length, incoming[0].exchange.name], [1, 'orders'])
    assert.ok(incoming[0].stats.publish > 0 && incoming[0].stats.publish_details.rate >= 0)
    const { outgoing } = await world.get('/exchanges/%2F/orders')
    assert.deepEqual(outgoing.map((one: Json) => (one.queue ?? one.exchange).name).sort(), ['by-header', 'eu'])
    assert.equal(topology.left_out, 0)
    const small = await world.get('/topology/%2F?limit=3')
    assert.deepEqual([small.nodes.length, small.left_out], [3, topology.nodes.length - 3])
    await producer.disconnect()
    await group.disconnect()
  })

  it('says where a message would go, and publishes nothing', async (test) => {
    const world = await BothWorlds.open(test)
    await world.done('PUT', '/topics/%2F/events', { partitions: 1 })
    const channel = await (await world.amqp(test)).createChannel()
    await channel.assertExchange('lost', 'fanout')
    await channel.assertExchange('orders', 'topic', { alternateExchange: 'lost' })
    for (const queue of ['eu', 'all', 'rest', 'fed']) await channel.assertQueue(queue)
    await channel.bindQueue('eu', 'orders', 'eu.*')
    await channel.bindExchange('events', 'orders', 'eu.paid')
    await channel.bindQueue('fed', 'events', 'eu.#')
    await channel.bindQueue('rest', 'lost', '')
    const trace = (question: Json): Promise<Json> => world.done('POST', '/trace/%2F', question)

    const paid = await trace({ exchange: 'orders', routing_key: 'eu.paid' })
    assert.deepEqual(paid.edges.map(line).sort(), [
      'exchange:orders binding queue:eu',
      'exchange:orders binding topic:events',
      'topic:events feed queue:fed',
    ])
    assert.deepEqual(
      [paid.queues, paid.topics, paid.alternate_used, paid.unroutable],
      [['eu', 'fed'], ['events'], false, false],
    )
    const lost = await trace({ exchange: 'orders', routing_key: 'us' })
    assert.deepEqual([lost.queues, lost.alternate_used], [['rest'], true])
    assert.deepEqual(lost.edges.map(line), [
      'exchange:orders alternate exchange:lost',
      'exchange:lost binding queue:rest',
    ])
    const direct = await trace({ exchange: '', routing_key: 'all' })
    assert.deepEqual(direct.edges.map(line), ['exchange: binding queue:all'])
    assert.equal((await trace({ exchange: '', routing_key: 'no such' })).unroutable, true)
    const copied = await trace({ exchange: '', routing_key: 'all', headers: { CC: ['eu'] } })
    assert.deepEqual(copied.queues, ['all', 'eu'])
    assert.equal((await world.ask('POST', '/trace/%2F', { exchange: 'none' })).status, 404)
    for (const queue of ['eu', 'all', 'rest', 'fed']) assert.equal((await channel.checkQueue(queue)).messageCount, 0)
  })
})
