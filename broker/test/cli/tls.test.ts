import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import amqplib from 'amqplib'
import { Program, temporaryFolder } from './process.ts'

// For localhost, signed by itself, good for a hundred years and for nothing but these tests.
const certificate = join(import.meta.dirname, 'certificate/certificate.pem')
const key = join(import.meta.dirname, 'certificate/key.pem')

describe('the TLS listener', () => {
  it('carries AMQP, also a body of many records', async (test) => {
    const folder = join(temporaryFolder(test), 'data')
    const tls = ['--tls-cert', certificate, '--tls-key', key, '--amqps-port', '0']
    const program = new Program(['--data-dir', folder, '--amqp-port', 'off', ...tls])
    test.after(() => program.end('SIGKILL'))
    const port = await program.port('amqps')

    const url = `amqps://guest:guest@localhost:${port}`
    await assert.rejects(amqplib.connect(url), /self.signed certificate/i)
    const connection = await amqplib.connect(url, { ca: [readFileSync(certificate)] })
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('q')
    const body = Buffer.alloc(1_000_000, 'tls ')
    channel.sendToQueue('q', body)
    await channel.waitForConfirms()
    const message = await channel.get('q', { noAck: true })
    assert.ok(message)
    assert.ok(message.content.equals(body))
    await connection.close()
    assert.deepEqual(await program.end(), { code: 0, signal: null })
  })

  it('is refused without a readable certificate', async (test) => {
    const folder = join(temporaryFolder(test), 'data')
    const program = new Program([
      '--data-dir',
      folder,
      '--amqp-port',
      '0',
      '--tls-cert',
      '/nowhere.pem',
      '--tls-key',
      key,
    ])
    assert.deepEqual(await program.ended, { code: 1, signal: null })
    assert.match(program.stderr, /^signalbox: .*ENOENT.*\/nowhere\.pem/)
  })
})
