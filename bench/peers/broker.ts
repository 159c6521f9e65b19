/** A broker under test: a process of its own on a port and a data directory of its own. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'

export interface Broker {
  /** Name and version, as the process itself says it. */
  version: string
  address: { host: string; port: number }
  /** `http://host:port` of its management API, where it has one. */
  http?: string
  /** The process that does the work: the one whose CPU, memory and disk are read. */
  pid: number
  /** From exec until a client could open a connection. */
  readyMs: number
  stop(): Promise<void>
  /** kill -9 */
  kill(): Promise<void>
}

export interface Peer {
  /** Starts on the data directory, made if it is not there; resolves when clients can connect. */
  start(directory: string): Promise<Broker>
}

const undo = new Set<() => void>()
process.once('exit', () => {
  for (const step of [...undo].reverse()) step()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Runs `step` should this process end first, so that a run broken off leaves nothing behind; call the answer to forget it. */
export function atExit(step: () => void): () => void {
  undo.add(step)
  return () => undo.delete(step)
}

/**
 * Starts with its output in a file, in a process group of its own. Node has raised its own limit of open files to the
 * highest; children inherit it.
 */
export function spawnBroker(command: string[], log: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const output = openSync(log, 'a')
  const [file, ...args] = command
  const stdio: StdioOptions = ['ignore', output, output]
  const child = spawn(file, args, { stdio, detached: true, env: { ...process.env, ...env } })
  closeSync(output)
  child.once(
    'exit',
    atExit(() => process.kill(-child.pid!, 'SIGKILL')),
  )
  return child
}

/** Ends a child: `signal`, then SIGKILL when it has not gone in time. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  await gone
  clearTimeout(timer)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Calls `probe` until it resolves; gives up with its last error. */
export async function until<T>(timeoutMs: number, alive: () => boolean, probe: () => Promise<T> | T): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await probe()
    } catch (error) {
      if (!alive() || performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
