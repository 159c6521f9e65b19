// Holds the dialogues against a RabbitMQ started for the purpose: on loopback, in a temporary directory, with the users
// that the dialogues need. Wants Debian's rabbitmq-server (or RABBITMQ_HOME with its sbin or bin folder).
// usage: node broker/test/transcripts/oracle.ts [transcript files]

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { writeDefinitions } from './definitions.ts'

const START_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 20_000
const plugins = ['consistent_hash_exchange', 'random_exchange', 'recent_history_exchange', 'sharding', 'event_exchange']
  .map((name) => `rabbitmq_${name}`)
  .join()

const home = process.env.RABBITMQ_HOME ?? '/usr/lib/rabbitmq'
const program = ['bin', 'sbin'].map((folder) => join(home, folder, 'rabbitmq-server')).find(existsSync)
if (program === undefined) {
  console.error(
    `no rabbitmq-server in ${home}: install it (Debian: apt-get install rabbitmq-server) or set RABBITMQ_HOME`,
  )
  process.exit(2)
}

const files = process.argv.slice(2)
if (files.length === 0) files.push(...globSync(join(import.meta.dirname, '*.test.ts')))

const directory = mkdtempSync(join(tmpdir(), 'signalbox-oracle-'))
const definitions = writeDefinitions()
const port = await freePort()
const rabbit = start(program, port, await freePort())
let code = 1
try {
  await ready(rabbit, port)
  const tests = spawn(process.execPath, ['--test', ...files], {
    stdio: 'inherit',
    env: { ...process.env, ORACLE_URL: `amqp://guest:guest@127.0.0.1:${port}/` },
  })
  code = (await once(tests, 'exit'))[0] ?? 1
} finally {
  await stop(rabbit)
  rmSync(directory, { recursive: true, force: true })
  definitions.remove()
}
process.exit(code)

function start(command: string, amqpPort: number, distributionPort: number): ChildProcess {
  const at = (name: string) => join(directory, name)
  writeFileSync(at('enabled_plugins'), `[${plugins}].`)
  writeFileSync(
    at('rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${amqpPort}\nload_definitions = ${definitions.file}\nlog.file.level = error\n`,
  )
  return spawn(command, {
    stdio: 'ignore',
    detached: true,
    env: {
      ...process.env,
      HOME: directory,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `oracle-${amqpPort}@localhost`,
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
        '-kernel inet_dist_use_interface {127,0,0,1}',
        '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none',
        '-rabbit consumer_timeout 3000 -rabbit channel_tick_interval 500',
      ].join(' '),
    },
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

/** Resolves when it answers the protocol header. */
async function ready(rabbit: ChildProcess, port: number): Promise<void> {
  for (const until = Date.now() + START_TIMEOUT_MS; Date.now() < until; await sleep(250)) {
    if (rabbit.exitCode !== null) throw new Error(`rabbitmq-server ended with ${rabbit.exitCode}`)
    if (await answers(port)) return
  }
  throw new Error('rabbitmq-server did not come up')
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(PROTOCOL_HEADER))
    socket.on('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** Ends the process group that was started, first by asking. */
async function stop(rabbit: ChildProcess): Promise<void> {
  if (rabbit.exitCode !== null || rabbit.pid === undefined) return
  const ended = once(rabbit, 'exit')
  process.kill(-rabbit.pid, 'SIGTERM')
  const late = await Promise.race([ended.then(() => false), sleep(STOP_TIMEOUT_MS, true, { ref: false })])
  if (late) process.kill(-rabbit.pid, 'SIGKILL')
}
