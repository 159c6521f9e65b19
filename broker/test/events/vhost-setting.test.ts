// The setting that names the vhost of the event exchange.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import amqplib from 'amqplib'
import { startBroker } from '../../src/index.ts'

const everything = { configure: '.*', write: '.*', read: '.*' }

test('another vhost may have the event exchange, and tells of all of them', async (t) => {
  const broker = await startBroker({
    memory: true,
    eventExchangeVhost: 'watch',
    vhosts: ['watch'],
    users: { watcher: { password: 'w', permissions: { watch: everything } } },
  })
  t.after(() => broker.stop())
  const url = new URL(broker.amqpUrl!)
  const client = await amqplib.connect(url.href)
  const channel = await client.createChannel()
  const gone = once(channel, 'error')
  channel.checkExchange('amq.rabbitmq.event').catch(() => {})
  assert.match(String(await gone), /404/)

  const watcher = await amqplib.connect(`amqp://watcher:w@${url.host}/watch`)
  const watching = await watcher.createChannel()
  const { queue } = await watching.assertQueue('', { exclusive: true })
  await watching.bindQueue(queue, 'amq.rabbitmq.event', 'queue.created')
  const told = new Promise<amqplib.ConsumeMessage | null>((resolve) => {
    watching.consume(queue, resolve, { noAck: true })
  })
  await (await client.createChannel()).assertQueue('in-root')
  const { name, vhost } = (await told)!.properties.headers!
  assert.deepEqual([name, vhost], ['in-root', '/'])
  await Promise.all([client.close(), watcher.close()])
})
