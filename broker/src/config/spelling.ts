/**
 * The four spellings of a setting's name.
 */
import { type SettingName, settingNames, settings } from './schema.ts'

export const fileKey = (name: SettingName): string => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())

export const flag = (name: SettingName): string => '--' + fileKey(name).replaceAll('_', '-')

export const variable = (name: SettingName): string => 'SIGNALBOX_' + fileKey(name).toUpperCase()

/** The settings that a flag or a variable can hold. */
export const flatNames = settingNames.filter((name) => !('fileOnly' in settings[name]))
