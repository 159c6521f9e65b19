/**
 * Apache Kafka as one KRaft node on loopback, with a data folder of its own and the settings of the `server.properties`
 * and the start script it ships with: only the ports, the folder and the number of the cluster are ours.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Broker, endChild, freePort, type Peer, spawnBroker, until } from '../peers/broker.ts'
import { kafkaVersion } from '../peers/install.ts'
import { Wire } from './wire.ts'

const startTimeoutMs = 120_000
const stopTimeoutMs = 60_000
const clusterId = 'c2lnbmFsYm94LWJlbmNoLQ'

/** As in kafka-server-start.sh and kafka-run-class.sh. */
const jvm = [
  ...['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent', '-Djava.awt.headless=true'],
]

/** `jars` is the folder that `installKafka` answers. */
export function apacheKafka(jars: string, settings: Record<string, string> = {}): Peer {
  return { start: (directory) => start(directory, jars, settings) }
}

/** The broker's own folder of logs, for tools that read files. */
export const logsOf = (directory: string) => join(directory, 'data')

async function start(directory: string, jars: string, settings: Record<string, string>): Promise<Broker> {
  mkdirSync(directory, { recursive: true })
  const [port, controllerPort] = [await freePort(), await freePort()]
  const file = join(directory, 'server.properties')
  writeFileSync(file, properties({ ...defaults(directory, port, controllerPort), ...settings }))
  const classPath = ['-cp', join(jars, '*')]
  if (!existsSync(join(logsOf(directory), 'meta.properties'))) {
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file, '--standalone']
    execFileSync('java', [...classPath, ...format], { stdio: ['ignore', 'pipe', 'pipe'], timeout: startTimeoutMs })
  }
  const address = { host: '127.0.0.1', port }
  const began = performance.now()
  const child = spawnBroker(['java', ...jvm, ...classPath, 'kafka.Kafka', file], join(directory, 'output.log'))
  const alive = () => child.exitCode === null && child.signalCode === null
  try {
    await until(startTimeoutMs, alive, async () => (await Wire.open(address)).close())
    return {
      version: `Apache Kafka ${kafkaVersion}`,
      address,
      pid: child.pid!,
      readyMs: performance.now() - began,
      stop: () => endChild(child, 'SIGTERM', stopTimeoutMs),
      kill: () => endChild(child, 'SIGKILL', stopTimeoutMs),
    }
  } catch (error) {
    await endChild(child, 'SIGKILL', stopTimeoutMs)
    throw new Error(`Apache Kafka did not start; see ${join(directory, 'output.log')}`, { cause: error })
  }
}

function defaults(directory: string, port: number, controllerPort: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'num.network.threads': '3',
    'num.io.threads': '8',
    'socket.send.buffer.bytes': '102400',
    'socket.receive.buffer.bytes': '102400',
    'socket.request.max.bytes': '104857600',
    'log.dirs': logsOf(directory),
    'num.partitions': '1',
    'num.recovery.threads.per.data.dir': '2',
    'offsets.topic.replication.factor': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'log.retention.hours': '168',
    'log.segment.bytes': '1073741824',
    'log.retention.check.interval.ms': '300000',
  }
}

const properties = (of: Record<string, string>) =>
  `${Object.entries(of)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
