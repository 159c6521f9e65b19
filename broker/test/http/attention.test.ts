// What is found to need attention, and who is told of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from '../../src/http/attention/growth.ts'
import { Series } from '../../src/http/stats/series.ts'
import { BothWorlds, type Json, until } from './both-worlds.ts'

test('a backlog grows if each third of its last minutes is higher than the one before', () => {
  const gauge = { value: 0 }
  const growing = (values: readonly number[]): ReturnType<typeof growthOf> => {
    const series = new Series<{ value: number }, 'ready'>(['ready'], ({ value }, into) => {
      into[0] = value
    })
    values.forEach((value, i) => {
      gauge.value = value
      series.sample(gauge, i * 5000)
    })
    return growthOf(series, gauge, 'ready', 100, values.length * 5000)
  }
  assert.deepEqual(growing([0, 100, 200, 300, 400, 500]), { since: 0, perSecond: 20 })
  assert.equal(growing([0, 100, 200, 300]), null, 'too little is known')
  assert.equal(growing([500, 400, 300, 200, 100, 0]), null)
  assert.equal(growing([0, 900, 0, 900, 0, 900]), null, 'up and down')
  assert.equal(growing([100, 110, 120, 130, 140, 150]), null, 'too little')
  assert.equal(growing([10_000, 10_040, 10_080, 10_120, 10_160, 10_200]), null, 'too little of so much')
})

test('queues that nobody takes from, that are full, paused or hold dead letters are told of, the worst first', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createConfirmChannel()
  await channel.assertQueue('alone')
  await channel.assertQueue('served')
  await channel.consume('served', () => {}, { noAck: true })
  await channel.assertQueue('full', { arguments: { 'x-max-length': 2 } })
  await channel.consume('full', () => {})
  await channel.prefetch(1)
  await channel.assertQueue('failing', { deadLetterExchange: '', deadLetterRoutingKey: 'failed' })
  await channel.assertQueue('failed')
  await channel.assertQueue('paused')
  await worlds.done('PUT', '/queues/%2F/paused/pause')
  for (let i = 0; i < 5; i++) channel.sendToQueue('alone', Buffer.from('m'))
  for (const queue of ['served', 'failing', 'paused']) channel.sendToQueue(queue, Buffer.from('m'))
  await channel.waitForConfirms()
  const message = await channel.get('failing')
  assert.ok(message)
  channel.nack(message, false, false)
  await until(async () => (await channel.checkQueue('failed')).messageCount === 1)
  const findings: Json[] = await worlds.get('/attention')
  const found = findings.map(({ kind, object }) => `${kind} ${object.name}`)
  assert.ok(found.includes('no-consumers alone'), found.join())
  assert.ok(found.includes('paused paused'))
  assert.ok(found.includes('dead-letters failed'))
  assert.ok(!found.some((one) => one.endsWith('served')))
  assert.ok(!found.includes('no-consumers failed'))
  const urgency = ['critical', 'warning', 'info']
  const order = findings.map(({ severity }) => urgency.indexOf(severity))
  assert.deepEqual(order, order.toSorted())
  const alone = findings.find(({ object }) => object.name === 'alone')
  assert.deepEqual(
    { ...alone, text: '' },
    {
      severity: 'warning',
      kind: 'no-consumers',
      vhost: '/',
      object: { kind: 'queue', name: 'alone' },
      text: '',
      value: 5,
    },
  )
})

test('a queue at its limit is told of, and what is dropped then', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createConfirmChannel()
  await channel.assertQueue('full', { arguments: { 'x-max-length': 2, 'x-overflow': 'reject-publish' } })
  for (let i = 0; i < 2; i++) channel.sendToQueue('full', Buffer.from('m'))
  await channel.waitForConfirms()
  const found = (await worlds.get('/attention')).find(({ kind }: Json) => kind === 'queue-full')
  assert.match(found.text, /limit of 2 messages: publishers are refused/)
})

test('nobody is told of vhosts that they may not enter', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createConfirmChannel()
  await channel.assertQueue('alone')
  channel.sendToQueue('alone', Buffer.from('m'))
  await channel.waitForConfirms()
  await worlds.done('PUT', '/users/other', { password: 'x', tags: 'management' })
  assert.deepEqual(await worlds.get('/attention', 'other:x'), [])
  assert.equal((await worlds.get('/attention')).length, 1)
  await worlds.done('PUT', '/permissions/%2F/other', { configure: '', write: '', read: '' })
  assert.equal((await worlds.get('/attention', 'other:x')).length, 1)
})

test('a group without members that is behind is told of', async (t) => {
  const worlds = await BothWorlds.open(t)
  const kafka = worlds.kafka()
  const admin = kafka.admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: 'events', numPartitions: 1 }] })
  const producer = kafka.producer()
  await producer.connect()
  t.after(() => producer.disconnect())
  await producer.send({ topic: 'events', messages: Array.from({ length: 7 }, () => ({ value: 'v' })) })
  await admin.setOffsets({ groupId: 'late', topic: 'events', partitions: [{ partition: 0, offset: '2' }] })
  const found = (await worlds.get('/attention')).find(({ kind }: Json) => kind === 'lagging-group')
  assert.deepEqual({ ...found.object, value: found.value }, { kind: 'group', name: 'late', value: 5 })
})

test('what reaches no queue is told of while it is published', async (t) => {
  const worlds = await BothWorlds.open(t)
  const channel = await (await worlds.amqp(t)).createChannel()
  // The first question starts the counting.
  await worlds.get('/attention')
  const publishing = setInterval(() => channel.publish('amq.direct', 'nowhere', Buffer.from('m')), 50)
  const told = async () => (await worlds.get('/attention')).find(({ kind }: Json) => kind === 'unroutable')
  let found: Json
  try {
    await until(async () => (found = await told()) !== undefined)
  } finally {
    // Before the broker stops, which the test's own end begins with.
    clearInterval(publishing)
  }
  assert.equal(found.object.kind, 'channel')
  assert.match(found.text, /messages a second of guest reach no queue/)
})
