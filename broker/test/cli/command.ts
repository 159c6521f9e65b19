/** Commands of the real program, each a process of its own, against a real broker on free ports. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Program, temporaryFolder } from './process.ts'

/** What `npx signalbox` runs in a clone. */
const MAIN = join(import.meta.dirname, '../../start.js')

const GUEST = `Basic ${btoa('guest:guest')}`

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly finished: Promise<Finished>
  /** stdout so far. */
  printed(): string
  /** Resolves when stdout has it. @throws if the command ends before. */
  prints(text: string | RegExp): Promise<void>
  /** Resolves when it is read, but for what a pipe holds: less than a megabyte. */
  write(text: string): Promise<void>
  end(): void
  interrupt(): void
  kill(): void
  /** Reads its stdout no more. */
  hangUp(): void
}

/** Runs beside the test; stdin stays open until `end`. */
export function follow(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const finished = new Promise<Finished>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, stdout, stderr: signal ? `${stderr}${signal}` : stderr })),
  )
  return {
    finished,
    printed: () => stdout,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? stdout.includes(text) : text.test(stdout)) resolve()
        }
        child.stdout.on('data', look)
        look()
        finished.then((end) => reject(new Error(`ended before it printed ${text}: ${JSON.stringify(end)}`)))
      }),
    write: (text) => new Promise((resolve) => child.stdin.write(text, () => resolve())),
    end: () => void child.stdin.end(),
    interrupt: () => void child.kill('SIGINT'),
    kill: () => void child.kill('SIGKILL'),
    hangUp: () => void child.stdout.destroy(),
  }
}

/** Runs to its end. @param input what it reads on stdin */
export function command(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Finished> {
  const running = follow(args, env)
  if (input !== '') void running.write(input)
  running.end()
  return running.finished
}

export interface RunningBroker {
  readonly program: Program
  readonly url: string
  /** A command to this broker that must succeed: what it printed. */
  run(...args: string[]): Promise<string>
  /** The same with --json: the one value. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it is by what it asserts
  json(...args: string[]): Promise<any>
  /** What the management API says, for looking at what a command did. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
  get(path: string): Promise<any>
  /** Makes something that a command then works on. */
  put(path: string, body?: object): Promise<void>
  /** A command to this broker that must fail with this code: what it said. */
  fails(code: number, ...args: string[]): Promise<string>
}

/** A broker of its own for a test or a suite; ends with it. */
export async function startBroker(test: Pick<TestContext, 'after'>, ...flags: string[]): Promise<RunningBroker> {
  const folder = temporaryFolder(test)
  const program = new Program(['--data-dir', join(folder, 'data'), '--amqp-port', '0', ...flags])
  test.after(() => program.end('SIGKILL'))
  const url = `http://127.0.0.1:${await program.port('http')}`
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await command([...args, '--url', url])
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
    return stdout
  }
  return {
    program,
    url,
    run,
    json: async (...args) => JSON.parse(await run(...args, '--json')),
    get: async (path) => (await fetch(`${url}/api/${path}`, { headers: { authorization: GUEST } })).json(),
    put: async (path, body = {}) => {
      const init = { method: 'PUT', headers: { authorization: GUEST }, body: JSON.stringify(body) }
      const { status } = await fetch(`${url}/api/${path}`, init)
      if (status >= 300) throw new Error(`${path} answers ${status}`)
    },
    fails: async (code, ...args) => {
      const ended = await command([...args, '--url', url])
      if (ended.code !== code || ended.stdout !== '') {
        throw new Error(`${args.join(' ')} ended with ${ended.code}: ${ended.stdout}${ended.stderr}`)
      }
      return ended.stderr
    },
  }
}
