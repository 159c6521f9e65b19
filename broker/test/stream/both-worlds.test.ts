// Real clients of both worlds on one stream: KafkaJS and amqplib.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import amqplib, { type ChannelModel, type ConsumeMessage } from 'amqplib'
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'
import { type Broker, startBroker } from '../../src/index.ts'

let broker: Broker
let connection: ChannelModel
let kafka: Kafka
let producer: Producer
let admin: Admin

before(async () => {
  broker = await startBroker({ memory: true, kafka: { properties: { 'group.initial.rebalance.delay.ms': 0 } } })
  connection = await amqplib.connect(broker.amqpUrl!)
  kafka = new Kafka({ brokers: [broker.kafkaBootstrap!], logLevel: logLevel.NOTHING })
  producer = kafka.producer()
  admin = kafka.admin()
  await Promise.all([producer.connect(), admin.connect()])
})

after(async () => {
  await Promise.all([producer.disconnect(), admin.disconnect(), connection.close()])
  await broker.stop()
})

interface Read {
  readonly messages: ConsumeMessage[]
  end(): Promise<void>
}

/** Reads so many messages, and acknowledges the first `acks` of them. */
async function read(queue: string, count: number, args: object, acks = count): Promise<Read> {
  const channel = await connection.createChannel()
  await channel.prefetch(100)
  const messages: ConsumeMessage[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const receive = (message: ConsumeMessage | null): void => {
    if (message === null) {
      reject(new Error('the consumer was cancelled'))
      return
    }
    messages.push(message)
    if (messages.length <= acks) channel.ack(message)
    if (messages.length === count) resolve()
  }
  await channel.consume(queue, receive, { arguments: { 'x-stream-offset': 'first', ...args } })
  if (count > 0) await promise
  return { messages, end: () => channel.close() }
}

const bodies = ({ messages }: Read): string[] => messages.map(({ content }) => content.toString())

test("a Kafka producer's records are read from the streams of its topic's partitions", async () => {
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] })
  const channel = await connection.createChannel()
  assert.equal((await channel.checkQueue('orders-0')).messageCount, 0)
  await producer.send({
    topic: 'orders',
    messages: [
      { partition: 0, key: 'customer', value: 'zero', headers: { kind: 'new', 'x-stream-filter-value': 'eu' } },
      { partition: 1, value: 'one' },
      { partition: 0, key: null, value: 'two' },
    ],
  })
  const first = await read('orders-0', 2, {})
  assert.deepEqual(bodies(first), ['zero', 'two'])
  const [{ fields, properties }] = first.messages
  assert.deepEqual(
    [fields.exchange, fields.routingKey, properties.deliveryMode, properties.headers?.['x-stream-offset']],
    ['orders', 'customer', 2, 0],
  )
  assert.equal(String(properties.headers?.kind), 'new')
  const filtered = await read('orders-0', 1, { 'x-stream-filter': 'eu' })
  assert.deepEqual(bodies(filtered), ['zero'])
  const second = await read('orders-1', 1, {})
  assert.deepEqual(bodies(second), ['one'])
  assert.equal((await channel.assertQueue('orders-0', { arguments: { 'x-queue-type': 'stream' } })).messageCount, 2)
  await Promise.all([first.end(), filtered.end(), second.end(), channel.close()])
})

test('a stream declared by AMQP is read by a Kafka consumer, and its bounds are the settings of the topic', async () => {
  const channel = await connection.createConfirmChannel()
  const args = { 'x-queue-type': 'stream', 'x-max-age': '2D', 'x-max-length-bytes': 1_000_000 }
  await channel.assertQueue('events', { arguments: args })
  channel.sendToQueue('events', Buffer.from('hello'), { headers: { n: 1 } })
  await channel.waitForConfirms()
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: 'events', configNames: ['retention.ms', 'retention.bytes', 'cleanup.policy'] }],
  })
  const settings = Object.fromEntries(
    resources[0].configEntries.map(({ configName, configValue }) => [configName, configValue]),
  )
  assert.deepEqual(settings, {
    'retention.ms': '172800000',
    'retention.bytes': '1000000',
    'cleanup.policy': 'delete',
  })
  const consumer = kafka.consumer({ groupId: 'analytics' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'events', fromBeginning: true })
  const { promise, resolve } = Promise.withResolvers<string>()
  await consumer.run({
    eachMessage: async ({ message }) => resolve(`${message.key} ${message.value} ${message.headers?.n}`),
  })
  assert.equal(await promise, 'events hello 1')
  await consumer.disconnect()
  await channel.close()
})

test("Kafka's tools see where a named consumer is, and set it back", async () => {
  await admin.createTopics({ topics: [{ topic: 'tracked', numPartitions: 1 }] })
  const messages = ['0', '1', '2', '3', '4'].map((value) => ({ value }))
  await producer.send({ topic: 'tracked', messages })
  const named = { 'x-stream-consumer': 'auditors' }
  const first = await read('tracked', 5, named, 3)
  await first.end()
  const offsets = await admin.fetchOffsets({ groupId: 'auditors', topics: ['tracked'] })
  assert.deepEqual(
    offsets[0].partitions.map(({ partition, offset }) => [partition, offset]),
    [[0, '3']],
  )
  const again = await read('tracked', 2, named, 2)
  assert.deepEqual(bodies(again), ['3', '4'])
  await again.end()
  await admin.setOffsets({ groupId: 'auditors', topic: 'tracked', partitions: [{ partition: 0, offset: '1' }] })
  const reset = await read('tracked', 4, named)
  assert.deepEqual(bodies(reset), ['1', '2', '3', '4'])
  await reset.end()
})

test('a group with Kafka members refuses a named consumer', async () => {
  await admin.createTopics({ topics: [{ topic: 'busy', numPartitions: 1 }] })
  const consumer = kafka.consumer({ groupId: 'owners' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'busy' })
  const { promise, resolve } = Promise.withResolvers<void>()
  consumer.on('consumer.group_join', () => resolve())
  await consumer.run({ eachMessage: async () => undefined })
  await promise
  const channel = await connection.createChannel()
  channel.on('error', () => undefined)
  await channel.prefetch(1)
  await assert.rejects(
    channel.consume('busy', () => undefined, { arguments: { 'x-stream-consumer': 'owners' } }),
    /405 \(RESOURCE-LOCKED\).*the consumer group 'owners' has members/,
  )
  await consumer.disconnect()
})
