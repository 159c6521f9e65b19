/** What an exchange keeps until its time: looked at, delivered before it, taken away. */
import { Hono } from 'hono'
import { browseDelayed } from '../../broker/operations/browse-delayed.ts'
import type { Declarer } from '../../broker/operations/declare.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import { notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { browseOptions, exactNumber } from './message-query.ts'
import { messagePage } from './message-rows.ts'
import { declarerIn, exchangeName, existingExchange } from './named.ts'

export function delayedRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  return (
    new Hono<Env>()
      .get('/exchanges/:vhost/:exchange/delayed', async (c) => {
        const { rights, vhost } = declarerIn(c.var.caller, c.req.param('vhost'))
        const exchange = existingExchange(vhost, exchangeName(c.req.param('exchange')))
        rights.require('read', 'exchange', exchange.name)
        return c.json(messagePage(broker.properties, await browseDelayed(broker, vhost, exchange, browseOptions(c))))
      })
      .post('/exchanges/:vhost/:exchange/delayed/:place/deliver', (c) => {
        const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
        const exchange = existingExchange(declarer.vhost, exchangeName(c.req.param('exchange')))
        declarer.rights.require('write', 'exchange', exchange.name)
        if (!laneOf(declarer, exchange)?.deliverNow(placeIn(c.req.param('place')))) throw notFound()
        return c.body(null, 204)
      })
      // Deleting the exchange would take it away as well.
      .delete('/exchanges/:vhost/:exchange/delayed/:place', async (c) => {
        const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
        const exchange = existingExchange(declarer.vhost, exchangeName(c.req.param('exchange')))
        declarer.rights.require('configure', 'exchange', exchange.name)
        if (!laneOf(declarer, exchange)?.cancel(placeIn(c.req.param('place')))) throw notFound()
        await new Promise<void>((resolve) => broker.durability.after(broker.engine.seal(), resolve))
        return c.body(null, 204)
      })
  )
}

const laneOf = ({ vhost }: Declarer, { name }: Exchange) => vhost.delays.lanes.get(name)

/** As messages that are looked at name it. @throws HttpError 404 */
function placeIn(text: string): number {
  const place = exactNumber(text)
  if (place === null) throw notFound()
  return place
}
