/** What the client does when connections come and go. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect as amqp } from 'amqplib'
import { connect } from '../src/connect.ts'
import type { Delivery } from '../src/connection/delivery.ts'
import { startBench, to, until } from './core.ts'

const jobs = { kind: 'queue', name: 'jobs', options: { durable: true } } as const

test('publishes again what was not confirmed when the connection went, in order', async (t) => {
  const { core, cable, client } = await startBench(t)
  await core.declare([jobs])
  cable.deafen()
  const sends = [1, 2, 3].map((n) => core.send(to('jobs', n)))
  await new Promise((resolve) => setTimeout(resolve, 50))
  cable.cut()
  const ids = await Promise.all(sends)
  const received: Delivery[] = []
  await core.consume({ queue: 'jobs', prefetch: 0 }, async (delivery) => {
    received.push(delivery)
    return 'ack'
  })
  await until(() => received.length >= 6)
  // The broker had heard them: each is there twice, under one id.
  assert.deepEqual(received.map(({ messageId }) => messageId).slice(3), ids)
  assert.deepEqual(
    received.slice(3).map(({ body }) => body.toString()),
    ['1', '2', '3'],
  )
  await client.close()
})

test('publishes while there is no connection, once there is one', async (t) => {
  const { core, cable, client } = await startBench(t)
  await core.declare([jobs])
  cable.pull()
  await once(client, 'disconnected')
  const send = core.send(to('jobs', 'late'))
  setTimeout(() => cable.plug(), 100)
  await send
})

test('declares again what ended with the connection, and subscribes again', async (t) => {
  const { core, cable, client } = await startBench(t)
  const own = { kind: 'queue', name: 'mine', options: { exclusive: true, durable: false } } as const
  await core.declareForConsumer([own, { kind: 'binding', from: 'amq.fanout', to: 'mine', key: '' }])
  const bodies: string[] = []
  await core.consume({ queue: 'mine', prefetch: 1 }, async ({ body }) => {
    bodies.push(body.toString())
    return 'ack'
  })
  const sent = { ...to('', 'one'), exchange: 'amq.fanout', properties: { mandatory: true } }
  await core.send(sent)
  cable.cut()
  await once(client, 'connected')
  await until(() => bodies.length === 1)
  for (let arrived = false; !arrived; ) {
    arrived = await core.send({ ...sent, data: 'two' }).then(
      () => true,
      () => false,
    )
  }
  await until(() => bodies.includes('"two"'))
})

test('runs no handler twice at once for a delivery that comes again', async (t) => {
  const { core, cable, url } = await startBench(t)
  await core.declare([jobs])
  let running = 0
  let most = 0
  let runs = 0
  const { promise, resolve: finish } = Promise.withResolvers<void>()
  await core.consume({ queue: 'jobs', prefetch: 5 }, async () => {
    runs++
    most = Math.max(most, ++running)
    await promise
    running--
    return 'ack'
  })
  await core.send(to('jobs', 'long'))
  await until(() => runs === 1)
  cable.cut()
  // The broker delivers it again over the next connection; a probe behind it shows that this has happened.
  await core.send(to('jobs', 'probe'))
  await until(() => runs === 2)
  finish()
  await until(() => running === 0)
  const connection = await amqp(url)
  const channel = await connection.createChannel()
  await new Promise((resolve) => setTimeout(resolve, 100))
  const { messageCount } = await channel.checkQueue('jobs')
  await connection.close()
  assert.deepEqual({ runs, most, messageCount }, { runs: 2, most: 2, messageCount: 0 })
})

test('settles what was handled while there was no connection without handling it again', async (t) => {
  const { core, cable, client } = await startBench(t)
  await core.declare([jobs])
  let runs = 0
  const { promise, resolve: finish } = Promise.withResolvers<void>()
  await core.consume({ queue: 'jobs', prefetch: 5 }, async () => {
    runs++
    await promise
    return 'ack'
  })
  await core.send(to('jobs', 'one'))
  await until(() => runs === 1)
  cable.pull()
  await new Promise((resolve) => setTimeout(resolve, 100))
  finish()
  await new Promise((resolve) => setTimeout(resolve, 20))
  cable.plug()
  await core.send(to('jobs', 'two'))
  await until(() => runs === 2)
  await client.close()
  assert.equal(runs, 2)
})

test('refuses the message that the broker closes channels for, and no other', async (t) => {
  const { core } = await startBench(t)
  await core.declare([jobs])
  const outcomes = await Promise.allSettled([
    core.send(to('jobs', 1)),
    core.send({ ...to('jobs', 2), exchange: 'nowhere' }),
    core.send(to('jobs', 3, { expiration: 'never' })),
    core.send(to('jobs', 4)),
    core.send(to('nobody', 5, { mandatory: true })),
  ])
  assert.deepEqual(
    outcomes.map((one) => (one.status === 'rejected' ? one.reason.name : 'confirmed')),
    ['confirmed', 'PublishRefused', 'PublishRefused', 'confirmed', 'Unroutable'],
  )
  await core.send(to('jobs', 6))
})

test('goes on with the other consumers when the queue of one is gone, and with it when it is back', async (t) => {
  const { core, client, url, errors } = await startBench(t)
  await core.declare([jobs, { kind: 'queue', name: 'other' }])
  const bodies: string[] = []
  for (const queue of ['jobs', 'other']) {
    await core.consume({ queue, prefetch: 1 }, async ({ body }) => {
      bodies.push(`${queue} ${body}`)
      return 'ack'
    })
  }
  const connection = await amqp(url)
  const channel = await connection.createChannel()
  await channel.deleteQueue('jobs')
  await until(() => errors.length > 0)
  await core.send(to('other', 1))
  await channel.assertQueue('jobs', { durable: true })
  await core.send(to('jobs', 2))
  await until(() => bodies.length === 2)
  assert.deepEqual(bodies, ['other 1', 'jobs 2'])
  await connection.close()
  await client.close()
})

test('waits at its end for handlers and for what they send', async (t) => {
  const { core, client, url } = await startBench(t)
  await core.declare([jobs, { kind: 'queue', name: 'done' }])
  let started = false
  await core.consume({ queue: 'jobs', prefetch: 1 }, async () => {
    started = true
    await new Promise((resolve) => setTimeout(resolve, 200))
    await core.send(to('done', 'effect'))
    return 'ack'
  })
  await core.send(to('jobs', 1))
  await until(() => started)
  await client.close()
  const connection = await amqp(url)
  const channel = await connection.createChannel()
  const counts = [await channel.checkQueue('jobs'), await channel.checkQueue('done')].map((one) => one.messageCount)
  await connection.close()
  assert.deepEqual(counts, [0, 1])
  await assert.rejects(core.send(to('jobs', 2)), { code: 'CLIENT_CLOSED' })
})

test('fails at once for a login that is refused, and in time where nobody is', async (t) => {
  const { url } = await startBench(t)
  const wrong = url.replace('guest:guest', 'guest:wrong')
  await assert.rejects(connect(wrong), /ACCESS_REFUSED|ACCESS-REFUSED/)
  await assert.rejects(connect({ url: 'amqp://127.0.0.1:1', connectTimeoutMs: 100 }), /ECONNREFUSED/)
})

test('gives up a message that is not confirmed in time', async (t) => {
  const { core, cable } = await startBench(t, { publishTimeoutMs: 50 })
  await core.declare([jobs])
  cable.deafen()
  await assert.rejects(core.send(to('jobs', 1)), { code: 'NOT_CONFIRMED' })
  cable.cut()
})
