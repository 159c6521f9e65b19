/**
 * Who holds a TCP port, for the message about a taken one. Linux only, by its process table; elsewhere, and for
 * processes of other users, nobody is known.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTENING = '0A'

/** `node (pid 4711)`, or undefined. */
export function portHolder(port: number): string | undefined {
  const sockets = new Set([...listening('/proc/net/tcp', port), ...listening('/proc/net/tcp6', port)])
  if (sockets.size === 0) return undefined
  for (const pid of entries('/proc')) {
    if (/^\d+$/.test(pid) && holdsOne(pid, sockets)) return `${processName(pid)} (pid ${pid})`
  }
  return undefined
}

/** Columns of /proc/net/tcp: sl, local address:port in hex, remote, state, …, inode the tenth. */
function listening(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const found: string[] = []
  for (const line of text(table).split('\n')) {
    const columns = line.trim().split(/\s+/)
    if (columns[3] === LISTENING && columns[1]?.endsWith(`:${hexPort}`)) found.push(`socket:[${columns[9]}]`)
  }
  return found
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  return entries(`/proc/${pid}/fd`).some((fd) => {
    try {
      return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
    } catch {
      return false
    }
  })
}

function processName(pid: string): string {
  return text(`/proc/${pid}/comm`).trim() || 'a process'
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
