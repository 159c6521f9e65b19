/** Signalbox from this tree, as its command line starts it: every setting at its default. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Wire } from '../kafka/wire.ts'
import { type Address, Connection } from '../load/connection.ts'
import { type Broker, endChild, type Peer, spawnBroker, until } from './broker.ts'

const thisMain = join(import.meta.dirname, '../../broker/start.js')
const thisVersion = JSON.parse(readFileSync(join(import.meta.dirname, '../../broker/package.json'), 'utf8')).version
const startTimeoutMs = 120_000
const stopTimeoutMs = 60_000

/** The first that a client hears, and the version of the broker, which Kafka's protocol does not tell. */
const handshake = {
  async amqp(address: Address) {
    const connection = await Connection.open(address)
    connection.close()
    return connection.product
  },
  async kafka(address: Address) {
    const wire = await Wire.open(address)
    wire.close()
    return `Signalbox ${thisVersion}`
  },
}

export interface SignalboxOptions {
  protocol: 'amqp' | 'kafka'
  /** The start.js or main.ts of another checkout. */
  main?: string | undefined
  /** A folder for V8's CPU profiles. */
  profiles?: string | undefined
}

/** Clients of the one protocol can connect once it has started. */
export function signalbox(options: SignalboxOptions): Peer {
  return { start: (directory) => start(directory, options) }
}

async function start(directory: string, { protocol, main, profiles }: SignalboxOptions): Promise<Broker> {
  mkdirSync(directory, { recursive: true })
  const log = join(directory, `output-${Math.round(performance.now())}.log`)
  const flags = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
  const began = performance.now()
  const child = spawnBroker(
    [
      process.execPath,
      ...flags,
      main ?? thisMain,
      ...['--data-dir', join(directory, 'data')],
      ...['--amqp-port', '0', '--kafka-port', protocol === 'kafka' ? '0' : 'off', '--http-port', '0'],
    ],
    log,
  )
  const alive = () => child.exitCode === null && child.signalCode === null
  try {
    const [port, http] = await until(startTimeoutMs, alive, () => {
      const ready = new RegExp(`signalbox ready .*${protocol}=[^ ]*:(\\d+).* http=([^ \\n]*)`).exec(
        readFileSync(log, 'utf8'),
      )
      if (!ready) throw new Error('no ready line')
      return [Number(ready[1]), ready[2]] as const
    })
    const address = { host: '127.0.0.1', port }
    const version = await handshake[protocol](address)
    const readyMs = performance.now() - began
    return {
      version,
      address,
      http: `http://${http}`,
      pid: child.pid!,
      readyMs,
      stop: () => endChild(child, 'SIGTERM', stopTimeoutMs),
      kill: () => endChild(child, 'SIGKILL', stopTimeoutMs),
    }
  } catch (error) {
    await endChild(child, 'SIGTERM', stopTimeoutMs)
    throw new Error(`Signalbox did not start:\n${readFileSync(log, 'utf8')}`, { cause: error })
  }
}
