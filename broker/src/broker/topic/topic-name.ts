/** What a topic may be called: Kafka's rules. */
import { StreamRefusal } from '../stream-refusal.ts'

const LENGTH_MAX = 249
const INTERNAL = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])
/** Kafka keeps its own metadata there; nobody makes it. */
const RESERVED = '__cluster_metadata'

/** @throws StreamRefusal invalid-topic-exception */
export function checkTopicName(name: string): void {
  const why = invalid(name)
  if (why !== null) throw new StreamRefusal('invalid-topic-exception', `Topic name is invalid: ${why}`)
}

function invalid(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > LENGTH_MAX) return `the length of '${name}' is longer than the max allowed length ${LENGTH_MAX}`
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return null
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Names with the same form may not stand side by side: tools that write '.' as '_' would take one for the other. */
export function unifiedName(name: string): string {
  return name.replaceAll('.', '_')
}

export function isInternalTopic(name: string): boolean {
  return INTERNAL.has(name)
}

/** @throws StreamRefusal for a name that nobody's topic may have */
export function checkNewTopicName(name: string): void {
  checkTopicName(name)
  if (name !== RESERVED) return
  throw new StreamRefusal('invalid-request', `Creation of internal topic ${RESERVED} is prohibited.`)
}
