/**
 * A real PostgreSQL of Debian's package, as a cluster of its own: own directory, own port on loopback, a Unix socket in
 * its directory, with the package's defaults. It does not run as root, so root starts it as the user `postgres`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../broker/test/faults/broker-process.ts'
import { debianPackages } from '../install.ts'

const runFile = promisify(execFile)
const INSTALLED = '/usr/lib/postgresql'
const SECONDS_TO_START = 60

/** `fast` ends every session, and the server well; `immediate` is its crash, from which it recovers. */
export type StopMode = 'fast' | 'immediate'

export class PostgresServer {
  /** For `pg`. */
  readonly url: string
  private readonly directory: string
  private readonly programs: string
  private readonly port: number
  private child: ChildProcess | null = null
  private words: string[] = []
  private readonly endWithUs = (): void => void this.child?.kill('SIGQUIT')

  private constructor(directory: string, programs: string, port: number) {
    this.directory = directory
    this.programs = programs
    this.port = port
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
  }

  /** Installed first if need be. @throws if it does not answer in time, with its last words */
  static async start(): Promise<PostgresServer> {
    await debianPackages(['postgresql'])
    const programs = `${INSTALLED}/${await newestVersion()}/bin`
    const directory = await mkdtemp(join(tmpdir(), 'postgres-'))
    if (isRoot()) await chown(directory, await idOf('-u'), await idOf('-g'))
    const server = new PostgresServer(directory, programs, await freePort())
    const options = ['--auth', 'trust', '--username', 'postgres', '--encoding', 'UTF8', '--no-locale', '--no-sync']
    const [program, ...rest] = server.command('initdb', ['--pgdata', server.data, ...options])
    await runFile(program!, rest, { cwd: '/' })
    await server.run()
    process.on('exit', server.endWithUs)
    return server
  }

  async restart(mode: StopMode): Promise<void> {
    await this.end(mode)
    await this.run()
  }

  /** Ends it, and removes all that it kept. */
  async stop(): Promise<void> {
    await this.end('immediate')
    process.off('exit', this.endWithUs)
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }

  private get data(): string {
    return join(this.directory, 'data')
  }

  private async run(): Promise<void> {
    const options = ['-D', this.data, '-h', '127.0.0.1', '-p', String(this.port), '-k', this.directory]
    const [program, ...rest] = this.command('postgres', options)
    const child = spawn(program!, rest, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
    this.child = child
    this.words = []
    child.stderr!.on('data', (text) => this.words.push(String(text)))
    for (const until = Date.now() + SECONDS_TO_START * 1000; !this.isReady; await sleep(20)) {
      if (child.exitCode === null && child.signalCode === null && Date.now() < until) continue
      throw new Error(`PostgreSQL did not start: ${this.words.join('').slice(-500)}`)
    }
  }

  private get isReady(): boolean {
    return this.words.join('').includes('database system is ready to accept connections')
  }

  private async end(mode: StopMode): Promise<void> {
    const { child } = this
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
  }

  /** `setpriv` becomes the program, so that signals reach it. */
  private command(name: string, args: readonly string[]): string[] {
    const command = [join(this.programs, name), ...args]
    if (!isRoot()) return command
    return ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups', ...command]
  }
}

const isRoot = (): boolean => process.getuid?.() === 0

async function idOf(which: '-u' | '-g'): Promise<number> {
  return Number((await runFile('id', [which, 'postgres'])).stdout)
}

async function newestVersion(): Promise<string> {
  const versions = (await readdir(INSTALLED)).filter((name) => /^\d+$/.test(name))
  return versions.sort((a, b) => Number(b) - Number(a))[0]!
}
