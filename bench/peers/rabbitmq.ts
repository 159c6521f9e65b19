/**
 * RabbitMQ from the machine's packages, as an instance of its own: own node name, directories, ports and epmd, all on
 * loopback, all in the bench's folder. Its settings are the package's defaults.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from '../load/connection.ts'
import { type Broker, endChild, freePort, type Peer, spawnBroker, until } from './broker.ts'

const server = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const startTimeoutMs = 120_000
const stopTimeoutMs = 120_000

export const rabbitmqInstalled = () => existsSync(server)

export const rabbitmq: Peer = { name: 'rabbitmq', start }

async function start(directory: string): Promise<Broker> {
  mkdirSync(join(directory, 'home'), { recursive: true })
  const port = await freePort()
  const epmdPort = String(await freePort())
  const pidFile = join(directory, 'pid')
  const config = join(directory, 'rabbitmq.conf')
  const plugins = join(directory, 'enabled_plugins')
  writeFileSync(pidFile, '')
  writeFileSync(config, '')
  writeFileSync(plugins, '[].\n')
  const env = {
    HOME: join(directory, 'home'),
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_PID_FILE: pidFile,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: epmdPort,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
  const began = performance.now()
  const child = spawnBroker([server], join(directory, 'output.log'), env)
  const alive = () => child.exitCode === null
  try {
    const address = { host: '127.0.0.1', port }
    const product = await until(startTimeoutMs, alive, async () => {
      const connection = await Connection.open(address)
      connection.close()
      return connection.product
    })
    const readyMs = performance.now() - began
    const pid = await until(startTimeoutMs, alive, () => {
      const text = readFileSync(pidFile, 'utf8').trim()
      if (!text) throw new Error('RabbitMQ wrote no pid file')
      return Number(text)
    })
    const end = async (signal: NodeJS.Signals) => {
      process.kill(pid, signal)
      await until(
        stopTimeoutMs,
        () => true,
        () => {
          if (child.exitCode === null && child.signalCode === null) throw new Error('RabbitMQ does not stop')
        },
      )
      execFileSync('epmd', ['-port', epmdPort, '-kill'], { stdio: 'ignore' })
    }
    return { version: product, address, pid, readyMs, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
  } catch (error) {
    await endChild(child, 'SIGTERM', stopTimeoutMs)
    throw new Error(`RabbitMQ did not start; see ${join(directory, 'output.log')}`, { cause: error })
  }
}
