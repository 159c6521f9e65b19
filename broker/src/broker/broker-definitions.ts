/** The broker as a set of named objects: what definitions are imported into and exported from. */
import { kindOf } from './bindings.ts'
import type { Broker } from './broker.ts'
import type {
  BindingDefinition,
  DefinitionsTarget,
  ExchangeDefinition,
  PolicyEntry,
  QueueDefinition,
  VhostDefinition,
} from './definitions/target.ts'
import type { Parameter } from './parameters/parameters.ts'
import type { Policy, PolicyInput } from './policy/policy.ts'
import { CONFIGS_ARGUMENT, LOG_EXCHANGE_TYPE } from './routing/log-exchange.ts'

/** The component that operator policies have where RabbitMQ exports them, among the parameters. */
const OPERATOR_POLICY = 'operator_policy'

function fromParameter(value: unknown): PolicyInput {
  const { 'apply-to': applyTo, pattern, priority, definition } = (value ?? {}) as Record<string, unknown>
  return { applyTo, pattern, priority, definition }
}

function toParameter({ vhost, name, applyTo, pattern, priority, definition }: Policy): Parameter {
  return { vhost, component: OPERATOR_POLICY, name, value: { 'apply-to': applyTo, pattern, priority, definition } }
}

export function definitionsTarget(broker: Broker): DefinitionsTarget {
  return {
    access: broker.access,
    declareVhost({ name, ...metadata }) {
      if (broker.vhosts.has(name)) broker.updateVhost(name, metadata)
      else broker.declareVhost(name, { description: '', tags: [], ...metadata })
    },
    declareExchange({ vhost, name, type, ...options }) {
      broker.vhost(vhost).declareExchange(name, type, options)
    },
    declareQueue({ vhost, ...options }) {
      broker.vhost(vhost).declareQueueOrStream({ ...options, exclusiveTo: null }, null)
    },
    bind({ vhost, source, destination, destinationType, routingKey, arguments: args }) {
      const host = broker.vhost(vhost)
      const end = destinationType === 'queue' ? host.queueOrStream(destination, null) : host.exchange(destination)
      host.bind(source, end, routingKey, args)
    },
    putPolicy: ({ vhost, name, ...policy }) => void broker.vhost(vhost).policies.put('policy', name, policy),
    putParameter(parameter) {
      const { policies } = broker.vhost(parameter.vhost)
      if (parameter.component === OPERATOR_POLICY) {
        policies.put('operator-policy', parameter.name, fromParameter(parameter.value))
      } else broker.parameters.put(parameter)
    },
    putGlobalParameter: ({ name, value }) => broker.parameters.putGlobal(name, value),
    *vhosts(): Iterable<VhostDefinition> {
      for (const { name, description, tags, defaultQueueType, tracing } of broker.vhosts.values()) {
        yield { name, description, tags, defaultQueueType, tracing }
      }
    },
    *policies(): Iterable<PolicyEntry> {
      for (const vhost of broker.vhosts.values()) yield* vhost.policies.list('policy')
    },
    *parameters(): Iterable<Parameter> {
      yield* broker.parameters.list()
      for (const vhost of broker.vhosts.values()) yield* vhost.policies.list('operator-policy').map(toParameter)
    },
    globalParameters: () => broker.parameters.globals(),
    *exchanges(): Iterable<ExchangeDefinition> {
      for (const vhost of broker.vhosts.values()) {
        for (const { name, type, durable, autoDelete, internal, arguments: args } of vhost.exchanges.values()) {
          const topic = type === LOG_EXCHANGE_TYPE ? vhost.streams.topics.get(name) : undefined
          if (topic !== undefined && vhost.streamQueues.get(name)?.isWholeTopic) continue
          const configs = topic && { [CONFIGS_ARGUMENT]: Object.fromEntries(topic.overrides) }
          yield { vhost: vhost.name, name, type, durable, autoDelete, internal, arguments: { ...args, ...configs } }
        }
      }
    },
    *queues(): Iterable<QueueDefinition> {
      for (const vhost of broker.vhosts.values()) {
        // Before the queues over them. Other topics are exchanges with partitions and settings.
        for (const { name, durable, autoDelete, arguments: args, isWholeTopic } of vhost.eachStream()) {
          if (isWholeTopic) yield { vhost: vhost.name, name, durable, autoDelete, arguments: args }
        }
        for (const { name, durable, autoDelete, exclusiveTo, arguments: args } of vhost.queues.values()) {
          if (exclusiveTo === null) yield { vhost: vhost.name, name, durable, autoDelete, arguments: args }
        }
      }
    },
    *bindings(): Iterable<BindingDefinition> {
      for (const vhost of broker.vhosts.values()) {
        for (const exchange of vhost.exchanges.values()) {
          for (const { source, destination, key: routingKey, args } of exchange.bindings()) {
            if (vhost.queues.get(destination.name)?.exclusiveTo && destination.kind === 'queue') continue
            const destinationType = kindOf(destination)
            yield {
              vhost: vhost.name,
              source,
              destination: destination.name,
              destinationType,
              routingKey,
              arguments: args,
            }
          }
        }
      }
    },
  }
}
