// What the broker routes later than its publisher did (dead letters, delayed and remembered messages) is still hashed by
// its properties.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { names } from '../../src/broker/dead-letters.ts'
import { Route } from '../../src/broker/queue/route.ts'
import { MessageDraft } from '../../src/record/message.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'
import { World } from '../queue/harness.ts'

const MESSAGES = 60

function draftOf(world: World, exchange: string, id: number): MessageDraft {
  const draft = new MessageDraft()
  draft.properties = encodeProperties({ messageId: `m${id % 10}`, deliveryMode: 2 })
  draft.propertiesLen = draft.properties.length
  draft.names = names(exchange, 'k')
  draft.body = Buffer.from(`m${id % 10}`)
  draft.bodyLen = draft.body.length
  draft.persistent = true
  draft.arrival = world.clock.now()
  return draft
}

function declare(world: World, name: string, type: string, args: { readonly [name: string]: string }): void {
  world.vhost.declareExchange(name, type, { durable: true, autoDelete: false, internal: false, arguments: args })
}

const WAYS: { readonly [way: string]: (world: World) => Promise<void> } = {
  'dead letters': async (world) => {
    declare(world, 'hash', 'x-consistent-hash', { 'hash-property': 'message_id' })
    const source = world.queue('source', { 'x-message-ttl': 100, 'x-dead-letter-exchange': 'hash' })
    const route = new Route()
    route.queues.push(source)
    route.filled()
    for (let n = 0; n < MESSAGES; n++) route.append(world.engine, draftOf(world, '', n))
  },
  'delayed messages': async (world) => {
    declare(world, 'hash', 'x-delayed-message', {
      'x-delayed-type': 'x-consistent-hash',
      'hash-property': 'message_id',
    })
    const exchange = world.vhost.exchange('hash')
    for (let n = 0; n < MESSAGES; n++) {
      world.vhost.delays.append(exchange, draftOf(world, 'hash', n), world.clock.now() + 100)
    }
  },
  'remembered messages': async (world) => {
    declare(world, 'hash', 'x-consistent-hash', { 'hash-property': 'message_id' })
    declare(world, 'source', 'x-recent-history', {})
    for (let n = 0; n < 20; n++) {
      const route = new Route()
      world.vhost.route(world.vhost.exchange('source'), 'k', null, route)
      route.append(world.engine, draftOf(world, 'source', n))
    }
  },
}

for (const [way, publish] of Object.entries(WAYS)) {
  test(way, async () => {
    const world = await World.open()
    await publish(world)
    const queues = ['a', 'b', 'c'].map((name) => world.queue(name))
    for (const queue of queues) world.vhost.bind('hash', queue, '1', {})
    if (way === 'remembered messages') world.vhost.bind('source', world.vhost.exchange('hash'), '', {})
    await world.pass(1000, 50)
    const ids = await Promise.all(queues.map((queue) => world.drain(queue)))
    const kinds = ids.map((list) => new Set(list))
    assert.equal(ids.flat().length, way === 'remembered messages' ? 20 : MESSAGES)
    assert.equal(kinds.filter((kind) => kind.size > 0).length, 3, 'each queue has some')
    assert.equal(
      kinds.reduce((sum, kind) => sum + kind.size, 0),
      10,
      'equal ids are in one queue',
    )
  })
}
