/** Redis with an append-only file, as a peer: what BullMQ keeps its jobs in. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type Broker, endChild, freePort, type Peer, spawnBroker, until } from '../peers/broker.ts'

const timeoutMs = 30_000

/** When Redis syncs: `everysec`, its default, confirms before; `always` syncs before it answers. */
export type AppendFsync = 'everysec' | 'always'

export function redis(appendfsync: AppendFsync): Peer {
  return { start: (directory) => start(directory, appendfsync) }
}

async function start(directory: string, appendfsync: AppendFsync): Promise<Broker> {
  mkdirSync(directory, { recursive: true })
  const log = join(directory, 'output.log')
  const port = await freePort()
  const began = performance.now()
  const settings = { port, bind: '127.0.0.1', dir: directory, appendonly: 'yes', appendfsync, save: '' }
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawnBroker(['redis-server', ...flags], log)
  const alive = () => child.exitCode === null && child.signalCode === null
  try {
    const version = await until(timeoutMs, alive, () => versionAt(port))
    return {
      version: `Redis ${version}`,
      address: { host: '127.0.0.1', port },
      pid: child.pid!,
      readyMs: performance.now() - began,
      stop: () => endChild(child, 'SIGTERM', timeoutMs),
      kill: () => endChild(child, 'SIGKILL', timeoutMs),
    }
  } catch (error) {
    await endChild(child, 'SIGKILL', timeoutMs)
    throw new Error(`Redis did not start:\n${readFileSync(log, 'utf8')}`, { cause: error })
  }
}

function versionAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('INFO server\r\n'))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      const found = /redis_version:(\S+)/.exec(chunk.toString())
      socket.destroy()
      if (found) resolve(found[1]!)
      else reject(new Error('no version'))
    })
  })
}
