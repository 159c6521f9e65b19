/**
 * `signalbox doctor`: checks a data directory while no broker runs on it, tells what a repair would do, and does it where
 * it is asked to. The only command that touches the files of a broker.
 */
import { existsSync, readdirSync } from 'node:fs'
import type { Command } from 'commander'
import { openDisk } from '../../base/disk.ts'
import { DirectoryLocked, LOCK_FILE, lockDirectory } from '../../base/lock.ts'
import { SettingsError } from '../../config/layer.ts'
import { type Examination, examine, repair } from '../../log/doctor/examine.ts'
import { isDamage } from '../../log/doctor/finding.ts'
import { STORE_FOLDER } from '../../log/store-version.ts'
import { CommandError } from '../command-error.ts'
import { printReport, reportOf } from '../doctor-report.ts'
import { loadSettings } from '../load.ts'
import type { Output } from '../output.ts'
import { Progress } from '../progress.ts'
import { shownBytes } from '../quantities.ts'
import { onThisMachine } from '../session.ts'

interface DoctorOptions {
  readonly dataDir?: string
  readonly config?: string
  readonly repair?: true
  readonly acceptLoss?: true
}

const OF_A_BROKER = [STORE_FOLDER, LOCK_FILE]

export function define(command: Command): void {
  command
    .description(
      'Checks a data directory on which no broker runs: whether all is there and whole, and if not, what a repair would ' +
        'do and what would be lost by it. Nothing is changed without --repair. Exit code 0: whole, or repaired; 1: damage is left.',
    )
    .option('--data-dir <dir>', 'the directory; else the one that `signalbox start` would take')
    .option('--config <file>', 'the settings file that names it')
    .option('--repair', 'does what loses nothing')
    .option('--accept-loss', 'with --repair: also sets aside what is damaged, so that the broker starts with the rest')
  onThisMachine<DoctorOptions, []>(command, async ({ out }, options) => {
    if (options.acceptLoss && !options.repair) command.error('error: --accept-loss goes with --repair')
    const { dataDir: directory, journalFileBytes } = await settingsOf(command, options)
    if (directory === null) throw new CommandError('the data directory is off: there is nothing on a disk')
    if (!existsSync(directory)) throw new CommandError(`there is no data directory ${directory}`)
    if (!mayBeData(directory)) {
      throw new CommandError(`${directory} is no data directory: other files are in it, and nothing of a broker`)
    }
    const lock = lockOf(directory)
    try {
      await visit(directory, journalFileBytes, options, out)
    } finally {
      lock.release()
    }
  })
}

async function settingsOf(command: Command, { dataDir, config }: DoctorOptions) {
  try {
    return await loadSettings(dataDir === undefined ? {} : { dataDir }, config, process.env)
  } catch (error) {
    if (error instanceof SettingsError) command.error(error.message)
    throw error
  }
}

/** Whether a broker has kept something there, or could: nothing is to be left in a directory that was named by mistake. */
function mayBeData(directory: string): boolean {
  const names = read(directory)
  return names.length === 0 || OF_A_BROKER.some((name) => names.includes(name))
}

function read(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    throw new CommandError(`${directory} cannot be read: ${(error as Error).message}`)
  }
}

function lockOf(directory: string) {
  try {
    return lockDirectory(directory)
  } catch (error) {
    if (error instanceof DirectoryLocked) throw new CommandError(error.message)
    throw new CommandError(`${directory} cannot be locked, which a check needs too: ${(error as Error).message}`)
  }
}

async function visit(directory: string, journalFileBytes: number, options: DoctorOptions, out: Output): Promise<void> {
  const disk = await openDisk(directory)
  const look = async (): Promise<Examination> => {
    let progress: Progress | null = null
    const onProgress = (done: number, total: number): void => {
      progress ??= new Progress('checking', 'bytes', total)
      progress.reach(done)
    }
    try {
      return await examine(disk, { journalFileBytes, onProgress })
    } finally {
      ;(progress as Progress | null)?.stop()
    }
  }
  const examination = await look()
  if (!options.repair) {
    if (out.json) out.say('', reportOf(directory, examination, null))
    printReport(out, directory, examination)
    if (examination.findings.some(isDamage)) throw new CommandError(`${directory} is damaged`)
    return
  }
  const extent = options.acceptLoss ? 'all' : 'lossless'
  const isHopeless = examination.findings.some(({ severity }) => severity === 'beyond')
  if (examination.neededBytes > examination.freeBytes) {
    const needed = `${shownBytes(examination.neededBytes)} are needed, ${shownBytes(examination.freeBytes)} are free`
    throw new CommandError(`the disk is too full for a repair: ${needed}`)
  }
  printReport(out, directory, examination)
  const treated = isHopeless ? [] : await repair(disk, examination, extent)
  const after = treated.length === 0 ? examination : await look()
  if (out.json) out.say('', reportOf(directory, after, treated))
  const left = after.findings.filter(isDamage)
  out.text(`\nRepaired: ${treated.length} of ${examination.findings.length} findings.`)
  if (left.length > 0) {
    const why = isHopeless ? 'nothing was changed' : options.acceptLoss ? 'run it again' : '--accept-loss does the rest'
    throw new CommandError(`${left.length} damages are left in ${directory}: ${why}`)
  }
}
