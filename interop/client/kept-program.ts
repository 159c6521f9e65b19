/** A program that is started again whenever it ends, as a supervisor does, until it is stopped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { byLine } from '../command.ts'

const AGAIN_MS = 100

export class KeptProgram {
  starts = 0
  private readonly command: readonly string[]
  private child: ChildProcess | null = null
  private words: string[] = []
  private timer: NodeJS.Timeout | undefined
  private stopping = false
  private readonly endWithUs = (): void => void this.child?.kill('SIGKILL')

  /** @param command for Node; the program prints `ready` when it is */
  constructor(command: readonly string[]) {
    this.command = command
    process.on('exit', this.endWithUs)
    this.start()
  }

  /** Whether it has said so since it was started last. */
  get isReady(): boolean {
    return this.child !== null && this.words.includes('ready')
  }

  get lastWords(): string {
    return this.words.slice(-8).join(' | ')
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  /** Sends SIGTERM. @returns its exit code, once it has ended; null if a signal ended it */
  async stop(): Promise<number | null> {
    this.stopping = true
    clearTimeout(this.timer)
    const { child } = this
    if (child === null) return null
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    await ended
    process.off('exit', this.endWithUs)
    return child.exitCode
  }

  /** It ends without a warning, and is not started again. */
  async kill(): Promise<void> {
    this.stopping = true
    clearTimeout(this.timer)
    const { child } = this
    if (child === null) return
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
  }

  private start(): void {
    this.starts++
    this.words = []
    const child = spawn(process.execPath, [...this.command], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    for (const stream of [child.stdout, child.stderr]) byLine(stream, (line) => this.words.push(line))
    child.on('close', () => {
      this.child = null
      if (!this.stopping) this.timer = setTimeout(() => this.start(), AGAIN_MS)
    })
  }
}
