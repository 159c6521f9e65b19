/** What the kernel says about a process and its disk: the same method for every broker. */
import { readFileSync } from 'node:fs'

const ticksPerSecond = 100

export interface Counters {
  atMs: number
  /** User and system time of all threads, in seconds. */
  cpu: number
  /** Bytes the process caused to be sent to the disk, page cache included; whole pages. */
  writtenBytes: number
  /** Flush requests the disk completed: one per fsync or fdatasync that had something to do, of the whole machine. */
  flushes: number
}

/** Flushes are counted per disk, not per process: on a machine at rest nothing else flushes within a run. */
function flushes(): number {
  let sum = 0
  for (const line of readFileSync('/proc/diskstats', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (/^(vd[a-z]+|sd[a-z]+|xvd[a-z]+|nvme\d+n\d+)$/.test(fields[2] ?? '')) sum += Number(fields[18] ?? 0)
  }
  return sum
}

export function counters(pid: number): Counters {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const io = /^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))
  return {
    atMs: performance.now(),
    cpu: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    writtenBytes: Number(io?.[1] ?? 0),
    flushes: flushes(),
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
      writtenBytes: after.writtenBytes - before.writtenBytes,
      rssMB: memory(pid).now / 1e6,
    }
  }
}

export interface Window {
  seconds: number
  brokerCores: number
  clientCores: number
  flushesPerSecond: number
  writtenBytes: number
  rssMB: number
}
