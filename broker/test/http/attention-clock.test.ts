/** What needs attention because it has lasted too long, under a clock that stands still. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { addPartitionsToTxn } from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { endTxn } from '../../src/wire/kafka/messages/end-txn.ts'
import { initProducerId } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { World as AmqpWorld } from '../amqp/session-harness.ts'
import { World as KafkaWorld } from '../kafka/world.ts'
import type { Json } from './both-worlds.ts'
import { httpOf } from './without-sockets.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

const ofKind = (findings: Json[], wanted: string): Json[] => findings.filter(({ kind }) => kind === wanted)

test('a transaction that is open for a minute is stuck, until it ends', async () => {
  const world = await KafkaWorld.open()
  const { topics } = world.broker.vhost('/').streams
  topics.create(topics.check({ ...ofDefaults('orders'), partitions: 1 }, 1))
  await world.settle()
  const get = httpOf(world.broker)
  const stuck = async () => ofKind(await get('/attention'), 'stuck-transaction')
  const peer = world.connect()
  const { producerId, producerEpoch } = await peer.ask(initProducerId, 4, {
    transactionalId: 'till',
    transactionTimeoutMs: 10 * MINUTE,
  })
  const since = world.clock.now()
  await peer.ask(addPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: 'till',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
  })
  await world.pass(MINUTE - SECOND)
  assert.deepEqual(await stuck(), [])
  await world.pass(6 * SECOND)
  assert.deepEqual(await stuck(), [
    {
      severity: 'warning',
      kind: 'stuck-transaction',
      vhost: '/',
      object: { kind: 'transaction', name: 'till' },
      text: 'Open for 65 s: whoever reads committed records only waits behind it',
      since,
      value: MINUTE + 5 * SECOND,
    },
  ])
  await peer.ask(endTxn, 3, { transactionalId: 'till', producerId, producerEpoch, committed: true })
  await world.pass(6 * SECOND)
  assert.deepEqual(await stuck(), [])
})

test('a delivery that is held for ten minutes is told of, until it is acknowledged', async () => {
  const world = await AmqpWorld.open()
  const get = httpOf(world.broker)
  const held = async () => ofKind(await get('/attention'), 'held-unacknowledged')
  const peer = await world.connect()
  await peer.ask(1, 'queue.declare', { queue: 'q' })
  await peer.ask(1, 'basic.consume', { queue: 'q', consumerTag: 'slow' })
  for (const text of ['a', 'b']) peer.publish('q', text)
  await world.settle()
  const since = world.clock.now()
  assert.equal(world.queue('q')!.unacknowledged, 2)
  await world.pass(10 * MINUTE - SECOND, SECOND)
  assert.deepEqual(await held(), [])
  await world.pass(6 * SECOND, SECOND)
  const [{ text, ...finding }, ...others] = await held()
  assert.deepEqual(others, [])
  assert.match(text, /^2 messages are held without an acknowledgement, the oldest for 10 min$/)
  assert.equal(finding.value, 2)
  assert.ok(Math.abs(finding.since - since) <= 100, `${finding.since - since} ms`)
  peer.send(1, 'basic.ack', { deliveryTag: 2, multiple: true })
  await world.pass(6 * SECOND, SECOND)
  assert.deepEqual(await held(), [])
})
