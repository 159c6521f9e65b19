/** Altering the settings of a resource: who may, what there is, and what it comes to. */
import { StreamRefusal } from '../broker/stream-refusal.ts'
import { checkTopicConfigs } from '../broker/topic/config-changes.ts'
import type { ConfigRow } from '../broker/topic/config-row.ts'
import { TOPIC_CONFIGS, TOPIC_DEFAULTS } from '../broker/topic/config-table.ts'
import { type AlterableLevel, checkedDefaults } from '../broker/topic/topic-defaults.ts'
import { checkTopicName } from '../broker/topic/topic-name.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { RESOURCE } from './config-entries.ts'
import type { Call } from './handler.ts'
import { ACCEPTED, attempted, type Refused, refused, repeated } from './refusals.ts'

/** What an alteration starts from. */
export interface Alterable {
  readonly current: ReadonlyMap<string, string>
  readonly rows: ReadonlyMap<string, ConfigRow>
  /** What holds of a setting that is not in `current`. */
  unset(name: string): string
}

export interface AskedResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface AlteredResource extends Refused {
  readonly resourceType: number
  readonly resourceName: string
}

/**
 * Alters each resource by itself, wholly or not at all.
 * @param after the values a resource is to have, of what it has
 */
export function alterResources<R extends AskedResource>(
  call: Call<never>,
  resources: readonly R[],
  validateOnly: boolean,
  after: (resource: R, alterable: Alterable) => ReadonlyMap<string, string>,
): AlteredResource[] {
  const keyOf = ({ resourceType, resourceName }: R): string => `${resourceType} ${resourceName}`
  const twice = repeated(resources.map(keyOf))
  return resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const alter = (): Refused => {
      if (twice.has(keyOf(resource))) return refused('invalid-request', 'Each resource must appear at most once.')
      if (resourceType === RESOURCE.topic) return alterTopic(call, resource, validateOnly, after)
      if (resourceType === RESOURCE.group) return alterGroup(call, resource, validateOnly, after)
      return alterBroker(call, resource, validateOnly, after)
    }
    return { resourceType, resourceName, ...attempted(alter) }
  })
}

/** @throws StreamRefusal invalid-request for settings named twice, or for a value missing from one of `set` */
export function checkKeys({ configs }: AskedResource, set: AskedResource['configs']): void {
  if (repeated(configs.map(({ name }) => name)).size > 0) {
    throw new StreamRefusal('invalid-request', 'Error due to duplicate config keys')
  }
  const missing = set.filter(({ value }) => value === null).map(({ name }) => name)
  if (missing.length === 0) return
  throw new StreamRefusal('invalid-request', `Null value not supported for : ${missing.join(', ')}`)
}

/** @throws StreamRefusal invalid-request unless the name is this broker's number */
export function checkNodeId(name: string, nodeId: number): void {
  if (!/^\d{1,10}$/.test(name)) {
    throw new StreamRefusal('invalid-request', `Node id must be an integer, but it is: ${name}`)
  }
  if (Number(name) === nodeId) return
  throw new StreamRefusal('invalid-request', `Unexpected broker id, expected ${nodeId}, but received ${name}`)
}

function alterTopic<R extends AskedResource>(
  call: Call<never>,
  resource: R,
  validateOnly: boolean,
  after: (resource: R, alterable: Alterable) => ReadonlyMap<string, string>,
): Refused {
  const { resourceName: name } = resource
  if (!call.may('alter-configs', 'topic', name)) return refused('topic-authorization-failed')
  if (name === '') return refused('invalid-request', 'Default topic resources are not allowed.')
  checkTopicName(name)
  const { topics } = call.vhost.streams
  const topic = topics.get(name)
  if (topic === undefined) return refused('unknown-topic-or-partition', `The topic '${name}' does not exist.`)
  const values = after(resource, {
    current: topic.overrides,
    rows: TOPIC_CONFIGS,
    unset: (config) => topics.defaults.valueOf(TOPIC_CONFIGS.get(config)!),
  })
  if (validateOnly) checkTopicConfigs(values)
  else topics.alterConfigs(topic, values)
  return ACCEPTED
}

function alterGroup<R extends AskedResource>(
  call: Call<never>,
  resource: R,
  validateOnly: boolean,
  after: (resource: R, alterable: Alterable) => ReadonlyMap<string, string>,
): Refused {
  const { resourceName: name } = resource
  if (!call.may('alter-configs', 'group', name)) return refused('group-authorization-failed')
  if (name === '') return refused('invalid-request', 'Default group resources are not allowed.')
  const { configs } = call.vhost.streams.groups
  const { rows } = configs
  const values = after(resource, { current: configs.of(name), rows, unset: (config) => rows.get(config)!.default })
  const checked = configs.checked(values)
  if (!validateOnly) configs.set(name, checked)
  return ACCEPTED
}

function alterBroker<R extends AskedResource>(
  call: Call<never>,
  resource: R,
  validateOnly: boolean,
  after: (resource: R, alterable: Alterable) => ReadonlyMap<string, string>,
): Refused {
  const { resourceType, resourceName: name } = resource
  if (resourceType !== RESOURCE.broker) return refused('invalid-request', `Unknown resource type ${resourceType}`)
  if (!call.may('alter-configs', 'cluster', CLUSTER_NAME)) return refused('cluster-authorization-failed')
  if (name !== '') checkNodeId(name, call.context.nodeId)
  const level: AlterableLevel = name === '' ? 'all-brokers' : 'broker'
  const { topics } = call.vhost.streams
  const values = after(resource, {
    current: topics.defaults.alteredFor(level),
    rows: TOPIC_DEFAULTS,
    unset: (config) => topics.defaults.valueOf(TOPIC_DEFAULTS.get(config)!),
  })
  if (validateOnly) checkedDefaults(values)
  else topics.alterDefaults(level, values)
  return ACCEPTED
}
