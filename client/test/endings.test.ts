/** What the client does when a connection, a channel, a consumer or itself ends in the middle of something. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect as amqp } from 'amqplib'
import { connect } from '../src/connect.ts'
import { startBench, to, until } from './core.ts'

const jobs = { kind: 'queue', name: 'jobs', options: { durable: true } } as const
const CONNECTION_CLOSE = [10, 50] as const
const CHANNEL_OPEN = [20, 10] as const
const CHANNEL_CLOSE = [20, 40] as const

test('declares though the connection goes while the channel is being closed', async (t) => {
  const { core, cable } = await startBench(t)
  cable.whenSaid(CHANNEL_CLOSE, () => {
    cable.deafen()
    setTimeout(() => cable.cut(), 20)
  })
  await core.declare([jobs])
  await core.send(to('jobs', 1))
})

test('comes back though the next connection goes while it is set up', async (t) => {
  const { core, cable } = await startBench(t)
  await core.declare([jobs])
  await core.declareForConsumer([jobs])
  let handled = 0
  await core.consume({ queue: 'jobs', prefetch: 1 }, async () => {
    handled++
    return 'ack'
  })
  cable.whenSaid(CHANNEL_CLOSE, () => {
    cable.deafen()
    setTimeout(() => cable.cut(), 20)
  })
  cable.cut()
  await new Promise((resolve) => setTimeout(resolve, 200))
  await core.send(to('jobs', 1))
  await until(() => handled === 1)
})

test('closes though the broker does not say goodbye', async (t) => {
  const { core, cable, client } = await startBench(t, { graceMs: 50 })
  await core.declare([jobs])
  await core.consume({ queue: 'jobs', prefetch: 1 }, async () => 'ack')
  cable.whenSaid(CONNECTION_CLOSE, () => {
    cable.deafen()
    setTimeout(() => cable.cut(), 200)
  })
  await client.close()
})

test('tells that no queue takes a message without an id', async (t) => {
  const { client } = await startBench(t)
  const message = { exchange: '', routingKey: 'nobody', body: Buffer.from('1'), properties: { mandatory: true } }
  await assert.rejects(client.publish(message), { code: 'UNROUTABLE' })
})

test('goes on after a message that cannot be written while it looks for one that is refused', async (t) => {
  const { core, cable } = await startBench(t, { publishTimeoutMs: 5000 })
  await core.declare([jobs])
  const unwritable = { ...to('jobs', 2), headers: { no: () => {} } }
  const late = Promise.withResolvers<PromiseSettledResult<string>[]>()
  cable.whenSaid(CHANNEL_OPEN, () => {
    Promise.allSettled([core.send(unwritable), core.send(to('jobs', 3))]).then(late.resolve)
  })
  await assert.rejects(core.send({ ...to('jobs', 1), exchange: 'nowhere' }), { code: 'PUBLISH_REFUSED' })
  const outcomes = await late.promise
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
})

test('keeps the order of those that wait for their turn', async (t) => {
  const { core, url } = await startBench(t, { unconfirmedMax: 1 })
  await core.declare([jobs])
  const publish = (body: string): Promise<void> => core.publish(core.message(to('jobs', body)))
  await Promise.all([publish('first').then(() => publish('third')), publish('second')])
  const connection = await amqp(url)
  const channel = await connection.createChannel()
  const bodies: string[] = []
  for (let one = await channel.get('jobs'); one !== false; one = await channel.get('jobs')) {
    bodies.push(one.content.toString())
  }
  await connection.close()
  assert.deepEqual(bodies, ['"first"', '"second"', '"third"'])
})

test('does not subscribe again what was stopped while it reconnected', async (t) => {
  const { core, cable, client, url } = await startBench(t)
  await core.declareForConsumer([jobs])
  let handled = 0
  const consumer = await core.consume({ queue: 'jobs', prefetch: 1 }, async () => {
    handled++
    return 'ack'
  })
  cable.cut()
  let stopped: Promise<void> | null = null
  // The channels of what is declared again come first.
  for (let channels = 1; channels <= 6; channels++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    cable.whenSaid(CHANNEL_OPEN, () => {
      if ((consumer as unknown as { model: object | null }).model !== null) stopped ??= core.stop(consumer, 100)
      resolve()
    })
    await Promise.race([promise, new Promise((done) => setTimeout(done, 300))])
  }
  assert.ok(stopped)
  await stopped
  await until(() => core.send(to('jobs', 1)).then(() => true))
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(handled, 0)
  await client.close()
  const connection = await amqp(url)
  const channel = await connection.createChannel()
  assert.equal((await channel.checkQueue('jobs')).messageCount, 1)
  await connection.close()
})

test('refuses to consume what is not there, and connects again all the same', async (t) => {
  const { core, cable, client } = await startBench(t)
  await core.declare([jobs])
  cable.pull()
  await once(client, 'disconnected')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const consume = core.consume({ queue: 'missing', prefetch: 1 }, async () => 'ack')
  consume.catch(() => {})
  cable.plug()
  await core.send(to('jobs', 1))
  await assert.rejects(consume, /404/)
})

test('a handler that closes the client waits for nothing, and its message is settled', async (t) => {
  const { core, client, url } = await startBench(t, { graceMs: 10_000 })
  await core.declare([jobs])
  const ended = Promise.withResolvers<void>()
  await core.consume({ queue: 'jobs', prefetch: 1 }, async () => {
    await client.close()
    ended.resolve()
    return 'ack'
  })
  const began = performance.now()
  await core.send(to('jobs', 1))
  await ended.promise
  await client.close()
  assert.ok(performance.now() - began < 9000)
  const connection = await amqp(url)
  const channel = await connection.createChannel()
  assert.equal((await channel.checkQueue('jobs')).messageCount, 0)
  await connection.close()
})

test('says what to do about a queue that is there with other settings', async (t) => {
  const { core } = await startBench(t)
  await core.declare([jobs])
  const other = { ...jobs, options: { durable: true, arguments: { 'x-max-length': 5 } } }
  await assert.rejects(core.declare([other]), { replyCode: 406, message: /inequivalent.*delete it once it is empty/ })
})

test('refuses at once a url that is none', async () => {
  for (const url of ['http://127.0.0.1', '127.0.0.1:5672', '']) await assert.rejects(connect(url), TypeError)
})
