/** What the kernel says about a process and its disk: the same method for every broker. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const ticksPerSecond = 100
const sectorBytes = 512

interface Counters {
  atMs: number
  /** User and system time of all threads, in seconds. */
  cpu: number
  flushes: number
}

interface DiskCounters {
  /** Flush requests completed: one per fsync or fdatasync that had something to do. */
  flushes: number
  writtenBytes: number
}

/** Kept per disk, not per process: on a machine at rest nothing else writes within a run. */
function disks(): DiskCounters {
  const sum = { flushes: 0, writtenBytes: 0 }
  for (const line of readFileSync('/proc/diskstats', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (!/^(vd[a-z]+|sd[a-z]+|xvd[a-z]+|nvme\d+n\d+)$/.test(fields[2] ?? '')) continue
    sum.writtenBytes += Number(fields[9]) * sectorBytes
    sum.flushes += Number(fields[18] ?? 0)
  }
  return sum
}

/** User and system time of all threads since the process began, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const counters = (pid: number): Counters => ({
  atMs: performance.now(),
  cpu: cpuSeconds(pid),
  flushes: disks().flushes,
})

const sync = () => promisify(execFile)('sync')

/**
 * Bytes that reach the disk, whoever wrote them and whenever the kernel would have: all dirty pages are written out
 * before the first reading and before the last. A process's own `write_bytes` will not do: it counts each dirtied
 * folio whole, and a folio may be a megabyte.
 */
export async function openDisk(): Promise<() => Promise<number>> {
  await sync()
  const before = disks().writtenBytes
  return async () => {
    await sync()
    return disks().writtenBytes - before
  }
}

/** Resident memory now and its highest point since the process began, in bytes. */
export function memory(pid: number): { now: number; max: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { now: read('VmRSS'), max: read('VmHWM') }
}

/** A window over a broker process and this one; `close` gives rates per second. */
export function openWindow(pid: number): () => Window {
  const before = counters(pid)
  const own = process.cpuUsage()
  return () => {
    const after = counters(pid)
    const ownAfter = process.cpuUsage(own)
    const seconds = (after.atMs - before.atMs) / 1000
    return {
      seconds,
      brokerCores: (after.cpu - before.cpu) / seconds,
      clientCores: (ownAfter.user + ownAfter.system) / 1e6 / seconds,
      flushesPerSecond: (after.flushes - before.flushes) / seconds,
      rssMB: memory(pid).now / 1e6,
    }
  }
}

export interface Window {
  seconds: number
  brokerCores: number
  clientCores: number
  flushesPerSecond: number
  rssMB: number
}
