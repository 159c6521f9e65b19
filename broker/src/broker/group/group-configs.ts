/**
 * What is set for single groups instead of for all (`consumer.session.timeout.ms`, …); it may be set before there is such
 * a group, and stays when it goes. Takes effect with the next heartbeat of a member.
 *
 *   group-config  [vhost, group]  {name: value}
 */
import type { Catalog } from '../catalog.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import type { StreamSettings } from '../stream-settings.ts'
import { atLeast, type ConfigRow, checkedValue } from '../topic/config-row.ts'

const KIND = 'group-config'
const SESSION = 'consumer.session.timeout.ms'
const HEARTBEAT = 'consumer.heartbeat.interval.ms'

/** Kafka's `group.consumer.min.…` and `max.…`, which cannot be set here. */
const BOUNDS = [
  [HEARTBEAT, 5000, 15_000, 'group.consumer.min.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  [SESSION, 45_000, 60_000, 'group.consumer.min.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
] as const

const NONE: ReadonlyMap<string, string> = new Map()

export interface GroupConfigRow extends ConfigRow {
  /** The name of the broker's setting that holds where this is not set. */
  readonly synonym: string
  readonly default: string
}

export class GroupConfigs {
  readonly rows: ReadonlyMap<string, GroupConfigRow>
  private readonly vhost: string
  private readonly catalog: Catalog
  private readonly settings: StreamSettings
  private readonly byGroup = new Map<string, ReadonlyMap<string, string>>()

  constructor(vhost: string, catalog: Catalog, settings: StreamSettings) {
    this.vhost = vhost
    this.catalog = catalog
    this.settings = settings
    const row = (name: string, ofBroker: number, doc: string): [string, GroupConfigRow] => {
      return [name, { name, synonym: `group.${name}`, type: 'int', default: String(ofBroker), doc, check: atLeast(1) }]
    }
    this.rows = new Map([
      row(HEARTBEAT, settings.groupConsumerHeartbeatIntervalMs, 'How often members report, in milliseconds.'),
      row(SESSION, settings.groupConsumerSessionTimeoutMs, 'After how much silence a member is gone, in milliseconds.'),
    ])
  }

  restore(): void {
    for (const { key, value } of this.catalog.all(KIND)) {
      const [vhost, group] = key
      if (vhost === this.vhost) this.byGroup.set(group!, new Map(Object.entries(value as Record<string, string>)))
    }
  }

  /** Groups that have something of their own. */
  get groups(): Iterable<string> {
    return this.byGroup.keys()
  }

  of(group: string): ReadonlyMap<string, string> {
    return this.byGroup.get(group) ?? NONE
  }

  sessionTimeoutMs(group: string): number {
    const own = this.byGroup.get(group)?.get(SESSION)
    return own === undefined ? this.settings.groupConsumerSessionTimeoutMs : Number(own)
  }

  heartbeatIntervalMs(group: string): number {
    const own = this.byGroup.get(group)?.get(HEARTBEAT)
    return own === undefined ? this.settings.groupConsumerHeartbeatIntervalMs : Number(own)
  }

  /** @param values all that the group is to have; checked */
  set(group: string, values: ReadonlyMap<string, string>): void {
    if (values.size === 0) {
      this.byGroup.delete(group)
      this.catalog.remove(KIND, [this.vhost, group])
    } else {
      this.byGroup.set(group, values)
      this.catalog.put(KIND, [this.vhost, group], Object.fromEntries(values))
    }
  }

  /** For the end of the vhost. */
  forget(): void {
    for (const group of [...this.byGroup.keys()]) this.set(group, NONE)
  }

  /**
   * @returns the values as they are kept
   * @throws StreamRefusal invalid-config
   */
  checked(values: ReadonlyMap<string, string>): Map<string, string> {
    const kept = new Map<string, string>()
    for (const [name, value] of values) {
      const row = this.rows.get(name)
      if (row === undefined) throw new StreamRefusal('invalid-config', `Unknown group config name: ${name}`)
      kept.set(name, checkedValue(row, value))
    }
    const holds = (name: string): number => Number(kept.get(name) ?? this.rows.get(name)!.default)
    for (const [name, least, most, leastName, mostName] of BOUNDS) {
      if (!kept.has(name)) continue
      if (holds(name) < least) refuse(`${name} must be greater than or equal to ${leastName}`)
      if (holds(name) > most) refuse(`${name} must be less than or equal to ${mostName}`)
    }
    if (holds(SESSION) <= holds(HEARTBEAT)) refuse(`${SESSION} must be greater than ${HEARTBEAT}`)
    return kept
  }
}

function refuse(text: string): never {
  throw new StreamRefusal('invalid-config', text)
}
