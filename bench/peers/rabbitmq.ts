/**
 * RabbitMQ as an instance of its own: own node name, directories, ports and epmd, all on loopback, all in the bench's
 * folder. Its settings are the package's defaults.
 *
 * With a `root`, the server is the one installed in that folder of a newer Debian. It runs there by chroot, in a mount
 * namespace of its own that ends with it and in which its data directory, on the same disk as everybody's, is `/mnt`.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from '../load/connection.ts'
import { atExit, type Broker, endChild, freePort, type Peer, spawnBroker, until } from './broker.ts'

export const rabbitmqServer = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const startTimeoutMs = 120_000
const stopTimeoutMs = 120_000
const stopSecondsMax = 60

const inRoot = `
mount -t proc proc "$1/proc" && mount --bind "$2" "$1/mnt" && mount --bind /etc/hosts "$1/etc/hosts" && exec chroot "$1" "$3"
`

export function rabbitmq(root?: string): Peer {
  return { start: (directory) => start(directory, root) }
}

async function start(directory: string, root?: string): Promise<Broker> {
  mkdirSync(join(directory, 'home'), { recursive: true })
  const seen = root ? '/mnt' : directory
  const pidFile = join(directory, 'pid')
  writeFileSync(pidFile, '')
  writeFileSync(join(directory, 'rabbitmq.conf'), '')
  writeFileSync(join(directory, 'enabled_plugins'), '[].\n')
  const port = await freePort()
  const epmdPort = String(await freePort())
  const env = {
    HOME: join(seen, 'home'),
    RABBITMQ_NODENAME: 'bench@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_MNESIA_BASE: join(seen, 'data'),
    RABBITMQ_LOG_BASE: join(seen, 'log'),
    RABBITMQ_CONFIG_FILE: join(seen, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(seen, 'enabled_plugins'),
    RABBITMQ_PID_FILE: join(seen, 'pid'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: epmdPort,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
  const command = root
    ? ['unshare', '--mount', '/bin/sh', '-c', inRoot, 'sh', root, directory, rabbitmqServer]
    : [rabbitmqServer]
  const stopEpmd = () => endEpmd(epmdPort)
  const epmdStopped = atExit(stopEpmd)
  const began = performance.now()
  const child = spawnBroker(command, join(directory, 'output.log'), env)
  const alive = () => child.exitCode === null && child.signalCode === null
  try {
    const address = { host: '127.0.0.1', port }
    const version = await until(startTimeoutMs, alive, async () => {
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
      // A stop asked for once has been seen to hang for ever, and to go through when asked for again.
      for (const next of [signal, signal, 'SIGKILL'] as const) {
        if (!alive()) break
        process.kill(pid, next)
        await Promise.race([once(child, 'exit'), sleep(stopSecondsMax * 1000, undefined, { ref: false })])
      }
      stopEpmd()
      epmdStopped()
    }
    return { version, address, pid, readyMs, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
  } catch (error) {
    await endChild(child, 'SIGTERM', stopTimeoutMs)
    throw new Error(`RabbitMQ did not start; see ${join(directory, 'output.log')}`, { cause: error })
  }
}

/** The port mapper refuses to end while a node is registered, and a node that has just ended may still be. */
function endEpmd(port: string): void {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (spawnSync('epmd', ['-port', port, '-kill']).status === 0) return
    spawnSync('sleep', ['0.1'])
  }
}
