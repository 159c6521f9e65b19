/** The orders that were asked for lately, of all lists. */
import type { Broker } from '../../broker/broker.ts'
import type { ListQuery } from './list-query.ts'
import type { ListSource } from './list-source.ts'
import { Order } from './order.ts'

/** Each has a reference to every object of its list. */
const ORDERS_MAX = 32

const ordersOf = new WeakMap<Broker, Map<string, Order<object>>>()

/** Up to date. */
export async function orderOf<T extends object>(
  broker: Broker,
  source: ListSource<T>,
  { sort, filter }: ListQuery,
): Promise<Order<T>> {
  let orders = ordersOf.get(broker)
  if (orders === undefined) {
    orders = new Map()
    ordersOf.set(broker, orders)
  }
  const column = sort !== null && Object.hasOwn(source.columns, sort) ? sort : null
  const id = JSON.stringify([source.kind, source.scope, column, filter?.id])
  const order = (orders.get(id) as unknown as Order<T> | undefined) ?? new Order<T>(column, filter)
  // Asked for last: the last to go.
  orders.delete(id)
  orders.set(id, order as unknown as Order<object>)
  if (orders.size > ORDERS_MAX) orders.delete(orders.keys().next().value!)
  await order.bringUpToDate(source, broker.clock.now())
  return order
}
