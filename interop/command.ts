/** Commands run as process groups of their own, so that a time-out or Ctrl-C ends a program with all it started. */
import { spawn } from 'node:child_process'

export interface Ended {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null
  readonly lines: string[]
  readonly timedOut: boolean
}

interface Running {
  seconds: number
  /** Sees each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void
  env?: Record<string, string>
}

const groups = new Set<number>()

/** Runs to the end or the time-out; a command that cannot be started ends with code 127 and says why. */
export function run(command: string[], { seconds, onLine, env }: Running): Promise<Ended> {
  const [program, ...rest] = command
  return new Promise((resolve) => {
    const child = spawn(program!, rest, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    const lines: string[] = []
    const take = (line: string) => {
      lines.push(line)
      onLine?.(line)
    }
    const ended = (code: number | null) => {
      clearTimeout(timer)
      if (child.pid !== undefined) endGroup(child.pid)
      resolve({ code, lines, timedOut })
    }
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      if (child.pid !== undefined) endGroup(child.pid)
    }, seconds * 1000)
    if (child.pid !== undefined) groups.add(child.pid)
    for (const stream of [child.stdout, child.stderr]) byLine(stream, take)
    child.on('error', (error) => {
      take(error.message)
      ended(127)
    })
    child.on('close', ended)
  })
}

/** Ends every command that is still running. */
export function endAll(): void {
  for (const pid of groups) endGroup(pid)
}

/** Calls `take` with each whole line, and at the end with an unfinished last one. */
export function byLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    lines.forEach(take)
  })
  stream.on('end', () => {
    if (rest !== '') take(rest)
  })
}

function endGroup(pid: number): void {
  groups.delete(pid)
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended by itself, with all it started
  }
}
