/** Clients on another machine: a network namespace of its own, joined to this one by a pair of virtual devices. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type BrokerOptions, startBroker } from '../../src/index.ts'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { portOf } from './client.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, 'every-api.ts')
const name = `sb${process.pid}`
/** A network of two addresses, from the range for tests (RFC 2544). */
const network = `198.18.${(process.pid >> 6) & 0xff}.${(process.pid & 0x3f) * 4}`
const [here, there] = [1, 2].map((host) => network.replace(/\d+$/, (last) => String(Number(last) + host)))

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })

/** @returns why there is no other machine, if so */
function joinNetworks(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  try {
    ip('netns', 'add', name)
    process.on('exit', () => ip('netns', 'delete', name))
    ip('link', 'add', `${name}a`, 'type', 'veth', 'peer', 'name', `${name}b`, 'netns', name)
    ip('address', 'add', `${here}/30`, 'dev', `${name}a`)
    ip('link', 'set', `${name}a`, 'up')
    ip('-n', name, 'address', 'add', `${there}/30`, 'dev', `${name}b`)
    ip('-n', name, 'link', 'set', `${name}b`, 'up')
    return false
  } catch (error) {
    return `network namespaces cannot be had here: ${(error as Error).message}`
  }
}

/** Which APIs answer a client there. */
async function answered(test: TestContext, options: Partial<BrokerOptions>, ...args: string[]): Promise<string[]> {
  const broker = await startBroker({
    memory: true,
    amqpPort: null,
    host: '0.0.0.0',
    logLevel: 'fatal',
    ...options,
  } as BrokerOptions)
  test.after(() => broker.stop())
  const address = `${here}:${portOf(broker.kafkaBootstrap!)}`
  const { stdout } = await run('ip', ['netns', 'exec', name, process.execPath, SCRIPT, address, ...args])
  return JSON.parse(stdout)
}

const every = HANDLERS.map(({ api }) => api.name)
const beforeLogin = every.filter((one) => one === 'ApiVersions' || one === 'SaslHandshake')

describe('a client on another machine', () => {
  const skip = joinNetworks()

  it('is served no API without a login', { skip }, async (test) => {
    assert.deepEqual(await answered(test, {}), [])
  })

  it('is served as the user that a setting names', { skip }, async (test) => {
    assert.deepEqual(await answered(test, { kafka: { anonymous: 'guest' } }), every)
  })

  it('is served as whom it logs in, if that is not guest', { skip }, async (test) => {
    const permissions = { '/': { configure: '.*', write: '.*', read: '.*' } }
    const users = { alice: { password: 'secret', permissions } }
    assert.deepEqual(await answered(test, { kafkaSasl: true, users }, 'alice:secret'), every)
    assert.deepEqual(await answered(test, { kafkaSasl: true, users }, 'guest:guest'), [])
    assert.deepEqual(await answered(test, { kafkaSasl: true, users }), beforeLogin)
  })
})
