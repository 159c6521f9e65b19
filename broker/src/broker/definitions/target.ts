// What definitions are read from and written to: a broker, seen as a set of named objects.

import type { Access } from '../access/access.ts'
import type { GlobalParameter, Parameter } from '../parameters/parameters.ts'
import type { Headers } from '../routing/headers.ts'

export interface VhostDefinition {
  readonly name: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly defaultQueueType?: string | null
  readonly tracing?: boolean
}

export interface PolicyEntry {
  readonly vhost: string
  readonly name: string
  readonly pattern: string
  readonly applyTo: string
  readonly priority: number
  readonly definition: Readonly<Record<string, unknown>>
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
  'putUser' | 'setUserLimits' | 'setPermissions' | 'setTopicPermissions' | 'users' | 'permissions' | 'topicPermissions'
>

/**
 * Declaring what is there in the same form does nothing. Whatever cannot be done is thrown as a Refusal, whose text
 * lands in the report: a missing vhost, an argument not supported yet, another form of the same name.
 */
export interface DefinitionsTarget {
  readonly access: AccessDefinitions
  /** What is left out stays as it is in a vhost that is there. */
  declareVhost(vhost: VhostDefinition): void
  declareExchange(exchange: ExchangeDefinition): void
  declareQueue(queue: QueueDefinition): void
  bind(binding: BindingDefinition): void
  putPolicy(policy: PolicyEntry): void
  /** Limits of vhosts and operator policies, as RabbitMQ has them, are among them. */
  putParameter(parameter: Parameter): void
  putGlobalParameter(parameter: GlobalParameter): void
  vhosts(): Iterable<VhostDefinition>
  exchanges(): Iterable<ExchangeDefinition>
  /** All but the exclusive ones, which live no longer than a connection. */
  queues(): Iterable<QueueDefinition>
  /** All but those of exclusive queues. */
  bindings(): Iterable<BindingDefinition>
  policies(): Iterable<PolicyEntry>
  parameters(): Iterable<Parameter>
  globalParameters(): Iterable<GlobalParameter>
}
