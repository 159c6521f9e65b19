/**
 * Where settings come from, and which one wins: flags before environment before file before defaults.
 * Every value that was written is checked, also one that another layer overrides: a mistake is told when it is made,
 * not on the day the override goes away.
 */
import type { z } from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { defaults, type SettingName, type Settings, settingNames, settings } from './schema.ts'
import { fileKey, flag, flatNames, variable } from './spelling.ts'

/** A value as it was written: what it is called there, and how to name the place of it or of a part of it. */
export interface Written {
  readonly value: unknown
  readonly called: string
  readonly placeOf: (path: readonly PropertyKey[]) => string
}

export type Layer = Partial<Record<SettingName, Written>>

/** What is wrong with the settings, one mistake a line. */
export class SettingsError extends Error {
  override name = 'SettingsError'
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
  }
}

/** @param layers the one that wins first. @throws SettingsError */
export function settle(layers: readonly Layer[], start: Settings = defaults): Settings {
  const mistakes: string[] = []
  const chosen: Record<string, unknown> = { ...start }
  for (const layer of [...layers].reverse()) {
    for (const name of settingNames) {
      const written = layer[name]
      if (!written) continue
      const result = settings[name].type.safeParse(written.value)
      if (result.success) chosen[name] = result.data
      else mistakes.push(describe(name, written, result.error.issues))
    }
  }
  const result = withTls(chosen as Settings, layers, mistakes)
  mistakes.push(...kafkaMistakes(result))
  if (mistakes.length) throw new SettingsError(mistakes)
  return result
}

/** The TLS listener needs both files; having both is reason enough to open it. */
function withTls(chosen: Settings, layers: readonly Layer[], mistakes: string[]): Settings {
  const { tlsCert, tlsKey } = chosen
  if ((tlsCert === null) !== (tlsKey === null)) {
    mistakes.push(`tls_cert and tls_key go together: ${tlsCert === null ? 'tls_cert' : 'tls_key'} is missing`)
  } else if (tlsCert === null && chosen.amqpsPort !== null) {
    mistakes.push('amqps_port needs tls_cert and tls_key')
  } else if (tlsCert === null && chosen.httpsPort !== null) {
    mistakes.push('https_port needs tls_cert and tls_key')
  } else if (tlsCert !== null && !layers.some((layer) => layer.amqpsPort)) {
    return { ...chosen, amqpsPort: 5671 }
  }
  return chosen
}

/** What a TLS listener for Kafka needs. */
function kafkaMistakes({ kafka, tlsCert, tlsCa }: Settings): string[] {
  const mistakes: string[] = []
  for (const { name, tls, client_auth } of kafka.listeners) {
    if (tls && tlsCert === null) mistakes.push(`kafka.listeners: ${name} with tls needs tls_cert and tls_key`)
    if (client_auth === 'none') continue
    if (!tls) mistakes.push(`kafka.listeners: ${name} with client_auth needs tls`)
    if (tlsCa === null) mistakes.push(`kafka.listeners: ${name} with client_auth needs tls_ca`)
  }
  return mistakes
}

function describe(name: SettingName, written: Written, issues: readonly z.core.$ZodIssue[]): string {
  const { path, said } = deepest(issues)
  const place = written.placeOf(path)
  const what = typeof written.value === 'object' ? 'this' : JSON.stringify(written.value)
  const where = place && ` at ${place}`
  return `${[written.called, ...path.map(String)].join('.')}: ${what} is not allowed${where}; ${said ?? `allowed: ${settings[name].allowed}`}`
}

interface Place {
  readonly path: readonly PropertyKey[]
  /** What the type itself has to say. */
  readonly said: string | null
}

/** Of the ways a union failed, the one that got furthest into the value is the one that was meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): Place {
  let best: Place = { path: [], said: null }
  for (const issue of issues) {
    const inner = issue.code === 'invalid_union' ? deepest(issue.errors.flat()) : { path: [], said: null }
    const extra = issue.code === 'unrecognized_keys' ? [issue.keys[0]!] : []
    const path = [...issue.path, ...inner.path, ...extra]
    const said = issue.code === 'custom' && issue.params?.said === true ? issue.message : inner.said
    if (path.length > best.path.length) best = { path, said }
  }
  return best
}

const nowhere = () => ''

/** Flag values by setting name; unknown flags are the parser's to refuse. */
export function fromFlags(values: Readonly<Record<string, unknown>>): Layer {
  const layer: Layer = {}
  for (const name of flatNames) {
    if (values[name] !== undefined) layer[name] = { value: values[name], called: flag(name), placeOf: nowhere }
  }
  return layer
}

/** Kubernetes gives every container of a namespace these for a service that is named signalbox. */
const SERVICE_LINK = /^SIGNALBOX_(SERVICE_|PORT$|PORT_\d+_)/

/** Of the program, not of the broker: where its file is, and how the other commands log in. */
const OF_THE_PROGRAM = ['SIGNALBOX_CONFIG', 'SIGNALBOX_URL', 'SIGNALBOX_USER', 'SIGNALBOX_PASSWORD']

/** @throws SettingsError for a `SIGNALBOX_*` variable that names no setting. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  const byVariable = new Map(flatNames.map((name) => [variable(name), name]))
  const layer: Layer = {}
  const mistakes: string[] = []
  for (const [called, value] of Object.entries(env)) {
    if (value === undefined || !called.startsWith('SIGNALBOX_') || SERVICE_LINK.test(called)) continue
    if (OF_THE_PROGRAM.includes(called)) continue
    const name = byVariable.get(called)
    if (name) layer[name] = { value, called, placeOf: () => 'the environment' }
    else mistakes.push(`${called} in the environment is no setting${didYouMean(called, [...byVariable.keys()])}`)
  }
  if (mistakes.length) throw new SettingsError(mistakes)
  return layer
}

/** Options of a program that embeds the broker. @throws SettingsError for a key that names no setting. */
export function fromOptions(options: Readonly<Record<string, unknown>>): Layer {
  const layer: Layer = {}
  for (const [called, value] of Object.entries(options)) {
    if (value === undefined) continue
    const name = settingNames.find((one) => one === called)
    if (!name) throw new SettingsError([`${called} is no option${didYouMean(called, settingNames)}`])
    layer[name] = { value, called, placeOf: nowhere }
  }
  return layer
}

export const fileKeys = new Map(settingNames.map((name) => [fileKey(name), name]))
