/**
 * One process per data directory, by an exclusive transaction of SQLite on an empty file: SQLite knows the lock calls of
 * every system, the kernel frees the lock with the process however it ends (a pid file would survive kill -9, a socket
 * file cannot be probed and replaced in one step), and it costs under a millisecond. The pid beside it only words the
 * refusal.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

export const LOCK_FILE = 'broker.lock'
const HOLDER_FILE = 'broker.pid'

export interface DirectoryLock {
  release(): void
}

/** Somebody else works in the data directory. */
export class DirectoryLocked extends Error {
  override readonly name = 'DirectoryLocked'
  readonly holder: number | undefined

  constructor(directory: string, holder: number | undefined) {
    const who = holder === undefined ? 'another process' : holder === process.pid ? 'this process' : `process ${holder}`
    super(`the data directory ${directory} is in use by ${who}; stop it first, or choose another with --data-dir`)
    this.holder = holder
  }
}

/** Takes the lock of an existing directory, or fails at once. @throws DirectoryLocked */
export function lockDirectory(directory: string): DirectoryLock {
  const folder = path.resolve(directory)
  const holderFile = path.join(folder, HOLDER_FILE)
  const database = new (sqlite().DatabaseSync)(path.join(folder, LOCK_FILE))
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) throw new DirectoryLocked(folder, readHolder(holderFile))
    throw error
  }
  writeFileSync(holderFile, `${process.pid}\n`)
  return { release: () => release(database, holderFile) }
}

function release(database: DatabaseSync, holderFile: string): void {
  if (!database.isOpen) return
  rmSync(holderFile, { force: true })
  database.close()
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5
  return (error as { errcode?: number }).errcode === SQLITE_BUSY
}

function readHolder(holderFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(holderFile, 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Node 22 prints a warning when the module is first loaded; an operator can do nothing with it. */
function sqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
