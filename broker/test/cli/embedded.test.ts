import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import amqplib from 'amqplib'
import { startBroker } from '../../src/index.ts'
import { temporaryFolder } from './process.ts'

async function send(url: string, queue: string, text: string): Promise<void> {
  const connection = await amqplib.connect(url)
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue(queue, { durable: true })
  channel.sendToQueue(queue, Buffer.from(text), { persistent: true })
  await channel.waitForConfirms()
  await connection.close()
}

async function receive(url: string, queue: string): Promise<string | undefined> {
  const connection = await amqplib.connect(url)
  const channel = await connection.createChannel()
  await channel.assertQueue(queue, { durable: true })
  const message = await channel.get(queue, { noAck: true })
  await connection.close()
  return message ? message.content.toString() : undefined
}

const refused = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('connect', () => resolve(false)).on('error', () => resolve(true))
  })

describe('a broker in this process', () => {
  it('carries a message, and its port is free after stop', async () => {
    const broker = await startBroker({ memory: true })
    assert.match(broker.amqpUrl!, /^amqp:\/\/guest:guest@127\.0\.0\.1:\d+$/)
    assert.match(broker.kafkaBootstrap!, /^127\.0\.0\.1:\d+$/)
    assert.match(broker.httpUrl!, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.equal((await fetch(`${broker.httpUrl}/api/whoami`)).status, 401)
    await send(broker.amqpUrl!, 'q', 'hello')
    assert.equal(await receive(broker.amqpUrl!, 'q'), 'hello')
    await broker.stop()
    assert.ok(await refused(broker.amqpUrl!))
    assert.ok(await refused(broker.httpUrl!))
  })

  it('shares nothing with a second one', async () => {
    const [one, two] = await Promise.all([startBroker({ memory: true }), startBroker({ memory: true })])
    await send(one.amqpUrl!, 'q', 'for one')
    assert.equal(await receive(two.amqpUrl!, 'q'), undefined)
    assert.equal(await receive(one.amqpUrl!, 'q'), 'for one')
    await Promise.all([one.stop(), two.stop()])
  })

  it('keeps messages in a folder over a stop', async (test) => {
    const dataDir = join(temporaryFolder(test), 'data')
    const first = await startBroker({ dataDir })
    await send(first.amqpUrl!, 'q', 'kept')
    await first.stop()
    const second = await startBroker({ dataDir })
    assert.equal(await receive(second.amqpUrl!, 'q'), 'kept')
    await second.stop()
  })

  it('adds no handler to the process, and leaves it free to end', () => {
    const script = `
      import assert from 'node:assert/strict'
      import { startBroker } from ${JSON.stringify(join(import.meta.dirname, '../../src/index.ts'))}
      const globals = Object.getOwnPropertyNames(globalThis).length
      const broker = await startBroker({ memory: true })
      assert.deepEqual(['SIGINT', 'SIGTERM', 'exit', 'uncaughtException'].map((name) => process.listenerCount(name)), [0, 0, 0, 0])
      assert.equal(Object.getOwnPropertyNames(globalThis).length, globals)
      await broker.stop()
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual(process.getActiveResourcesInfo().filter((kind) => !/Pipe|TTY/.test(kind)), [])
    `
    const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 120_000,
    })
    assert.deepEqual({ status, signal, stderr }, { status: 0, signal: null, stderr: '' })
  })

  it('refuses an option that it does not know', async () => {
    const options = { memory: true as const, amqpPrt: 1 }
    await assert.rejects(startBroker(options), /amqpPrt is no option \(did you mean amqpPort\?\)/)
  })
})
