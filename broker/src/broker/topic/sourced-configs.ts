/** What a topic's settings are and where each comes from: its own, a policy that lowers it, the broker, the default. */
import { lowerLimit } from '../policy/definition.ts'
import { NO_LIMITS, type TopicLimits } from '../policy/topic-limits.ts'
import { TOPIC_CONFIGS, type TopicConfigRow } from './config-table.ts'
import type { ConfigSource, SourcedValue, TopicDefaults } from './topic-defaults.ts'

export type TopicConfigSource = ConfigSource | 'policy'

export interface SourcedConfig {
  readonly row: TopicConfigRow
  /** What holds first; empty: the row's default holds. */
  readonly sources: readonly (Omit<SourcedValue, 'source'> & { readonly source: TopicConfigSource })[]
}

/** All that a topic with these settings of its own has. */
export function sourcedConfigs(
  overrides: ReadonlyMap<string, string>,
  defaults: TopicDefaults,
  limits: TopicLimits = NO_LIMITS,
): SourcedConfig[] {
  const rows = [...TOPIC_CONFIGS.values()].filter((row) => row.hidden === undefined || overrides.has(row.name))
  return rows.map((row) => ({ row, sources: sourcesOf(row, overrides, defaults, limits) }))
}

function sourcesOf(
  row: TopicConfigRow,
  overrides: ReadonlyMap<string, string>,
  defaults: TopicDefaults,
  limits: TopicLimits,
): SourcedConfig['sources'] {
  const { name } = row
  const own = overrides.get(name)
  const behind = defaults.describe(row)
  const found: SourcedValue[] = own === undefined ? behind : [{ name, value: own, source: 'topic' }, ...behind]
  const limit = limits.get(name)
  const value = found[0]?.value ?? row.default
  if (limit === undefined || lowerLimit(limit, Number(value)) === Number(value)) return found
  return [{ name, value: String(limit), source: 'policy' }, ...found]
}
