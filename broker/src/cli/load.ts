/** Settings as a started process finds them: flags, environment, file. */
import { readFileSync } from 'node:fs'
import { fromYaml } from '../config/file.ts'
import { fromEnvironment, fromFlags, type Layer, SettingsError, settle } from '../config/layer.ts'
import type { Settings } from '../config/schema.ts'

/** @throws SettingsError */
export function loadSettings(
  flags: Readonly<Record<string, unknown>>,
  config: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const file = config ?? env.SIGNALBOX_CONFIG
  return settle([fromFlags(flags), fromEnvironment(env), file === undefined ? {} : readLayer(file)])
}

function readLayer(file: string): Layer {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new SettingsError([`the config file cannot be read: ${(error as Error).message}`])
  }
  return fromYaml(text, file)
}
