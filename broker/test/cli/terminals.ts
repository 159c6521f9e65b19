/**
 * Commands on a terminal. Not every machine lets a test have one (a container without /dev/pts, or without util-linux's
 * `script`), so each of these tests runs twice: on a real one where that can be had, and always on pipes that say they are.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const SAYS_TERMINAL = join(import.meta.dirname, 'says-terminal.ts')

export interface Terminal {
  readonly kind: string
  /** Why there is none. */
  readonly skip: string | false
  /** Runs node there. What it prints on stdout and stderr comes on stdout. */
  start(args: readonly string[], env?: Record<string, string>): ChildProcess
}

// Nothing else: with CI set, Node takes a terminal for one without colours.
const plain = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, TERM: 'xterm-256color' }
const quoted = (args: readonly string[]): string => args.map((word) => `'${word}'`).join(' ')
const isGiven = (): boolean => spawnSync('script', ['-qec', 'test -t 0 && test -t 1', '/dev/null']).status === 0

export const terminals: readonly Terminal[] = [
  {
    kind: 'a terminal',
    skip: isGiven() ? false : 'no terminal can be had here',
    start: (args, env) =>
      spawn('script', ['-qec', quoted([process.execPath, ...args]), '/dev/null'], { env: { ...plain, ...env } }),
  },
  {
    kind: 'what says it is a terminal',
    skip: false,
    start: (args, env) =>
      spawn('sh', ['-c', `exec ${quoted([process.execPath, '--import', SAYS_TERMINAL, ...args])} 2>&1`], {
        env: { ...plain, ...env },
      }),
  },
]

/** What it prints until it ends. */
export function printedBy(child: ChildProcess): Promise<string> {
  let said = ''
  child.stdout!.on('data', (chunk) => (said += chunk))
  return new Promise((resolve) => child.on('close', () => resolve(said)))
}
