/**
 * The broker an example talks to: a Signalbox of its own, on a free port and an empty data directory that is
 * removed again, or the broker that the environment variable AMQP_URL names.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../broker/src/main.ts', import.meta.url))

export interface Broker {
  amqpUrl: string
  stop(): Promise<void>
}

export async function startBroker(): Promise<Broker> {
  if (process.env.AMQP_URL) return { amqpUrl: process.env.AMQP_URL, stop: async () => {} }

  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-example-'))
  const flags = ['--data-dir', dataDir, '--amqp-port', '0', '--kafka-port', 'off', '--http-port', 'off']
  const broker = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(broker, 'exit')
  process.once('exit', () => {
    broker.kill('SIGKILL')
    rmSync(dataDir, { recursive: true, force: true })
  })

  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: broker.stdout }).on('line', (line) => {
      const ready = /^signalbox ready amqp=(\S+)/.exec(line)
      if (ready) resolve(ready[1])
    })
    exited.then(([code, signal]) => reject(new Error(`the broker ended before it was ready (${code ?? signal})`)))
  })

  async function stop(): Promise<void> {
    broker.kill('SIGTERM')
    const [code, signal] = await exited
    if (code !== 0) throw new Error(`the broker did not stop cleanly (${code ?? signal})`)
  }
  return { amqpUrl: `amqp://${address}`, stop }
}
