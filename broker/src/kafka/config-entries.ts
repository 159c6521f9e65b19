/** Settings as describing APIs answer them: value, type, where it comes from, and what would hold without it. */
import type { GroupConfigRow } from '../broker/group/group-configs.ts'
import { NO_LIMITS, type TopicLimits } from '../broker/policy/topic-limits.ts'
import type { ConfigRow, ConfigType } from '../broker/topic/config-row.ts'
import { sourcedConfigs, type TopicConfigSource } from '../broker/topic/sourced-configs.ts'
import type { SourcedValue, TopicDefaults } from '../broker/topic/topic-defaults.ts'

export const RESOURCE = { topic: 2, broker: 4, group: 32 } as const

const SOURCES: Readonly<Record<Source, number>> = {
  topic: 1,
  broker: 2,
  'all-brokers': 3,
  // What holds for many, set while the broker runs.
  policy: 3,
  static: 4,
  default: 5,
  group: 8,
}

const TYPES: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  password: 9,
}

type Source = TopicConfigSource | 'group'

export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly isDefault: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[]
  readonly configType: number
  readonly documentation: string | null
}

/** @param sources what holds first; empty: the row's default holds */
export function configEntry(
  row: ConfigRow,
  sources: readonly (Omit<SourcedValue, 'source'> & { readonly source: Source })[],
  readOnly = false,
): ConfigEntry {
  const source = sources[0]?.source ?? 'default'
  return {
    name: row.name,
    value: sources[0]?.value ?? row.default,
    readOnly,
    isDefault: source === 'default',
    configSource: SOURCES[source],
    isSensitive: row.type === 'password',
    synonyms: sources.map((one) => ({ name: one.name, value: one.value, source: SOURCES[one.source] })),
    configType: TYPES[row.type],
    documentation: row.doc,
  }
}

/** All that a topic with these settings of its own has. */
export function topicEntries(
  overrides: ReadonlyMap<string, string>,
  defaults: TopicDefaults,
  limits: TopicLimits = NO_LIMITS,
): ConfigEntry[] {
  return sourcedConfigs(overrides, defaults, limits).map(({ row, sources }) => configEntry(row, sources))
}

/** All that a group has, with what is set for it alone. */
export function groupEntries(own: ReadonlyMap<string, string>, rows: Iterable<GroupConfigRow>): ConfigEntry[] {
  return [...rows].map((row) => {
    const { name, synonym } = row
    const value = own.get(name)
    const behind = { name: synonym, value: row.default, source: 'default' } as const
    return configEntry(row, value === undefined ? [behind] : [{ name, value, source: 'group' }, behind])
  })
}
