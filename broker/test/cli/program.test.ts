import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import amqplib from 'amqplib'
import { version } from '../../src/cli/version.ts'
import { Program, temporaryFolder } from './process.ts'

/** Starts the program on free ports and an empty folder; ends it with the test. */
function start(test: TestContext, args: readonly string[] = [], env: Record<string, string> = {}): Program {
  const folder = args.includes('--data-dir') ? [] : ['--data-dir', join(temporaryFolder(test), 'data')]
  const port = args.includes('--amqp-port') || env.SIGNALBOX_AMQP_PORT ? [] : ['--amqp-port', '0']
  const program = new Program([...folder, ...port, ...args], env)
  test.after(() => program.end('SIGKILL'))
  return program
}

/** @param code 1: of the surroundings; 2: of the settings */
async function refusal(code: 1 | 2, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const program = new Program(args, env)
  assert.deepEqual(await program.ended, { code, signal: null })
  assert.equal(program.stdout, '')
  return program.stderr
}

const healthCheck = (port: number): Promise<number> =>
  new Promise((resolve) => {
    const script = join(import.meta.dirname, '../../../packaging/health-check.mjs')
    execFile(process.execPath, [script, '127.0.0.1', String(port)], (error) => resolve(Number(error?.code ?? 0)))
  })

describe('a start', () => {
  it('prints one ready line and nothing else', async (test) => {
    const program = start(test)
    assert.match(
      await program.ready(),
      /^signalbox ready amqp=127\.0\.0\.1:\d+ kafka=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+$/,
    )
    assert.deepEqual(await program.end(), { code: 0, signal: null })
    assert.equal(program.stdout.split('\n').length, 2)
    assert.doesNotMatch(program.stderr, /warn|Experimental/i)
  })

  it('takes flags before the environment before the file', async (test) => {
    const folder = temporaryFolder(test)
    const config = join(folder, 'box.yaml')
    writeFileSync(config, `host: 127.0.0.3\namqp_port: 0\namqp_socket: ${folder}/from-file\n`)
    const program = start(test, ['--config', config, '--amqp-socket', `${folder}/from-flag`], {
      SIGNALBOX_HOST: '127.0.0.2',
      SIGNALBOX_AMQP_SOCKET: `${folder}/from-environment`,
    })
    assert.match(await program.ready(), /amqp=127\.0\.0\.2:\d+ .*amqp-socket=.*\/from-flag$/)
  })

  it('leaves a listener out', async (test) => {
    const folder = temporaryFolder(test)
    const program = start(test, [
      '--amqp-port',
      'off',
      '--kafka-port',
      'off',
      '--http-port',
      'off',
      '--amqp-socket',
      `${folder}/socket`,
    ])
    assert.match(await program.ready(), /amqp=off kafka=off http=off amqp-socket=/)
  })

  it('answers the health check until it is stopped', async (test) => {
    const program = start(test)
    const port = await program.port()
    assert.equal(await healthCheck(port), 0)
    await program.end()
    assert.equal(await healthCheck(port), 1)
  })
})

describe('a stop', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`by ${signal} closes clients with 320 and exits 0`, async (test) => {
      const program = start(test)
      const connection = await amqplib.connect(`amqp://127.0.0.1:${await program.port()}`)
      const closed = new Promise<Error>((resolve) => connection.on('error', resolve))
      connection.on('close', () => {})
      const [ended, error] = await Promise.all([
        program.end(signal),
        Promise.race([closed, new Promise<Error>((resolve) => connection.on('close', resolve))]),
      ])
      assert.deepEqual(ended, { code: 0, signal: null })
      assert.match(String(error), /320.*CONNECTION[_-]FORCED/)
    })
  }
})

describe('a start is refused', () => {
  it('for a taken port, naming who holds it and the flag', async (test) => {
    const server = createServer().listen(0, '127.0.0.1')
    test.after(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const said = await refusal(1, ['--amqp-port', String(port), '--data-dir', join(temporaryFolder(test), 'data')])
    const holder = process.platform === 'linux' ? ` by .* \\(pid ${process.pid}\\)` : ''
    assert.match(said, new RegExp(`^signalbox: port ${port} is taken${holder}; choose another with --amqp-port\n$`))
  })

  it('for a data directory in use, until its holder is killed', async (test) => {
    const folder = join(temporaryFolder(test), 'data')
    const first = start(test, ['--data-dir', folder])
    await first.ready()
    const said = await refusal(1, ['--amqp-port', '0', '--data-dir', folder])
    assert.match(said, new RegExp(`is in use by process ${first.child.pid}; .*--data-dir`))
    await first.end('SIGKILL')
    const second = start(test, ['--data-dir', folder])
    await second.ready()
  })

  it('for an unknown flag, with a guess', async () => {
    assert.match(await refusal(2, ['--amqp-prot', '1']), /unknown option '--amqp-prot'[\s\S]*--amqp-port/)
  })

  it('for a word that is no flag', async () => {
    assert.match(await refusal(2, ['serve']), /too many arguments/)
  })

  it('for an unknown key, with its place', async (test) => {
    const config = join(temporaryFolder(test), 'box.yaml')
    writeFileSync(config, 'host: 127.0.0.1\namqp_prot: 1\n')
    const said = await refusal(2, ['--config', config])
    assert.equal(said, `signalbox: amqp_prot at ${config}:2:1 is no setting (did you mean amqp_port?)\n`)
  })

  it('for a config file that is not there', async () => {
    assert.match(await refusal(2, [], { SIGNALBOX_CONFIG: '/nowhere.yaml' }), /cannot be read: ENOENT.*nowhere\.yaml/)
  })

  it('for a taken port of HTTP, naming its flag', async (test) => {
    const port = await start(test).port('http')
    const flags = ['--amqp-port', '0', '--http-port', String(port)]
    const said = await refusal(1, [...flags, '--data-dir', join(temporaryFolder(test), 'data')])
    assert.match(said, new RegExp(`^signalbox: port ${port} is taken.*; choose another with --http-port\n$`))
  })

  it('for a taken port of Kafka, naming its flag', async (test) => {
    const port = await start(test).port('kafka')
    const flags = ['--amqp-port', '0', '--kafka-port', String(port)]
    const said = await refusal(1, [...flags, '--data-dir', join(temporaryFolder(test), 'data')])
    assert.match(said, new RegExp(`^signalbox: port ${port} is taken.*; choose another with --kafka-port\n$`))
  })

  it('for an address that is not ours', async (test) => {
    const folder = join(temporaryFolder(test), 'data')
    const said = await refusal(1, ['--host', '192.0.2.1', '--amqp-port', '0', '--data-dir', folder])
    assert.match(said, /192\.0\.2\.1 is no address of this machine; choose one with --host/)
  })
})

describe('a listener beyond loopback', () => {
  const warning = /listening on 0\.0\.0\.0, but the only user is guest/
  it('is warned about once while only guest exists', async (test) => {
    const program = start(test, ['--host', '0.0.0.0'])
    await program.ready()
    await program.end()
    assert.equal(program.stderr.match(new RegExp(warning, 'g'))?.length, 1, program.stderr)
  })
  it('is fine with a user of your own', async (test) => {
    const program = start(test, ['--host', '0.0.0.0'], {
      SIGNALBOX_DEFAULT_USER: 'me',
      SIGNALBOX_DEFAULT_PASS: 'secret',
    })
    const port = await program.port()
    await (await amqplib.connect(`amqp://me:secret@127.0.0.1:${port}`)).close()
    await program.end()
    assert.doesNotMatch(program.stderr, warning)
  })
})

describe('a question', () => {
  for (const [flag, answer] of [
    ['--version', new RegExp(`^${version}\n$`)],
    ['--help', /--amqp-port <value>[\s\S]*Default: 5672/],
  ] as const) {
    it(`${flag} is answered without a start`, async () => {
      const program = new Program([flag])
      assert.deepEqual(await program.ended, { code: 0, signal: null })
      assert.match(program.stdout, answer)
    })
  }
})
