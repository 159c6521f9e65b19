// A broker's definitions as RabbitMQ exports them: what goes out can be imported there and here.
//
// What exists in every vhost anyway is left out.

import type { Parameter } from '../parameters/parameters.ts'
import { jsonTable } from '../routing/json-table.ts'
import type { DefinitionsTarget, VhostDefinition } from './target.ts'

/** Which broker it is. */
export interface Product {
  readonly name: string
  readonly version: string
}

/** @param rabbitmqVersion the version of RabbitMQ whose dialect the broker speaks */
export function exportDefinitions(
  target: DefinitionsTarget,
  rabbitmqVersion: string,
  product: Product | null = null,
): string {
  const parameters = [...target.parameters()]
  const document = {
    ...versions(rabbitmqVersion, product),
    users: [...target.access.users()].map(({ name, passwordHash, hashingAlgorithm, tags, limits }) => ({
      name,
      password_hash: passwordHash,
      hashing_algorithm: hashingAlgorithm,
      tags,
      limits: limits ?? {},
    })),
    vhosts: [...target.vhosts()].map((vhost) => vhostEntry(vhost, parameters)),
    permissions: [...target.access.permissions()],
    topic_permissions: [...target.access.topicPermissions()],
    parameters,
    global_parameters: [...target.globalParameters()],
    ...objects(target),
  }
  return JSON.stringify(document, null, 2)
}

/** Only what is in the vhost, which is not named in it: it can be imported into another. */
export function exportVhostDefinitions(
  target: DefinitionsTarget,
  rabbitmqVersion: string,
  vhost: string,
  product: Product | null = null,
): string {
  const inVhost = (one: { readonly vhost: string }): boolean => one.vhost === vhost
  const unnamed = (entries: { readonly vhost: string }[]): object[] => {
    return entries.filter(inVhost).map(({ vhost: _, ...entry }) => entry)
  }
  const { policies, queues, exchanges, bindings } = objects(target)
  const document = {
    ...versions(rabbitmqVersion, product),
    parameters: [...target.parameters()].filter(inVhost),
    policies: unnamed(policies),
    queues: unnamed(queues),
    exchanges: unnamed(exchanges),
    bindings: unnamed(bindings),
  }
  return JSON.stringify(document, null, 2)
}

function versions(rabbitmq: string, product: Product | null): object {
  return {
    rabbit_version: rabbitmq,
    rabbitmq_version: rabbitmq,
    ...(product !== null && { product_name: product.name, product_version: product.version }),
  }
}

function objects(target: DefinitionsTarget) {
  const exchanges = [...target.exchanges()].filter(({ name }) => !isReserved(name))
  const bindings = [...target.bindings()].filter(({ source }) => source !== '')
  return {
    policies: [...target.policies()].map(({ vhost, name, pattern, applyTo, definition, priority }) => ({
      vhost,
      name,
      pattern,
      'apply-to': applyTo,
      definition,
      priority,
    })),
    queues: [...target.queues()].map(({ vhost, name, durable, autoDelete, arguments: args }) => ({
      name,
      vhost,
      type: typeof args['x-queue-type'] === 'string' ? args['x-queue-type'] : 'classic',
      durable,
      auto_delete: autoDelete,
      arguments: jsonTable(args),
    })),
    exchanges: exchanges.map(({ vhost, name, type, durable, autoDelete, internal, arguments: args }) => ({
      name,
      vhost,
      type,
      durable,
      auto_delete: autoDelete,
      internal,
      arguments: jsonTable(args),
    })),
    bindings: bindings.map(({ vhost, source, destination, destinationType, routingKey, arguments: args }) => ({
      source,
      vhost,
      destination,
      destination_type: destinationType,
      routing_key: routingKey,
      arguments: jsonTable(args),
    })),
  }
}

/** RabbitMQ writes the limits of a vhost twice: here, and as the parameter that they are. */
function vhostEntry(
  { name, description = '', tags = [], defaultQueueType, tracing }: VhostDefinition,
  parameters: readonly Parameter[],
): object {
  const typed = typeof defaultQueueType === 'string' ? { default_queue_type: defaultQueueType } : {}
  const limits = parameters.find(({ vhost, component }) => vhost === name && component === 'vhost-limits')?.value
  return {
    name,
    description,
    tags,
    ...typed,
    ...(tracing === true && { tracing }),
    limits: Object.entries(limits ?? {}),
    metadata: { description, tags, ...typed },
  }
}

function isReserved(name: string): boolean {
  return name === '' || name.startsWith('amq.')
}
