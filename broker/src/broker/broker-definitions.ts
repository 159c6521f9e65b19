/** The broker as a set of named objects: what definitions are imported into and exported from. */
import type { Broker } from './broker.ts'
import type {
  BindingDefinition,
  DefinitionsTarget,
  ExchangeDefinition,
  QueueDefinition,
  VhostDefinition,
} from './definitions/target.ts'

export function definitionsTarget(broker: Broker): DefinitionsTarget {
  return {
    access: broker.access,
    declareVhost: ({ name, description, tags }) => void broker.declareVhost(name, { description, tags }),
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
    *vhosts(): Iterable<VhostDefinition> {
      for (const { name, description, tags } of broker.vhosts.values()) yield { name, description, tags }
    },
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
