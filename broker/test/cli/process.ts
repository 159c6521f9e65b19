/** The real program as a process of its own, for tests of what a user sees of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../start.js')
const READY_WITHIN_MS = 120_000

/** What a program is given of the tests' own environment. */
export const OWN_ENV = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

export class Program {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    // Flags of the test come later, and win.
    this.child = spawn(process.execPath, [MAIN, '--kafka-port', '0', '--http-port', '0', ...args], {
      env: { ...OWN_ENV, ...env },
    })
    this.child.stdout!.on('data', (chunk) => (this.stdout += chunk))
    this.child.stderr!.on('data', (chunk) => (this.stderr += chunk))
    this.ended = new Promise((resolve) => this.child.on('close', (code, signal) => resolve({ code, signal })))
  }

  /** Resolves to the ready line. @throws if the program ends before it, with what it said. */
  async ready(): Promise<string> {
    const line = new Promise<string>((resolve) => {
      const look = () => {
        const end = this.stdout.indexOf('\n')
        if (end >= 0) resolve(this.stdout.slice(0, end))
      }
      this.child.stdout!.on('data', look)
      look()
    })
    const early = this.ended.then(({ code, signal }) => {
      throw new Error(`ended with ${code ?? signal} before it was ready: ${this.stderr}`)
    })
    const late = AbortSignal.timeout(READY_WITHIN_MS)
    const timeout = new Promise<never>((_, reject) =>
      late.addEventListener('abort', () => reject(new Error(`not ready in time: ${this.stderr}`))),
    )
    return Promise.race([line, early, timeout])
  }

  /** The port of a listener, off the ready line. */
  async port(listener = 'amqp'): Promise<number> {
    return Number(new RegExp(` ${listener}=\\S+:(\\d+)`).exec(await this.ready())?.[1])
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal)
    return this.ended
  }
}

/** A folder that is gone when the test is over. */
export function temporaryFolder(test: { after(callback: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
