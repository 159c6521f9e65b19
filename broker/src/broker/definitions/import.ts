// Definitions into a broker: merged with what is there, in the order in which objects need each other.
//
// A user, policy or parameter of the same name is replaced, and so is what is said of a vhost and of a schedule; any other
// exchange or queue of the same name stays as it is. What this broker cannot honour is left out and reported by name: a
// queue without its time-to-live would keep what its owner wanted gone, and a queue that is missing is seen at once.

import { hashPassword } from '../access/password.ts'
import { Refusal } from '../refusal.ts'
import { type DefinitionsDocument, parseDefinitions, sections } from './document.ts'
import { type Entry, entryNames, type Section } from './entry-names.ts'
import type { DefinitionsTarget } from './target.ts'

/** What a vhost's queues may be by default. */
const QUEUE_TYPES = ['classic', 'quorum', 'stream']

export interface ImportReport {
  /** Objects taken over or found to be there already. */
  readonly applied: number
  /** One line for each object, or part of one, left out: which, where in the file, and why. */
  readonly skipped: readonly string[]
}

/**
 * Takes effect object by object.
 * @param vhost takes only what belongs into a vhost, into this one; null takes all
 * @throws DefinitionsError before anything was done, if the form is wrong.
 */
export function importDefinitions(text: string, target: DefinitionsTarget, vhost: string | null = null): ImportReport {
  const document = parseDefinitions(text, vhost)
  const report = new Report()
  importAccess(document, target, report)
  importSettings(document, target, report)
  importObjects(document, target, report)
  reportUnknown(document, report)
  return report
}

class Report implements ImportReport {
  applied = 0
  readonly skipped: string[] = []

  each<S extends Section>(
    section: S,
    entries: readonly Entry<S>[],
    apply: (entry: Entry<S>, skip: (reason: string) => void) => void,
  ): void {
    entries.forEach((entry, index) => {
      const skip = (reason: string) =>
        this.skipped.push(`${entryNames[section](entry)} (${section}[${index}]): ${reason}`)
      try {
        apply(entry, skip)
        this.applied++
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        skip(error.message)
      }
    })
  }
}

function importAccess(document: DefinitionsDocument, target: DefinitionsTarget, report: Report): void {
  report.each('users', document.users, ({ name, tags, password, password_hash, hashing_algorithm, limits }, skip) => {
    const hash =
      password_hash === undefined
        ? hashPassword(password!)
        : { passwordHash: password_hash, hashingAlgorithm: hashing_algorithm }
    target.access.putUser({ name, tags, ...hash })
    if (limits !== undefined) apart(skip, () => target.access.setUserLimits(name, limits))
  })
  report.each('vhosts', document.vhosts, ({ name, metadata, limits, tracing, ...vhost }, skip) => {
    const description = vhost.description ?? metadata.description
    const tags = vhost.tags ?? metadata.tags
    const type = vhost.default_queue_type ?? metadata.default_queue_type
    const known = type !== undefined && QUEUE_TYPES.includes(type)
    target.declareVhost({
      name,
      ...(description !== undefined && { description }),
      ...(tags !== undefined && { tags }),
      ...(known && { defaultQueueType: type }),
      ...(tracing !== undefined && { tracing }),
    })
    if (type !== undefined && !known && type !== 'undefined') {
      skip(`default queue type '${type}' is not supported yet`)
    }
    if (limits !== undefined && Object.keys(limits).length > 0) {
      const parameter = { vhost: name, component: 'vhost-limits', name: 'limits', value: limits }
      apart(skip, () => target.putParameter(parameter))
    }
  })
  report.each('permissions', document.permissions, (permission) => target.access.setPermissions(permission))
  report.each('topic_permissions', document.topic_permissions, (permission) =>
    target.access.setTopicPermissions(permission),
  )
}

/** Before queues and exchanges, so that these are made as they are to be. */
function importSettings(document: DefinitionsDocument, target: DefinitionsTarget, report: Report): void {
  report.each('global_parameters', document.global_parameters, ({ name, value }) =>
    target.putGlobalParameter({ name, value }),
  )
  report.each('policies', document.policies, ({ vhost, name, pattern, 'apply-to': applyTo, priority, definition }) =>
    target.putPolicy({ vhost, name, pattern, applyTo, priority, definition }),
  )
  report.each('parameters', document.parameters, ({ vhost, component, name, value }) =>
    target.putParameter({ vhost, component, name, value }),
  )
}

function importObjects(document: DefinitionsDocument, target: DefinitionsTarget, report: Report): void {
  report.each('exchanges', document.exchanges, ({ vhost, name, type, durable, internal, ...exchange }) => {
    refuseReserved(name)
    const { auto_delete: autoDelete, arguments: args } = exchange
    target.declareExchange({ vhost, name, type, durable, autoDelete, internal, arguments: args })
  })
  const typedVhosts = new Set<string>()
  for (const { name, defaultQueueType: type } of target.vhosts()) if (type && type !== 'classic') typedVhosts.add(name)
  report.each('queues', document.queues, ({ vhost, name, durable, type, ...queue }) => {
    refuseReserved(name)
    // A classic one is said to be so only where it would be another by default.
    const isSaid =
      type !== undefined && (type !== 'classic' || (typedVhosts.has(vhost) && durable && !queue.auto_delete))
    const args = { ...(isSaid && { 'x-queue-type': type }), ...queue.arguments }
    target.declareQueue({ vhost, name, durable, autoDelete: queue.auto_delete, arguments: args })
  })
  report.each(
    'bindings',
    document.bindings,
    ({ vhost, source, destination, destination_type, routing_key, arguments: args }) =>
      target.bind({
        vhost,
        source,
        destination,
        destinationType: destination_type,
        routingKey: routing_key,
        arguments: args,
      }),
  )
}

function refuseReserved(name: string): void {
  if (name !== '' && !name.startsWith('amq.')) return
  throw new Refusal('access-refused', 'names that are empty or begin with amq. belong to the broker')
}

/** What is refused of an object does not undo the rest of it. */
function apart(skip: (reason: string) => void, apply: () => void): void {
  try {
    apply()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    skip(error.message)
  }
}

function reportUnknown(document: DefinitionsDocument, report: Report): void {
  for (const [section, value] of Object.entries(document)) {
    if ((sections as readonly string[]).includes(section) || !Array.isArray(value) || value.length === 0) continue
    report.skipped.push(`section '${section}': not known, ${value.length} entries left out`)
  }
}
