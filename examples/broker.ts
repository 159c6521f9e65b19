/**
 * The broker an example talks to: a Signalbox of its own, on free ports and an empty data directory that is removed
 * again, or the one that the environment variables AMQP_URL, KAFKA_BROKER and HTTP_URL name.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../broker/src/main.ts', import.meta.url))

/** A group waits for no more members than are there, and the death of one is noticed soon. */
const config = `
log_level: warn
kafka:
  properties:
    group.initial.rebalance.delay.ms: 0
    group.min.session.timeout.ms: 1000
`

export interface Addresses {
  readonly amqpUrl: string
  /** HOST:PORT */
  readonly kafkaBroker: string
  /** http://HOST:PORT */
  readonly httpUrl: string
}

export interface Broker extends Addresses {
  stop(): Promise<void>
}

export async function startBroker(): Promise<Broker> {
  const { AMQP_URL, KAFKA_BROKER, HTTP_URL } = process.env
  if (AMQP_URL || KAFKA_BROKER || HTTP_URL) {
    const [amqpUrl, kafkaBroker] = [AMQP_URL ?? 'amqp://127.0.0.1', KAFKA_BROKER ?? '127.0.0.1:9092']
    const httpUrl = HTTP_URL ?? 'http://127.0.0.1:15672'
    return { amqpUrl, kafkaBroker, httpUrl, stop: async () => {} }
  }

  const folder = mkdtempSync(join(tmpdir(), 'signalbox-example-'))
  const [dataDir, configFile] = [join(folder, 'data'), join(folder, 'signalbox.yaml')]
  writeFileSync(configFile, config)
  const ports = ['--amqp-port', '0', '--kafka-port', '0', '--http-port', '0']
  const flags = ['--config', configFile, '--data-dir', dataDir, ...ports]
  const broker = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(broker, 'exit')
  process.once('exit', () => {
    broker.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const [amqp, kafkaBroker, http] = await new Promise<string[]>((resolve, reject) => {
    createInterface({ input: broker.stdout }).on('line', (line) => {
      const ready = /^signalbox ready amqp=(\S+) kafka=(\S+) http=(\S+)/.exec(line)
      if (ready) resolve(ready.slice(1))
    })
    exited.then(([code, signal]) => reject(new Error(`the broker ended before it was ready (${code ?? signal})`)))
  })

  async function stop(): Promise<void> {
    broker.kill('SIGTERM')
    const [code, signal] = await exited
    if (code !== 0) throw new Error(`the broker did not stop cleanly (${code ?? signal})`)
  }
  return { amqpUrl: `amqp://${amqp}`, kafkaBroker, httpUrl: `http://${http}`, stop }
}
