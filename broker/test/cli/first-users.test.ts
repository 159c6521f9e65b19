/** Users, virtual hosts and what a broker tells of itself, as set from outside. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import amqplib from 'amqplib'
import { version } from '../../src/cli/version.ts'
import { Program, temporaryFolder } from './process.ts'

function start(test: TestContext, folder: string, args: readonly string[], env: Record<string, string> = {}): Program {
  const program = new Program(['--data-dir', join(folder, 'data'), '--amqp-port', '0', ...args], env)
  test.after(() => program.end('SIGKILL'))
  return program
}

async function login(program: Program, user: string, pass: string, vhost = ''): Promise<amqplib.ChannelModel> {
  return amqplib.connect(`amqp://${user}:${pass}@127.0.0.1:${await program.port()}/${vhost}`)
}

async function channelRefusal(connection: amqplib.ChannelModel, queue: string): Promise<string> {
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  return channel.assertQueue(queue, { durable: true }).then(
    () => 'accepted',
    (error) => String(error.message),
  )
}

describe('the first user', () => {
  it('is guest with all permissions', async (test) => {
    const program = start(test, temporaryFolder(test), [])
    const connection = await login(program, 'guest', 'guest')
    assert.equal(await channelRefusal(connection, 'q'), 'accepted')
    await connection.close()
  })

  it('comes from the environment, instead of guest and once only', async (test) => {
    const folder = temporaryFolder(test)
    const env = { SIGNALBOX_DEFAULT_USER: 'me', SIGNALBOX_DEFAULT_PASS: 'se:cret', SIGNALBOX_DEFAULT_VHOST: 'home' }
    const first = start(test, folder, [], env)
    await (await login(first, 'me', 'se%3Acret', 'home')).close()
    await assert.rejects(login(first, 'guest', 'guest'), /ACCESS_REFUSED/)
    await first.end()

    const second = start(test, folder, [], { ...env, SIGNALBOX_DEFAULT_USER: 'other', SIGNALBOX_DEFAULT_PASS: 'x' })
    await (await login(second, 'me', 'se%3Acret', 'home')).close()
    await assert.rejects(login(second, 'other', 'x', 'home'), /ACCESS_REFUSED/)
  })
})

describe('the config file', () => {
  it('makes users, virtual hosts and permissions, and changes them at the next start', async (test) => {
    const folder = temporaryFolder(test)
    const config = join(folder, 'box.yaml')
    const write = (password: string) =>
      writeFileSync(
        config,
        `vhosts: [staging]\nusers:\n  alice:\n    password: ${password}\n    permissions:\n      staging: { configure: ^a, write: .*, read: .* }\n`,
      )
    write('0123')
    const first = start(test, folder, ['--config', config])
    const connection = await login(first, 'alice', '0123', 'staging')
    assert.equal(await channelRefusal(connection, 'a'), 'accepted')
    assert.match(await channelRefusal(connection, 'b'), /403.*configure access to queue 'b' in vhost 'staging' refused/)
    await connection.close()
    await assert.rejects(login(first, 'alice', '0123'), /ConnectionClose/)
    await first.end()

    write('4567')
    const second = start(test, folder, ['--config', config])
    await (await login(second, 'alice', '4567', 'staging')).close()
    await assert.rejects(login(second, 'alice', '0123', 'staging'), /ACCESS_REFUSED/)
  })
})

describe('--definitions', () => {
  it("takes a RabbitMQ's users with their hashes, and its queues", async (test) => {
    const folder = temporaryFolder(test)
    const file = join(folder, 'export.json')
    const definitions = {
      rabbit_version: '3.13.7',
      // The example of RabbitMQ's documentation: the password is test12.
      users: [
        {
          name: 'carol',
          password_hash: 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
          hashing_algorithm: 'rabbit_password_hashing_sha256',
          tags: [],
        },
      ],
      vhosts: [{ name: 'shop' }],
      permissions: [{ user: 'carol', vhost: 'shop', configure: '.*', write: '.*', read: '.*' }],
      queues: [
        { name: 'orders', vhost: 'shop', durable: true, auto_delete: false, arguments: {} },
        { name: 'kept', vhost: 'shop', durable: true, auto_delete: false, arguments: { 'x-queue-type': 'stream' } },
        { name: 'late', vhost: 'shop', durable: true, auto_delete: false, arguments: { 'x-queue-type': 'telepathic' } },
      ],
      exchanges: [],
      bindings: [],
    }
    writeFileSync(file, JSON.stringify(definitions))
    const program = start(test, folder, ['--definitions', file])
    const connection = await login(program, 'carol', 'test12', 'shop')
    const channel = await connection.createChannel()
    for (const queue of ['orders', 'kept']) assert.equal((await channel.checkQueue(queue)).queue, queue)
    await connection.close()
    assert.match(program.stderr, /late.*telepathic/)
  })

  it('refuses a file that is none, with its name', async (test) => {
    const folder = temporaryFolder(test)
    const file = join(folder, 'export.json')
    writeFileSync(file, '{"users": 3}')
    const program = start(test, folder, ['--definitions', file])
    assert.deepEqual(await program.ended, { code: 1, signal: null })
    assert.match(program.stderr, /^signalbox: \S+export\.json: .*\n.*users: expected array/)
  })
})

describe('server properties', () => {
  const propertiesOf = async (program: Program) => {
    const connection = await login(program, 'guest', 'guest')
    await connection.close()
    return (connection.connection as { serverProperties: Record<string, unknown> }).serverProperties
  }
  it('say what it is and which dialect it speaks', async (test) => {
    const properties = await propertiesOf(start(test, temporaryFolder(test), []))
    assert.equal(properties.product, 'Signalbox')
    assert.match(String(properties.version), /^\d+\.\d+\.\d+$/)
    assert.equal(properties.signalbox_version, version)
  })
  it('name another product if told to', async (test) => {
    const properties = await propertiesOf(start(test, temporaryFolder(test), ['--product', 'RabbitMQ']))
    assert.equal(properties.product, 'RabbitMQ')
  })
})
