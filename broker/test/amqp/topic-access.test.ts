// One access system: what a user may do to a topic does not depend on the protocol, nor on the name by which AMQP's
// clients reach it. Kafka's ACLs hold for both.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import type { MethodInput, MethodName } from '../../src/wire/amqp/methods.ts'
import { World } from './session-harness.ts'

interface Rights {
  readonly configure?: string
  readonly write?: string
  readonly read?: string
}

type Call = { [N in MethodName]: readonly [name: N, args: MethodInput<N>] }[MethodName]

const STREAM = { 'x-queue-type': 'stream' }

/** A topic `orders` with one partition, a stream queue `log`, a queue `jobs`, and a user `bob` who may do so much. */
async function scene(rights: Rights = {}) {
  const world = await World.open()
  const { broker } = world
  const vhost = broker.vhost('/')
  const { topics } = vhost.streams
  topics.create(topics.check({ ...ofDefaults('orders'), partitions: 1 }, 1))
  for (const [name, args] of [
    ['jobs', {}],
    ['log', STREAM],
  ] as const) {
    vhost.declareQueueOrStream({ name, durable: true, autoDelete: false, exclusiveTo: null, arguments: args }, null)
  }
  broker.access.putUser({ name: 'bob', tags: [], ...hashPassword('bob') })
  broker.access.setPermissions({ user: 'bob', vhost: '/', configure: '.*', write: '.*', read: '.*', ...rights })
  /** bob may do all but this to the topic. */
  const deny = (name: string, operation: 'read' | 'write' | 'delete' | 'create') => {
    const acl = { resource: 'topic', pattern: 'literal', name, principal: 'User:bob', host: '*' } as const
    broker.acls.add('/', { ...acl, operation: 'all', permission: 'allow' })
    broker.acls.add('/', { ...acl, operation, permission: 'deny' })
  }
  /** What comes of it on a connection of its own: the text of the refusal, or null. */
  const ask = async (...calls: readonly Call[]): Promise<string | null> => {
    const peer = await world.connect({ user: 'bob' })
    for (const [name, args] of calls) peer.send(1, name, args as never)
    await world.settle()
    return refusalIn(peer)
  }
  const publish = async (
    exchange: string,
    key: string,
    headers: Record<string, string[]> = {},
  ): Promise<string | null> => {
    const peer = await world.connect({ user: 'bob' })
    peer.publish(key, 'x', { exchange, properties: { headers } })
    await world.settle()
    return refusalIn(peer)
  }
  const ends = (name: string): number => topics.get(name)!.partitions[0].log.endOffset
  return { world, broker, vhost, topics, deny, ask, publish, ends }
}

function refusalIn(peer: {
  readonly arrivals: readonly { readonly name: string; readonly args: { replyText?: string } }[]
}) {
  const close = peer.arrivals.find(({ name }) => name === 'channel.close' || name === 'connection.close')
  return close?.args.replyText?.replace(/^ACCESS_REFUSED - /, '') ?? null
}

const refused = (operation: string, topic = 'orders') =>
  `${operation} access to topic '${topic}' in vhost '/' refused for user 'bob'`

const qos: Call = ['basic.qos', { prefetchSize: 0, prefetchCount: 1, global: false }]
const consume = (queue: string): Call => [
  'basic.consume',
  { queue, consumerTag: '', noLocal: false, noAck: false, exclusive: false, nowait: false, arguments: {} },
]
const bind = (queue: string, exchange: string): Call => [
  'queue.bind',
  { queue, exchange, routingKey: '#', nowait: false, arguments: {} },
]
const bindExchange = (destination: string, source: string): Call => [
  'exchange.bind',
  { destination, source, routingKey: '', nowait: false, arguments: {} },
]
const declareQueue = (queue: string, args = {}): Call => [
  'queue.declare',
  { queue, passive: false, durable: true, exclusive: false, autoDelete: false, nowait: false, arguments: args },
]

test('who may not write to the topic reaches it by no exchange and no name', async () => {
  const { deny, ask, publish, ends } = await scene()
  deny('orders', 'write')
  assert.equal(await publish('orders', 'k'), refused('write'))
  assert.equal(await publish('', 'orders'), refused('write'))
  assert.equal(await publish('', 'orders-0'), refused('write'))
  assert.equal(await publish('', 'jobs', { CC: ['orders-0'] }), refused('write'))
  assert.equal(await ask(bind('orders-0', 'amq.direct')), refused('write'))
  assert.equal(await ask(bindExchange('orders', 'amq.direct')), refused('write'))
  assert.equal(await ask(declareQueue('q', { 'x-dead-letter-exchange': 'orders' })), refused('write'))
  assert.equal(
    await ask(declareQueue('q', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'orders-0' })),
    refused('write'),
  )
  assert.equal(ends('orders'), 0)
  assert.equal(await publish('', 'jobs'), null)
  assert.equal(await publish('', 'log'), null)
  assert.equal(ends('log'), 1)
})

test('an ACL that comes later counts for connections that publish already', async () => {
  const { world, deny, ends } = await scene()
  const peer = await world.connect({ user: 'bob' })
  for (const exchange of ['orders', '']) peer.publish('orders-0', 'x', { exchange })
  await world.settle()
  assert.equal(ends('orders'), 2)
  deny('orders', 'write')
  peer.publish('orders-0', 'x')
  await world.settle()
  assert.equal(refusalIn(peer), refused('write'))
  assert.equal(ends('orders'), 2)
})

test('who may not read the topic gets it from no stream and no binding', async () => {
  const { deny, ask } = await scene()
  deny('orders', 'read')
  assert.equal(await ask(qos, consume('orders')), refused('read'))
  assert.equal(await ask(qos, consume('orders-0')), refused('read'))
  assert.equal(await ask(bind('jobs', 'orders')), refused('read'))
  assert.equal(await ask(bindExchange('amq.fanout', 'orders')), refused('read'))
  assert.equal(await ask(declareQueue('over', { 'x-source-topic': 'orders' })), refused('read'))
  assert.equal(await ask(qos, consume('log')), null)
})

test('who may not delete or create topics does neither by the names of exchanges and queues', async () => {
  const { deny, ask, topics } = await scene()
  deny('orders', 'delete')
  deny('new', 'create')
  assert.equal(
    await ask(['queue.delete', { queue: 'orders', ifUnused: false, ifEmpty: false, nowait: false }]),
    refused('delete'),
  )
  assert.equal(
    await ask(['queue.delete', { queue: 'orders-0', ifUnused: false, ifEmpty: false, nowait: false }]),
    refused('delete'),
  )
  assert.equal(
    await ask(['exchange.delete', { exchange: 'orders', ifUnused: false, nowait: false }]),
    refused('delete'),
  )
  assert.equal(await ask(declareQueue('new', STREAM)), refused('create', 'new'))
  const exchange = {
    exchange: 'new',
    type: 'x-topic-log',
    passive: false,
    durable: true,
    autoDelete: false,
    internal: false,
    nowait: false,
    arguments: {},
  }
  assert.equal(await ask(['exchange.declare', exchange]), refused('create', 'new'))
  assert.equal(await ask(declareQueue('new')), null, 'a queue is no topic')
  assert.equal(await ask(declareQueue('orders', STREAM)), null, 'what is there may be declared again')
  assert.notEqual(topics.get('orders'), undefined)
})

test('the name of a stream gives no more than the name of its topic', async () => {
  const { ask, publish, ends, topics } = await scene({
    configure: '^orders-0$',
    write: '^(amq.default|orders-0)$',
    read: '^orders-0$',
  })
  assert.equal(await ask(qos, consume('orders-0')), refused('read'))
  assert.equal(await publish('', 'orders-0'), refused('write'))
  assert.equal(
    await ask(['queue.delete', { queue: 'orders-0', ifUnused: false, ifEmpty: false, nowait: false }]),
    refused('delete'),
  )
  assert.equal(ends('orders'), 0)
  assert.notEqual(topics.get('orders'), undefined)
})

test('an ACL that allows somebody else shuts the topic for all others, but not for administrators', async () => {
  const { world, broker, ask, ends } = await scene()
  const acl = { resource: 'topic', pattern: 'prefixed', name: 'ord', principal: 'User:ann', host: '*' } as const
  broker.acls.add('/', { ...acl, operation: 'all', permission: 'allow' })
  assert.equal(await ask(qos, consume('orders')), refused('read'))
  const peer = await world.connect()
  peer.publish('k', 'x', { exchange: 'orders' })
  await world.settle()
  assert.equal(refusalIn(peer), null)
  assert.equal(ends('orders'), 1)
})
