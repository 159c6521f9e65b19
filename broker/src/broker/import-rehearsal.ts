/**
 * What an import would do, found out by doing it: to a broker in memory that has all that is defined here, and is thrown
 * away. So nothing is checked otherwise than by the import itself. Trade: while it is asked, the memory of all definitions
 * once more, and the time of importing them.
 */
import { StoppableClock } from '../base/clock.ts'
import { MemoryDisk } from '../base/disk-memory.ts'
import { silentLogger } from '../base/logger.ts'
import { Turn } from '../base/turn.ts'
import { openFileEngine } from '../log/file-engine.ts'
import { Broker } from './broker.ts'
import { definitionsTarget } from './broker-definitions.ts'
import { type DefinitionsDocument, parseDefinitions, sections } from './definitions/document.ts'
import { type Entry, entryNames, type Section } from './definitions/entry-names.ts'
import { exportDefinitions } from './definitions/export.ts'
import { importDefinitions } from './definitions/import.ts'
import { DIALECT } from './dialect.ts'

/** Objects by what they are called; of bindings several can be called the same. */
export interface Rehearsal {
  readonly created: readonly string[]
  readonly changed: readonly string[]
  /** In the file, and already as they are there, or such as an import does not change. */
  readonly unchanged: readonly string[]
  /** As an import reports it. */
  readonly skipped: readonly string[]
}

const JOURNAL_FILE_BYTES = 1 << 20

/**
 * @param vhost as for an import
 * @throws DefinitionsError if the form is wrong
 */
export async function rehearseImport(text: string, broker: Broker, vhost: string | null): Promise<Rehearsal> {
  const asked = parseDefinitions(text, vhost)
  const { copy, discard } = await copyOf(broker)
  try {
    const before = objectsOf(copy)
    const { skipped } = importDefinitions(text, definitionsTarget(copy), vhost)
    return { ...compared(asked, before, objectsOf(copy), namesIn(skipped)), skipped }
  } finally {
    await discard()
  }
}

/** No timer of it ever fires, so that nothing happens in it by itself. */
async function copyOf(broker: Broker): Promise<{ copy: Broker; discard: () => Promise<void> }> {
  const logger = silentLogger()
  const turn = new Turn()
  const clock = new StoppableClock(broker.clock)
  const engine = await openFileEngine({
    disk: new MemoryDisk(),
    clock,
    turn,
    logger,
    shards: 1,
    journalFileBytes: JOURNAL_FILE_BYTES,
  })
  clock.stop()
  const { properties } = broker
  const copy = new Broker({ engine, turn, clock, logger, loopbackUsers: [], durability: 'synced', properties })
  importDefinitions(exportDefinitions(definitionsTarget(broker), DIALECT), definitionsTarget(copy))
  return { copy, discard: () => engine.close() }
}

/** All that is defined, each as JSON that is the same if it is. */
function objectsOf(broker: Broker): Map<string, string> {
  const document = parseDefinitions(exportDefinitions(definitionsTarget(broker), DIALECT))
  return new Map(entriesOf(document).map(({ key, entry }) => [key, canonical(entry)]))
}

/** What was left out, by name: a line of an import's report begins with it. */
function namesIn(skipped: readonly string[]): Set<string> {
  return new Set(skipped.map((line) => line.replace(/ \(\w+\[\d+\]\): [\s\S]*/, '')))
}

function compared(
  asked: DefinitionsDocument,
  before: Map<string, string>,
  after: Map<string, string>,
  refused: Set<string>,
) {
  const created: string[] = []
  const changed: string[] = []
  const unchanged: string[] = []
  for (const { key, name } of new Map(entriesOf(asked).map((one) => [one.key, one])).values()) {
    const now = after.get(key)
    if (!before.has(key)) {
      if (now !== undefined) created.push(name)
    } else if (before.get(key) !== now) changed.push(name)
    else if (!refused.has(name)) unchanged.push(name)
  }
  return { created, changed, unchanged }
}

function entriesOf(document: DefinitionsDocument): { key: string; name: string; entry: unknown }[] {
  return sections.flatMap((section) => ofSection(document, section))
}

function ofSection<S extends Section>(document: DefinitionsDocument, section: S) {
  return (document[section] as readonly Entry<S>[]).map((entry) => {
    const name = entryNames[section](entry)
    // Bindings are told apart by their arguments too.
    const key = section === 'bindings' ? `${name} ${canonical((entry as Entry<'bindings'>).arguments)}` : name
    return { key, name, entry }
  })
}

function canonical(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${pairs.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`
}
