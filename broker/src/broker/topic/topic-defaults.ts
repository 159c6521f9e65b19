/**
 * What topics get that do not say it themselves: Kafka's defaults, over them the broker's settings, over them what an
 * admin altered while it runs, for all brokers or for this one. The first value found holds; the rest is described as
 * its synonyms.
 */
import type { Catalog } from '../catalog.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import type { StreamSettings } from '../stream-settings.ts'
import { type ConfigRow, checkedValue } from './config-row.ts'
import { TOPIC_CONFIGS, TOPIC_DEFAULTS, type TopicConfigRow } from './config-table.ts'

export type ConfigSource = 'topic' | 'broker' | 'all-brokers' | 'static' | 'default'

export interface SourcedValue {
  readonly name: string
  readonly value: string
  readonly source: ConfigSource
}

/** For this broker, or for all of the cluster; one and the same here, but kept apart as admins wrote them. */
export type AlterableLevel = 'broker' | 'all-brokers'

const KIND = 'topic-defaults'
const LEVELS: readonly AlterableLevel[] = ['broker', 'all-brokers']

export class TopicDefaults {
  private readonly vhost: string
  private readonly catalog: Catalog
  private readonly set = new Map<string, string>()
  private readonly altered: Record<AlterableLevel, ReadonlyMap<string, string>> = {
    broker: new Map(),
    'all-brokers': new Map(),
  }

  /** @throws StreamRefusal invalid-config for a setting no topic has, or a value it does not take */
  constructor(vhost: string, catalog: Catalog, settings: StreamSettings) {
    this.vhost = vhost
    this.catalog = catalog
    if (settings.durability !== 'synced') this.set.set('durability', settings.durability)
    for (const [name, value] of Object.entries(settings.topicDefaults)) {
      const row = TOPIC_CONFIGS.get(name)
      if (row === undefined) throw new StreamRefusal('invalid-config', `Unknown topic config name: ${name}`)
      this.set.set(name, checkedValue(row, value))
    }
  }

  restore(): void {
    for (const { key, value } of this.catalog.all(KIND)) {
      const [vhost, level] = key
      if (vhost !== this.vhost) continue
      this.altered[level as AlterableLevel] = new Map(Object.entries(value as Record<string, string>))
    }
  }

  /** By the broker's names (`log.retention.ms`). */
  alteredFor(level: AlterableLevel): ReadonlyMap<string, string> {
    return this.altered[level]
  }

  /** Takes effect once topics are resolved again. `values`: all of the level, by the broker's names, checked. */
  alter(level: AlterableLevel, values: ReadonlyMap<string, string>): void {
    this.altered[level] = values
    this.catalog.put(KIND, [this.vhost, level], Object.fromEntries(values))
  }

  /** Nothing of it is kept. */
  forget(): void {
    for (const level of LEVELS) this.catalog.remove(KIND, [this.vhost, level])
  }

  valueOf(row: TopicConfigRow): string {
    return this.describe(row)[0]?.value ?? row.default
  }

  /** What holds first; without the defaults of larger units behind a name that has none. */
  describe(row: TopicConfigRow): SourcedValue[] {
    const sources = this.sourcesOf(row)
    return sources[0]?.name === brokerName(row) ? sources : []
  }

  private sourcesOf(row: TopicConfigRow): SourcedValue[] {
    const found: SourcedValue[] = []
    const name = brokerName(row)
    for (const source of LEVELS) {
      const value = this.altered[source].get(name)
      if (value !== undefined) found.push({ name, value, source })
    }
    const set = this.set.get(row.name)
    if (set !== undefined) found.push({ name, value: set, source: 'static' })
    for (const synonym of row.synonyms) {
      if (synonym.default !== null) found.push({ name: synonym.name, value: synonym.default, source: 'default' })
    }
    return found
  }
}

function brokerName(row: TopicConfigRow): string {
  return row.synonyms[0]?.name ?? row.name
}

/** As Kafka has it, a value that a broker does not take makes the request invalid, and not the configuration. */
function checkedDefault(row: ConfigRow, value: string): string {
  try {
    return checkedValue(row, value)
  } catch (error) {
    throw new StreamRefusal('invalid-request', (error as StreamRefusal).message)
  }
}

/**
 * @returns the values of one level as they are kept
 * @throws StreamRefusal invalid-request for what cannot be altered while the broker runs, or not to that
 */
export function checkedDefaults(values: ReadonlyMap<string, string>): Map<string, string> {
  const kept = new Map<string, string>()
  for (const [name, value] of values) {
    const row = TOPIC_DEFAULTS.get(name)
    if (row === undefined) {
      throw new StreamRefusal('invalid-request', `Cannot update these configs dynamically: [${name}]`)
    }
    kept.set(name, checkedDefault({ ...row, name }, value))
  }
  return kept
}
