/** Bindings as the management API shows them, those that every queue has to the default exchange among them. */
import { type Destination, kindOf } from '../../broker/bindings.ts'
import { Binding } from '../../broker/routing/binding.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import { noHeaders } from '../../broker/routing/headers.ts'
import { jsonTable } from '../../broker/routing/json-table.ts'
import type { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { ListSource } from '../lists/list-source.ts'
import { scopeOf, versionOf } from './vhost-lists.ts'

/** A binding, and where it is. */
export interface PlacedBinding {
  readonly vhost: string
  readonly binding: Binding
}

type AnyQueue = Exclude<Destination, Exchange>

const placed = new WeakMap<Binding, PlacedBinding>()
const implicit = new WeakMap<AnyQueue, Binding>()

/** What leads to a queue or an exchange. */
export function* bindingsTo(vhost: Vhost, destination: Destination): Iterable<PlacedBinding> {
  if (destination.kind !== 'exchange') yield place(vhost, implicitBinding(destination))
  for (const exchange of vhost.exchanges.values()) {
    for (const binding of exchange.bindingsTo(destination)) yield place(vhost, binding)
  }
}

/** What leads from an exchange. */
export function* bindingsFrom(vhost: Vhost, source: Exchange): Iterable<PlacedBinding> {
  if (source.name === '') {
    for (const queue of allQueues(vhost)) yield place(vhost, implicitBinding(queue))
  } else for (const binding of source.bindings()) yield place(vhost, binding)
}

/** What leads from one to the other. */
export function* bindingsBetween(vhost: Vhost, source: Exchange, destination: Destination): Iterable<PlacedBinding> {
  if (source.name !== '') for (const binding of source.bindingsTo(destination)) yield place(vhost, binding)
  else if (destination.kind !== 'exchange') yield place(vhost, implicitBinding(destination))
}

export function* allBindings(vhosts: readonly Vhost[]): Iterable<PlacedBinding> {
  for (const vhost of vhosts) for (const exchange of vhost.exchanges.values()) yield* bindingsFrom(vhost, exchange)
}

function* allQueues(vhost: Vhost): Iterable<AnyQueue> {
  yield* vhost.queues.values()
  for (const stream of vhost.eachStream() as Iterable<StreamQueue>) if (!vhost.queues.has(stream.name)) yield stream
}

/** @param which of the vhosts' bindings these are */
export function bindingsSource(
  vhosts: readonly Vhost[],
  which: string,
  all: () => Iterable<PlacedBinding>,
): ListSource<PlacedBinding> {
  return {
    kind: 'bindings',
    scope: scopeOf(vhosts, which),
    all,
    setVersion: () => versionOf(vhosts),
    name: ({ binding: { source, destination, key } }) => `${source} ${kindOf(destination)} ${destination.name} ${key}`,
    columns: {
      vhost: ({ vhost }) => vhost,
      source: ({ binding }) => binding.source,
      destination: ({ binding }) => binding.destination.name,
      destination_type: ({ binding }) => kindOf(binding.destination),
      routing_key: ({ binding }) => binding.key,
      properties_key: ({ binding }) => binding.propertiesKey,
    },
    describe: bindingRow,
  }
}

export function bindingRow({ vhost, binding }: PlacedBinding): object {
  const { source, destination, key, args, propertiesKey } = binding
  return {
    source,
    vhost,
    destination: destination.name,
    destination_type: kindOf(destination),
    routing_key: key,
    arguments: jsonTable(args),
    properties_key: propertiesKey,
  }
}

function place(vhost: Vhost, binding: Binding): PlacedBinding {
  let one = placed.get(binding)
  if (one === undefined) placed.set(binding, (one = { vhost: vhost.name, binding }))
  return one
}

function implicitBinding(queue: AnyQueue): Binding {
  let binding = implicit.get(queue)
  if (binding?.key !== queue.name) implicit.set(queue, (binding = new Binding('', queue, queue.name, noHeaders)))
  return binding!
}
