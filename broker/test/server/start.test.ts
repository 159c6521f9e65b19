// What a start leaves alone, what it takes over, and what a failed one gives back.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import amqplib from 'amqplib'
import { type Broker, startBroker } from '../../src/index.ts'
import { temporaryFolder } from '../cli/process.ts'

/** Leaves the file of a Unix socket as a kill -9 does. */
function leaveSocket(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  assert.ok(existsSync(path))
}

test('the socket file of a killed broker is replaced, and gone after a stop', async (t) => {
  const path = join(temporaryFolder(t), 'socket')
  leaveSocket(path)
  const broker = await startBroker({ memory: true, amqpPort: null, amqpSocket: path })
  const connection = await amqplib.connect('amqp://guest:guest@localhost', { path } as never)
  await connection.close()
  await broker.stop()
  assert.ok(!existsSync(path))
})

test('a socket that somebody listens on is left to them', async (t) => {
  const path = join(temporaryFolder(t), 'socket')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  await assert.rejects(startBroker({ memory: true, amqpPort: null, amqpSocket: path }), { code: 'EADDRINUSE' })
  assert.ok(existsSync(path))
})

test('a file that is no socket is never removed', async (t) => {
  const path = join(temporaryFolder(t), 'letter')
  writeFileSync(path, 'dear broker')
  await assert.rejects(startBroker({ memory: true, amqpPort: null, amqpSocket: path }), { code: 'EADDRINUSE' })
  assert.equal(readFileSync(path, 'utf8'), 'dear broker')
})

test('a start that fails gives back its port and its folder', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data')
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  await assert.rejects(startBroker({ dataDir, amqpPort: port }), { code: 'EADDRINUSE' })
  await new Promise((resolve) => taken.close(resolve))
  const broker = await startBroker({ dataDir, amqpPort: port })
  await broker.stop()
})

test('a stop tells clients why, and what they had comes back after the next start', async (t) => {
  const started: Broker[] = []
  t.after(() => Promise.all(started.map((one) => one.stop())))
  const dataDir = join(temporaryFolder(t), 'data')
  const broker = await startBroker({ dataDir })
  started.push(broker)
  const connection = await amqplib.connect(broker.amqpUrl!)
  const closed = new Promise<Error>((resolve) => connection.on('close', resolve))
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue('q')
  for (let i = 0; i < 3; i++) channel.sendToQueue('q', Buffer.from(`${i}`), { persistent: true })
  await channel.waitForConfirms()
  assert.ok(await channel.get('q', {}))
  const settled = (await channel.get('q', {})) as amqplib.GetMessage
  channel.ack(settled)
  // A passive declare comes back after the ack was heard.
  await channel.checkQueue('q')
  await broker.stop()
  assert.match((await closed).message, /320.*CONNECTION[-_]FORCED/)
  const again = await startBroker({ dataDir })
  started.push(again)
  const second = await amqplib.connect(again.amqpUrl!)
  const reader = await second.createChannel()
  const found: string[] = []
  for (let one = await reader.get('q', { noAck: true }); one; one = await reader.get('q', { noAck: true })) {
    found.push(`${one.content}${one.fields.redelivered ? '!' : ''}`)
  }
  assert.deepEqual(found, ['0!', '2'])
  await second.close()
  await again.stop()
})
