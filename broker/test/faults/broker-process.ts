/** The real broker as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const START_MS = 30_000

export interface Exit {
  code: number | null
  /** Both streams, in the order they came. */
  output: string
}

export class BrokerProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #output: string[]

  private constructor(child: ChildProcess, output: string[], url: string) {
    this.#child = child
    this.#output = output
    this.url = url
  }

  /** @throws if it ends or stays silent instead of being ready */
  static async start(dataDir: string, flags: readonly string[] = []): Promise<BrokerProcess> {
    const { child, output, ready } = launch(dataDir, flags)
    const address = await ready
    if (address === undefined) throw new Error(`the broker did not start:\n${output.join('')}`)
    return new BrokerProcess(child, output, `amqp://guest:guest@${address}`)
  }

  /** Starts a broker that is expected to refuse. @throws if it gets ready */
  static async refused(dataDir: string, flags: readonly string[] = []): Promise<Exit> {
    const { child, output, ready } = launch(dataDir, flags)
    const exited = once(child, 'close')
    if ((await ready) !== undefined) {
      child.kill('SIGKILL')
      throw new Error('the broker started, where it should have refused')
    }
    await exited
    return { code: child.exitCode, output: output.join('') }
  }

  get output(): string {
    return this.#output.join('')
  }

  /** Where Kafka clients connect to; a flag must have opened the listener. */
  get kafka(): string {
    return /^signalbox ready .*kafka=(\S+)/m.exec(this.output)![1]
  }

  /** The address of its HTTP API; a flag must have opened the listener. */
  get http(): string {
    return /^signalbox ready .*http=(\S+)/m.exec(this.output)![1]
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** @returns its exit code */
  async stop(): Promise<number | null> {
    await this.#end('SIGTERM')
    return this.#child.exitCode
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return
    const exited = once(this.#child, 'close')
    this.#child.kill(signal)
    await exited
  }
}

/** For clients that are to find the broker again after its death. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function launch(dataDir: string, flags: readonly string[]) {
  const args = [MAIN, '--data-dir', dataDir, '--amqp-port', '0', '--kafka-port', 'off', '--http-port', 'off', ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  const ready = new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve(undefined)
    }, START_MS)
    const settle = (address: string | undefined) => {
      clearTimeout(timer)
      resolve(address)
    }
    const hear = (text: Buffer) => {
      output.push(text.toString())
      const address = /^signalbox ready amqp=(\S+)/m.exec(output.join(''))?.[1]
      if (address !== undefined) settle(address)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', () => settle(undefined))
  })
  return { child, output, ready }
}
