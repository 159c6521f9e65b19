/** Settings as describing APIs answer them: value, type, where it comes from, and what would hold without it. */
import type { GroupConfigRow } from '../broker/group/group-configs.ts'
import { lowerLimit } from '../broker/policy/definition.ts'
import { NO_LIMITS, type TopicLimits } from '../broker/policy/topic-limits.ts'
import type { ConfigRow, ConfigType } from '../broker/topic/config-row.ts'
import { TOPIC_CONFIGS, type TopicConfigRow } from '../broker/topic/config-table.ts'
import type { ConfigSource, SourcedValue, TopicDefaults } from '../broker/topic/topic-defaults.ts'

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

type Source = ConfigSource | 'group' | 'policy'

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
  const described = (row: TopicConfigRow): Parameters<typeof configEntry>[1] => {
    const { name } = row
    const own = overrides.get(name)
    const behind = defaults.describe(row)
    const found: SourcedValue[] = own === undefined ? behind : [{ name, value: own, source: 'topic' }, ...behind]
    const limit = limits.get(name)
    const value = found[0]?.value ?? row.default
    if (limit === undefined || lowerLimit(limit, Number(value)) === Number(value)) return found
    return [{ name, value: String(limit), source: 'policy' }, ...found]
  }
  const rows = [...TOPIC_CONFIGS.values()].filter((row) => row.hidden === undefined || overrides.has(row.name))
  return rows.map((row) => configEntry(row, described(row)))
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
