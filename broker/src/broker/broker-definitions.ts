/** The broker as a set of named objects: what definitions are imported into and exported from. */
import type { Broker } from './broker.ts'
import type {
  BindingDefinition,
  DefinitionsTarget,
  ExchangeDefinition,
  QueueDefinition,
  VhostDefinition,
} from './definitions/target.ts'
import { Refusal } from './refusal.ts'

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
      broker.vhost(vhost).declareQueue({ ...options, exclusiveTo: null }, null)
    },
    bind({ vhost, source, destination, destinationType, routingKey, arguments: args }) {
      const host = broker.vhost(vhost)
      const end = destinationType === 'queue' ? host.queue(destination, null) : host.exchange(destination)
      host.bind(source, end, routingKey, args)
    },
    putPolicy() {
      throw new Refusal('not-implemented', 'policies are not supported yet')
    },
    putParameter(parameter) {
      broker.vhost(parameter.vhost)
      broker.parameters.put(parameter)
    },
    putGlobalParameter: ({ name, value }) => broker.parameters.putGlobal(name, value),
    *vhosts(): Iterable<VhostDefinition> {
      for (const { name, description, tags, defaultQueueType, tracing } of broker.vhosts.values()) {
        yield { name, description, tags, defaultQueueType, tracing }
      }
    },
    policies: () => [],
    parameters: () => broker.parameters.list(),
    globalParameters: () => broker.parameters.globals(),
    *exchanges(): Iterable<ExchangeDefinition> {
      for (const vhost of broker.vhosts.values()) {
        for (const { name, type, durable, autoDelete, internal, arguments: args } of vhost.exchanges.values()) {
          yield { vhost: vhost.name, name, type, durable, autoDelete, internal, arguments: args }
        }
      }
    },
    *queues(): Iterable<QueueDefinition> {
      for (const vhost of broker.vhosts.values()) {
        for (const { name, durable, autoDelete, exclusiveTo, arguments: args } of vhost.queues.values()) {
          if (exclusiveTo === null) yield { vhost: vhost.name, name, durable, autoDelete, arguments: args }
        }
      }
    },
    *bindings(): Iterable<BindingDefinition> {
      for (const vhost of broker.vhosts.values()) {
        for (const exchange of vhost.exchanges.values()) {
          for (const binding of exchange.bindings()) {
            yield {
              vhost: vhost.name,
              source: binding.source,
              destination: binding.destination.name,
              destinationType: binding.destination.kind,
              routingKey: binding.key,
              arguments: binding.args,
            }
          }
        }
      }
    },
  }
}
