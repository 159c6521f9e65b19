/** What a client sees of an alarm in a real process: the limits are set so that the alarm is there from the start. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import amqplib from 'amqplib'
import { Program, temporaryFolder } from './process.ts'

async function broker(test: TestContext, ...args: string[]): Promise<Program> {
  const program = new Program(['--amqp-port', '0', '--data-dir', join(temporaryFolder(test), 'data'), ...args])
  test.after(() => program.end('SIGKILL'))
  await program.ready()
  return program
}

/** The reason of connection.blocked after a publish. */
async function blockedReason(program: Program): Promise<string> {
  const connection = await amqplib.connect(`amqp://127.0.0.1:${await program.port()}`)
  connection.on('error', () => {})
  const blocked = new Promise<string>((resolve) => connection.on('blocked', resolve))
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue('q')
  channel.sendToQueue('q', Buffer.from('one'))
  return blocked
}

describe('an alarm', () => {
  it('of memory blocks who publishes, and says why', async (test) => {
    assert.equal(await blockedReason(await broker(test, '--vm-memory-high-watermark', '1MiB')), 'low on memory')
  })

  it('of the disk blocks who publishes, and says why', async (test) => {
    assert.equal(await blockedReason(await broker(test, '--disk-free-limit', '1000000GiB')), 'low on disk')
  })

  it('does not keep others from their channels, nor the broker from stopping', async (test) => {
    const program = await broker(test, '--disk-free-limit', '1000000GiB')
    await blockedReason(program)
    const connection = await amqplib.connect(`amqp://127.0.0.1:${await program.port()}`)
    connection.on('error', () => {})
    const channel = await connection.createChannel()
    assert.equal((await channel.checkQueue('q')).queue, 'q')
    assert.deepEqual(await program.end(), { code: 0, signal: null })
  })
})
