/**
 * The life of a broker's process: settings, start, the ready line, and an orderly stop on SIGTERM or SIGINT.
 * stdout carries the ready line only; everything else is said on stderr. Exit codes: 0 after a stop that was asked
 * for, 1 for surroundings that do not allow a start and for a broker that had to give up, 2 for settings that cannot be
 * taken, which another try does not change.
 */
import module from 'node:module'
import { createLogger } from '../base/logger.ts'
import { SettingsError } from '../config/layer.ts'
import type { Settings } from '../config/schema.ts'
import { type Server, startServer } from '../server.ts'
import { parseArguments } from './arguments.ts'
import { exposureWarning } from './exposure.ts'
import { loadSettings } from './load.ts'
import { readyLine } from './ready-line.ts'
import { describeStartError } from './start-error.ts'
import { version } from './version.ts'

const FAILED = 1
const USAGE = 2

/** @param argv as the process was given it, without the word `start`. */
export async function start(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const asked = parseArguments(argv)
  if (asked.kind === 'answer') return void console.log(asked.text)
  if (asked.kind === 'mistake') return giveUp(USAGE, asked.text)
  let settings: Settings
  try {
    settings = await loadSettings(asked.values, asked.config, env)
  } catch (error) {
    if (error instanceof SettingsError) return giveUp(USAGE, error.message)
    throw error
  }
  await serve(settings)
}

async function serve(settings: Settings): Promise<void> {
  const logger = createLogger(settings.logLevel)
  const stopAsked = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  let server: Server
  try {
    server = await startServer({
      ...settings,
      logger,
      version,
      onFatal: (error) => giveUp(FAILED, `stopped, because nothing can be promised any more: ${error.message}`),
    })
  } catch (error) {
    return giveUp(FAILED, describeStartError(error, settings))
  }
  const warning = exposureWarning(settings, server.userNames())
  if (warning) logger.warn({ host: settings.host }, warning)
  process.stdout.write(`${readyLine(server.addresses)}\n`)
  module.flushCompileCache()
  await stopAsked
  await server.stop()
  process.exit(0)
}

function giveUp(code: number, why: string): never {
  for (const line of why.split('\n')) process.stderr.write(`signalbox: ${line}\n`)
  process.exit(code)
}
