/** What the system lets this process have, and how much of it is in use: Linux tells it in /proc, others do not. */
import { readdir, readFile } from 'node:fs/promises'

/** 0 where the system does not tell. */
export async function openFiles(): Promise<number> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return 0
  }
}

export interface ProcessLimits {
  readonly files: number
  /** Of the user's processes and threads. */
  readonly processes: number
}

const UNLIMITED = 1_048_576
let limits: Promise<ProcessLimits> | null = null

/** Read once: they hold for as long as the process lives. */
export function processLimits(): Promise<ProcessLimits> {
  limits ??= readFile('/proc/self/limits', 'utf8').then(
    (text) => ({ files: softLimit(text, 'Max open files'), processes: softLimit(text, 'Max processes') }),
    () => ({ files: UNLIMITED, processes: UNLIMITED }),
  )
  return limits
}

function softLimit(text: string, name: string): number {
  const [, value] = new RegExp(`^${name} +(\\d+)`, 'm').exec(text) ?? []
  return value === undefined ? UNLIMITED : Number(value)
}
