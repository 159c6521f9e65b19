/** Altering settings: what a change makes of the values set so far, and whether the whole of them may stand. */
import { StreamRefusal } from '../stream-refusal.ts'
import { type ConfigRow, checkedValue, listOf } from './config-row.ts'
import { TOPIC_CONFIGS } from './config-table.ts'

export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract'

export interface ConfigChange {
  readonly name: string
  readonly operation: ConfigOperation
  /** Null only with `delete`. */
  readonly value: string | null
}

/**
 * @param rows what there is, by name
 * @param unset what a list is added to that is not set
 * @returns all values after the changes, not yet checked
 * @throws StreamRefusal invalid-config for adding to what is no list
 */
export function withChanges(
  current: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
  rows: ReadonlyMap<string, ConfigRow>,
  unset: (name: string) => string,
): Map<string, string> {
  const values = new Map(current)
  for (const { name, operation, value } of changes) {
    if (operation === 'delete') values.delete(name)
    else if (operation === 'set') values.set(name, value!)
    else {
      if (rows.get(name)?.type !== 'list') {
        const verb = operation.toUpperCase()
        throw new StreamRefusal('invalid-config', `Can't ${verb} to key ${name} because its type is not LIST.`)
      }
      const parts = listOf(values.get(name) ?? unset(name))
      const given = listOf(value!)
      const kept =
        operation === 'append' ? [...new Set([...parts, ...given])] : parts.filter((one) => !given.includes(one))
      values.set(name, kept.join(','))
    }
  }
  return values
}

/**
 * All that a topic says itself.
 * @returns the values as they are kept
 * @throws StreamRefusal invalid-config
 */
export function checkTopicConfigs(values: ReadonlyMap<string, string>): Map<string, string> {
  const kept = new Map<string, string>()
  for (const [name, value] of values) {
    const row = TOPIC_CONFIGS.get(name)
    if (row === undefined) throw new StreamRefusal('invalid-config', `Unknown topic config name: ${name}`)
    kept.set(name, checkedValue(row, value))
  }
  if (kept.get('remote.storage.enable') === 'true') {
    const text =
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
    throw new StreamRefusal('invalid-config', text)
  }
  const [least, most] = ['min.compaction.lag.ms', 'max.compaction.lag.ms'].map(
    (name) => kept.get(name) ?? TOPIC_CONFIGS.get(name)!.default,
  )
  if (BigInt(least) > BigInt(most)) {
    const text = `conflict topic config setting min.compaction.lag.ms (${least}) > max.compaction.lag.ms (${most})`
    throw new StreamRefusal('invalid-config', text)
  }
  return kept
}
