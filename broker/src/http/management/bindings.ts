/** `/bindings`: listed, made and deleted one by one. */
import { Hono } from 'hono'
import { z } from 'zod'
import type { Destination } from '../../broker/bindings.ts'
import { type BindingEnds, bind, type Declarer, unbind } from '../../broker/operations/declare.ts'
import { Binding } from '../../broker/routing/binding.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList, answerRow } from '../lists/answer-list.ts'
import type { Env } from '../login/authentication.ts'
import { allBindings, bindingRow, bindingsBetween, bindingsSource, type PlacedBinding } from './binding-rows.ts'
import { argumentTable, declarerIn, exchangeName, queueOf, seenVhost, seenVhosts } from './named.ts'

const NEW_BINDING = z.object({ routing_key: z.string().default(''), arguments: argumentTable })

/** The ends of a binding in an address; `kind` is that of the destination. */
const ENDS = '/bindings/:vhost/e/:source/:kind{q|e}/:destination'

interface Ends {
  readonly source: string
  readonly kind: string
  readonly destination: string
}

export function bindingRoutes(http: HttpContext): Hono<Env> {
  return new Hono<Env>()
    .get('/bindings', (c) => {
      const vhosts = seenVhosts(c.var.caller)
      return answerList(
        c,
        http,
        bindingsSource(vhosts, 'all', () => allBindings(vhosts)),
      )
    })
    .get('/bindings/:vhost', (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      return answerList(
        c,
        http,
        bindingsSource([vhost], 'all', () => allBindings([vhost])),
      )
    })
    .get(ENDS, (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      const ends = c.req.param()
      return answerList(
        c,
        http,
        bindingsSource([vhost], JSON.stringify(ends), () => bindingsOf(vhost, ends)),
      )
    })
    .post(ENDS, async (c) => {
      const { routing_key: key, arguments: args } = await jsonBody(c, NEW_BINDING)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const ends = c.req.param()
      c.var.caller.act(() => bind(declarer, endsOf(ends, key), args))
      const { source, destination } = ends
      const { propertiesKey } = new Binding(source, destinationOf(declarer.vhost, ends)!, key, args)
      const location = [destination, propertiesKey].map(encodeURIComponent).join('/')
      return c.body(null, 201, { location })
    })
    .get(`${ENDS}/:props`, (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      return answerRow(c, bindingRow(existing(vhost, c.req.param(), c.req.param('props'))))
    })
    .delete(`${ENDS}/:props`, (c) => {
      const declarer: Declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const ends = c.req.param()
      const { key, args } = existing(declarer.vhost, ends, c.req.param('props')).binding
      c.var.caller.act(() => unbind(declarer, endsOf(ends, key), args))
      return c.body(null, 204)
    })
}

function endsOf({ source, kind, destination }: Ends, key: string): BindingEnds {
  const isQueue = kind === 'q'
  return {
    source: exchangeName(source),
    destination: isQueue ? destination : exchangeName(destination),
    kind: isQueue ? 'queue' : 'exchange',
    key,
  }
}

function destinationOf(vhost: Vhost, { kind, destination }: Ends): Destination | undefined {
  return kind === 'q' ? queueOf(vhost, destination) : vhost.exchanges.get(exchangeName(destination))
}

/** None if an end is not there. */
function bindingsOf(vhost: Vhost, ends: Ends): Iterable<PlacedBinding> {
  const source = vhost.exchanges.get(exchangeName(ends.source))
  const destination = destinationOf(vhost, ends)
  return source === undefined || destination === undefined ? [] : bindingsBetween(vhost, source, destination)
}

/** By its properties key; a key that would be escaped in it may stand there as it is. @throws HttpError 404 */
function existing(vhost: Vhost, ends: Ends, props: string): PlacedBinding {
  let plain: PlacedBinding | null = null
  for (const one of bindingsOf(vhost, ends)) {
    const { propertiesKey, key, args } = one.binding
    if (propertiesKey === props) return one
    if (key === props && Object.keys(args).length === 0) plain = one
  }
  if (plain === null) throw notFound()
  return plain
}
