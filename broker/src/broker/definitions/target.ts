// What definitions are read from and written to: a broker, seen as a set of named objects.

import type { Access } from '../access/access.ts'
import type { Headers } from '../routing/headers.ts'

export interface VhostDefinition {
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
}

export interface ExchangeDefinition {
  readonly vhost: string
  readonly name: string
  readonly type: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly internal: boolean
  readonly arguments: Headers
}

export interface QueueDefinition {
  readonly vhost: string
  readonly name: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: Headers
}

export interface BindingDefinition {
  readonly vhost: string
  readonly source: string
  readonly destination: string
  readonly destinationType: 'queue' | 'exchange'
  readonly routingKey: string
  readonly arguments: Headers
}

type AccessDefinitions = Pick<
  Access,
  'putUser' | 'setPermissions' | 'setTopicPermissions' | 'users' | 'permissions' | 'topicPermissions'
>

/**
 * Declaring what is there in the same form does nothing. Whatever cannot be done is thrown as a Refusal, whose text
 * lands in the report: a missing vhost, an argument not supported yet, another form of the same name.
 */
export interface DefinitionsTarget {
  readonly access: AccessDefinitions
  declareVhost(vhost: VhostDefinition): void
  declareExchange(exchange: ExchangeDefinition): void
  declareQueue(queue: QueueDefinition): void
  bind(binding: BindingDefinition): void
  vhosts(): Iterable<VhostDefinition>
  exchanges(): Iterable<ExchangeDefinition>
  /** All but the exclusive ones, which live no longer than a connection. */
  queues(): Iterable<QueueDefinition>
  bindings(): Iterable<BindingDefinition>
}
