/** `/exchanges`: listed, shown, made, deleted, published to. */
import { Hono } from 'hono'
import { z } from 'zod'
import { alterSchedule, declareExchange, deleteExchange } from '../../broker/operations/declare.ts'
import { confirmed, publish } from '../../broker/operations/publish.ts'
import type { MessageProperties } from '../../broker/property-blocks.ts'
import { Refusal, type RefusalCode } from '../../broker/refusal.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { Headers } from '../../broker/routing/headers.ts'
import { jsonTable } from '../../broker/routing/json-table.ts'
import type { Schedule } from '../../broker/schedule/schedule.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { badRequest, notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList, answerRow } from '../lists/answer-list.ts'
import type { ListSource, SortKey } from '../lists/list-source.ts'
import { type RowOptions, rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { admitted } from '../messaging/publishing.ts'
import { detailed } from '../stats/details.ts'
import { appliedPolicies } from './applied-policies.ts'
import { bindingsFrom, bindingsSource, bindingsTo, type PlacedBinding } from './binding-rows.ts'
import { outgoingOf } from './flow-rows.ts'
import {
  argumentTable,
  declarerIn,
  exchangeName,
  existingExchange,
  flag,
  seenVhost,
  seenVhosts,
  table,
} from './named.ts'
import { payloadBytes } from './payload-bytes.ts'
import { scopeOf, versionOf } from './vhost-lists.ts'

const NEW_EXCHANGE = z.object({
  type: z.string().default('direct'),
  durable: flag,
  auto_delete: flag,
  internal: flag,
  arguments: argumentTable,
})

const CHANGES = z.object({ arguments: z.record(z.string(), z.unknown()) })

const text = z.string().optional()
const number = z.int().nonnegative().optional()

/** What is none of these is passed over. */
const PROPERTIES = z.object({
  content_type: text,
  content_encoding: text,
  headers: table.optional(),
  delivery_mode: number,
  priority: number,
  correlation_id: text,
  reply_to: text,
  expiration: text,
  message_id: text,
  timestamp: number,
  type: text,
  user_id: text,
  app_id: text,
  cluster_id: text,
})

const MESSAGE = z.object({
  properties: z.union([PROPERTIES, z.tuple([]).transform(() => ({}))]),
  routing_key: z.string(),
  payload: z.string({ error: 'payload_not_string' }),
  payload_encoding: z.enum(['string', 'base64']),
})

export function exchangeRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  return new Hono<Env>()
    .get('/exchanges', (c) => answerList(c, http, exchangeSource(http, seenVhosts(c.var.caller))))
    .get('/exchanges/:vhost', (c) => {
      return answerList(c, http, exchangeSource(http, [seenVhost(c.var.caller, c.req.param('vhost'))]))
    })
    .get('/exchanges/:vhost/:exchange', (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      const exchange = existingExchange(vhost, exchangeName(c.req.param('exchange')))
      const row = exchangeRow(http, { vhost, exchange }, rowOptions(c))
      // What goes in is not counted by channel.
      return answerRow(c, { ...row, incoming: [], outgoing: outgoingOf(http, vhost, exchange) })
    })
    .put('/exchanges/:vhost/:exchange', async (c) => {
      const { type, durable, auto_delete, internal, arguments: args } = await jsonBody(c, NEW_EXCHANGE)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const name = exchangeName(c.req.param('exchange'))
      const isThere = declarer.vhost.exchanges.has(name)
      const options = { durable, autoDelete: auto_delete, internal, arguments: args }
      c.var.caller.act(() => declareExchange(declarer, name, type, options))
      return c.body(null, isThere ? 204 : 201)
    })
    .patch('/exchanges/:vhost/:exchange', async (c) => {
      const { arguments: changes } = await jsonBody(c, CHANGES)
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const { name } = existingExchange(declarer.vhost, exchangeName(c.req.param('exchange')))
      c.var.caller.act(() => alterSchedule(declarer, name, changes as Headers))
      return c.body(null, 204)
    })
    .delete('/exchanges/:vhost/:exchange', (c) => {
      const declarer = declarerIn(c.var.caller, c.req.param('vhost'))
      const { name } = existingExchange(declarer.vhost, exchangeName(c.req.param('exchange')))
      c.var.caller.act(() => deleteExchange(declarer, name, c.req.query('if-unused') === 'true'))
      return c.body(null, 204)
    })
    .post('/exchanges/:vhost/:exchange/publish', async (c) => {
      const message = await jsonBody(c, MESSAGE)
      await admitted(http)
      const { caller } = c.var
      const { vhost, rights } = declarerIn(caller, c.req.param('vhost'))
      const client = { broker, vhost, rights, user: caller.user, connection: caller.host, address: caller.host }
      const { routed, refused, durable } = asChannels(() =>
        publish(client, {
          exchange: exchangeName(c.req.param('exchange')),
          key: message.routing_key,
          properties: message.properties as MessageProperties,
          body: payloadBytes(message.payload, message.payload_encoding),
          mandatory: true,
        }),
      )
      await confirmed(client, durable, 1)
      return c.json({ routed: routed && !refused })
    })
    .get('/exchanges/:vhost/:exchange/bindings/:end', (c) => {
      const vhost = seenVhost(c.var.caller, c.req.param('vhost'))
      const name = exchangeName(c.req.param('exchange'))
      const end = c.req.param('end')
      if (end !== 'source' && end !== 'destination') throw notFound()
      const bindings = end === 'source' ? bindingsFrom : bindingsTo
      const all = (): Iterable<PlacedBinding> => {
        const exchange = vhost.exchanges.get(name)
        return exchange === undefined ? [] : bindings(vhost, exchange)
      }
      return answerList(c, http, bindingsSource([vhost], `${end} ${name}`, all))
    })
}

const REPLIES: { readonly [C in RefusalCode]?: string } = {
  'not-found': '404 NOT_FOUND',
  'access-refused': '403 ACCESS_REFUSED',
  'precondition-failed': '406 PRECONDITION_FAILED',
}

/** RabbitMQ publishes through a channel, and tells how that was closed. @throws HttpError 400 */
function asChannels<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    const reply = error instanceof Refusal ? REPLIES[error.code] : undefined
    if (reply === undefined) throw error
    throw badRequest(`${reply} - ${(error as Refusal).message}`)
  }
}

interface PlacedExchange {
  readonly vhost: Vhost
  readonly exchange: Exchange
}

const placed = new WeakMap<Exchange, PlacedExchange>()

function place(vhost: Vhost, exchange: Exchange): PlacedExchange {
  let one = placed.get(exchange)
  if (one === undefined) placed.set(exchange, (one = { vhost, exchange }))
  return one
}

function exchangeSource(http: HttpContext, vhosts: readonly Vhost[]): ListSource<PlacedExchange> {
  return {
    kind: 'exchanges',
    scope: scopeOf(vhosts),
    *all() {
      for (const vhost of vhosts) for (const exchange of vhost.exchanges.values()) yield place(vhost, exchange)
    },
    setVersion: () => versionOf(vhosts),
    name: ({ exchange }) => exchange.name,
    columns: exchangeColumns(http),
    describe: (one, options) => exchangeRow(http, one, options),
  }
}

function exchangeColumns({ stats }: HttpContext): Record<string, (one: PlacedExchange) => SortKey> {
  const columns: Record<string, (one: PlacedExchange) => SortKey> = {
    name: ({ exchange }) => exchange.name,
    vhost: ({ vhost }) => vhost.name,
    type: ({ exchange }) => exchange.type,
    durable: ({ exchange }) => exchange.durable,
    auto_delete: ({ exchange }) => exchange.autoDelete,
    internal: ({ exchange }) => exchange.internal,
    policy: ({ vhost, exchange }) => vhost.policies.of(exchange).policy?.name ?? null,
  }
  for (const field of stats.exchanges.fields) {
    columns[`message_stats.${field}`] = ({ exchange }) => stats.exchanges.value(exchange, field)
    columns[`message_stats.${field}_details.rate`] = ({ exchange }) => stats.exchanges.rate(exchange, field)
  }
  return columns
}

function exchangeRow({ stats, broker }: HttpContext, { vhost, exchange }: PlacedExchange, options: RowOptions): object {
  const { name, type, durable, autoDelete, internal } = exchange
  const counts = options.stats
    ? detailed(stats.exchanges, exchange, stats.exchanges.fields, options.rates, broker.clock.now())
    : {}
  const schedule = vhost.schedules.of(exchange)
  const delayed = vhost.delays.lanes.get(name)?.pending ?? null
  return {
    name,
    vhost: vhost.name,
    type,
    durable,
    auto_delete: autoDelete,
    internal,
    arguments: jsonTable(exchange.arguments),
    ...appliedPolicies(vhost, exchange),
    ...(Object.keys(counts).length > 0 && { message_stats: counts }),
    ...(delayed !== null && { delayed }),
    ...(schedule !== undefined && { schedule: scheduleRow(schedule) }),
  }
}

/** Times in ms since 1970, null for none. */
function scheduleRow({ nextAt, lastAt, fired, missed }: Schedule): object {
  return { next_at: Number.isFinite(nextAt) ? nextAt : null, last_at: lastAt, fired, missed }
}
