/**
 * A real RabbitMQ with its management plugin, as an instance of its own: own node name, ports and directory, all on
 * loopback, with the package's defaults but that it takes statistics every second. What the suite is measured by.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { debianPackages } from '../install.ts'
import type { Target } from './target.ts'

const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const SECONDS_TO_START = 120
const SECONDS_TO_STOP = 20

const PLUGINS = [
  'management',
  'shovel_management',
  'federation_management',
  'stream_management',
  'consistent_hash_exchange',
  'random_exchange',
  'recent_history_exchange',
  'event_exchange',
]

/** Installed first if need be. @throws if it does not answer in time, with its last words */
export async function startRabbitmq(): Promise<Target> {
  await debianPackages(['rabbitmq-server'])
  const directory = await mkdtemp(join(tmpdir(), 'rabbitmq-interop-'))
  const at = (name: string) => join(directory, name)
  const [amqp, http, stream, distribution, epmd] = [
    await port(),
    await port(),
    await port(),
    await port(),
    await port(),
  ]
  await writeFile(at('enabled_plugins'), `[${PLUGINS.map((name) => `rabbitmq_${name}`).join()}].`)
  await writeFile(
    at('rabbitmq.conf'),
    [
      `listeners.tcp.1 = 127.0.0.1:${amqp}`,
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${http}`,
      `stream.listeners.tcp.1 = 127.0.0.1:${stream}`,
      'collect_statistics_interval = 1000',
      'loopback_users = none',
    ].join('\n'),
  )
  const words: string[] = []
  const child = spawn(PROGRAM, [], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: {
      ...process.env,
      HOME: directory,
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: 'rabbit@localhost',
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none',
    },
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => words.push(String(text)))
  const end = () => endGroup(child)
  process.on('exit', end)
  const stop = async () => {
    await endGently(child)
    process.off('exit', end)
    spawnSync('epmd', ['-port', String(epmd), '-kill'])
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  const url = `http://guest:guest@127.0.0.1:${http}`
  for (const until = Date.now() + SECONDS_TO_START * 1000; !(await answers(http)); await sleep(300)) {
    if (child.exitCode === null && Date.now() < until) continue
    await stop()
    throw new Error(`RabbitMQ did not start: ${words.join('').slice(-500)}`)
  }
  return { name: 'rabbitmq', http: url, amqp: `amqp://guest:guest@127.0.0.1:${amqp}/%2f`, stop }
}

async function answers(http: number): Promise<boolean> {
  const headers = { authorization: `Basic ${btoa('guest:guest')}` }
  try {
    const answer = await fetch(`http://127.0.0.1:${http}/api/overview`, { headers, signal: AbortSignal.timeout(3000) })
    return answer.status === 200 && ((await answer.json()) as { listeners: unknown[] }).listeners.length > 1
  } catch {
    return false
  }
}

async function port(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

async function endGently(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGTERM')
  const late = await Promise.race([ended.then(() => false), sleep(SECONDS_TO_STOP * 1000, true, { ref: false })])
  if (late) endGroup(child)
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}
