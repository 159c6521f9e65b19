/** Settings as a started process finds them: flags, environment, file. */
import { readFileSync } from 'node:fs'
import { fromEnvironment, fromFlags, type Layer, SettingsError, settle } from '../config/layer.ts'
import type { Settings } from '../config/schema.ts'

/** @throws SettingsError */
export async function loadSettings(
  flags: Readonly<Record<string, unknown>>,
  config: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const file = config ?? env.SIGNALBOX_CONFIG
  return settle([fromFlags(flags), fromEnvironment(env), file === undefined ? {} : await readLayer(file)])
}

async function readLayer(file: string): Promise<Layer> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new SettingsError([`the config file cannot be read: ${(error as Error).message}`])
  }
  // Loaded only here: YAML takes a tenth of the time to the ready line.
  const { fromYaml } = await import('../config/file.ts')
  return fromYaml(text, file)
}
