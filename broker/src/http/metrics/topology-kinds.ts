/** Exchanges and vhosts. */
import type { Broker } from '../../broker/broker.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { counter, gauge, labelsOf } from './exposition.ts'
import type { Kind } from './kinds.ts'

interface ExchangeIn {
  readonly vhost: string
  readonly exchange: Exchange
}

export const exchangeKind: Kind<ExchangeIn> = {
  *all(_broker, vhosts) {
    for (const { name, exchanges } of vhosts) for (const exchange of exchanges.values()) yield { vhost: name, exchange }
  },
  labels: ({ vhost, exchange: { name, type } }) => labelsOf({ vhost, exchange: name, type }),
  families: {
    exchange_metrics: [
      {
        ...counter('rabbitmq_exchange_messages_published_total', 'Messages that came to the exchange'),
        of: ({ exchange }) => exchange.publishedIn,
        gone: (broker) => goneOf(broker, 'publishedIn'),
      },
      {
        ...counter('signalbox_exchange_messages_routed_total', 'Messages that the exchange gave to queues and topics'),
        of: ({ exchange }) => exchange.publishedOut,
        gone: (broker) => goneOf(broker, 'publishedOut'),
      },
    ],
    exchange_bindings: [
      {
        ...gauge('rabbitmq_cluster_exchange_bindings', 'Bindings of the exchange'),
        of: ({ exchange }) => exchange.bindingCount,
      },
    ],
    exchange_names: [{ ...gauge('rabbitmq_cluster_exchange_name', 'The exchanges there are'), of: () => 1 }],
  },
}

export const vhostKind: Kind<Vhost> = {
  all: (_broker, vhosts) => vhosts,
  labels: ({ name }) => labelsOf({ vhost: name }),
  families: {
    vhost_status: [{ ...gauge('rabbitmq_cluster_vhost_status', 'Whether the virtual host is running'), of: () => 1 }],
  },
}

function goneOf({ vhosts, gone }: Broker, key: 'publishedIn' | 'publishedOut'): number {
  let sum = gone.exchanges[key]
  for (const { goneExchanges } of vhosts.values()) sum += goneExchanges[key]
  return sum
}
