/** Signalbox from this tree, as its command line starts it: every setting at its default. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from '../load/connection.ts'
import { type Broker, endChild, type Peer, spawnBroker, until } from './broker.ts'

const thisMain = join(import.meta.dirname, '../../broker/src/main.ts')
const startTimeoutMs = 60_000
const stopTimeoutMs = 60_000

/** `profiles`: a folder for V8's CPU profiles, or nothing. */
export function signalbox(main = thisMain, profiles?: string): Peer {
  return { start: (directory) => start(directory, main, profiles) }
}

async function start(directory: string, main: string, profiles?: string): Promise<Broker> {
  mkdirSync(directory, { recursive: true })
  const log = join(directory, `output-${Math.round(performance.now())}.log`)
  const flags = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []
  const began = performance.now()
  const child = spawnBroker(
    [
      process.execPath,
      ...flags,
      main,
      ...['--data-dir', join(directory, 'data'), '--amqp-port', '0', '--kafka-port', 'off', '--http-port', 'off'],
    ],
    log,
  )
  const alive = () => child.exitCode === null && child.signalCode === null
  try {
    const port = await until(startTimeoutMs, alive, () => {
      const ready = /signalbox ready .*amqp=[^ ]*:(\d+)/.exec(readFileSync(log, 'utf8'))
      if (!ready) throw new Error('no ready line')
      return Number(ready[1])
    })
    const address = { host: '127.0.0.1', port }
    const connection = await Connection.open(address)
    connection.close()
    const readyMs = performance.now() - began
    return {
      version: connection.product,
      address,
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
