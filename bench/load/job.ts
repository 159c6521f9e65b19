/** What a load process is asked to do; the answer is a flat table of numbers. */
import type { Address } from './connection.ts'

export type Metrics = Record<string, number>

export interface Job {
  address: Address
  /** The broker's process, whose counters are read over the measured window. */
  pid: number
  warmupSeconds: number
  seconds: number
  /** Arguments of every queue declared, for instance x-queue-type. */
  queueArguments: Record<string, string>
}

export const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000))

/** The p-th part (0 … 1) of ascending samples. */
export function percentile(ascending: Float64Array, p: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * p))] ?? Number.NaN
}
