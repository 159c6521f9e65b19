/** `/connections`: who is connected, by which protocol, and how much flows; closing a connection. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { ClientConnection } from '../../broker/connections.ts'
import { jsonTable } from '../../broker/routing/json-table.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { answerList, answerRow } from '../lists/answer-list.ts'
import type { ListSource, SortKey } from '../lists/list-source.ts'
import { type RowOptions, rowOptions } from '../lists/row-options.ts'
import type { Env } from '../login/authentication.ts'
import { clientSeries, type TrafficField } from '../stats/client-series.ts'
import { detailed } from '../stats/details.ts'

const OCTETS: readonly TrafficField[] = ['recv_oct', 'send_oct']

export function connectionRoutes(http: HttpContext): Hono<Env> {
  const { broker } = http
  const { connections } = broker
  const answer = (c: Context<Env>, scope: string, among: () => Iterable<ClientConnection>): Promise<Response> => {
    return answerList(c, http, connectionSource(http, c.var.caller, scope, among))
  }
  return new Hono<Env>()
    .get('/connections', (c) => answer(c, 'all', () => connections.all()))
    .get('/connections/username/:user', (c) => {
      const user = c.req.param('user')
      return answer(c, `user ${user}`, () => connections.ofUser(user))
    })
    .delete('/connections/username/:user', (c) => {
      for (const one of [...connections.ofUser(c.req.param('user'))]) {
        if (mayClose(c.var.caller, one)) close(c, one)
      }
      return c.body(null, 204)
    })
    .get('/vhosts/:vhost/connections', (c) => {
      const { name } = c.var.caller.seenVhost(c.req.param('vhost'))
      return answer(c, `vhost ${name}`, () => connections.inVhost(name))
    })
    .get('/connections/:name', (c) => {
      const connection = seenConnection(http, c.var.caller, c.req.param('name'))
      return answerRow(c, connectionRow(http, connection, rowOptions(c)))
    })
    .delete('/connections/:name', (c) => {
      const connection = connections.get(c.req.param('name'))
      if (connection === undefined || !mayClose(c.var.caller, connection)) throw notFound()
      close(c, connection)
      return c.body(null, 204)
    })

  function close(c: Context<Env>, connection: ClientConnection): void {
    const reason = c.req.header('x-reason') || 'Closed via management plugin'
    c.var.caller.act(() => connection.forceClose(reason))
  }
}

/** Monitoring users see all connections, others their own. */
export function seesConnection(caller: Caller, { user, vhost }: ClientConnection): boolean {
  return caller.is('monitoring') || (user === caller.user.name && caller.mayEnter(vhost))
}

/** @throws HttpError 404 */
export function seenConnection({ broker }: HttpContext, caller: Caller, name: string): ClientConnection {
  caller.require('management')
  const connection = broker.connections.get(name)
  if (connection === undefined || !seesConnection(caller, connection)) throw notFound()
  return connection
}

function mayClose(caller: Caller, { user }: ClientConnection): boolean {
  caller.require('management')
  return caller.is('administrator') || user === caller.user.name
}

function connectionSource(
  http: HttpContext,
  caller: Caller,
  scope: string,
  among: () => Iterable<ClientConnection>,
): ListSource<ClientConnection> {
  caller.require('management')
  const { broker } = http
  const all = caller.is('monitoring')
  return {
    kind: 'connections',
    scope: all ? scope : `${scope} of ${caller.user.name}`,
    *all() {
      for (const one of among()) if (seesConnection(caller, one)) yield one
    },
    setVersion: () => (all ? broker.connections.version : `${broker.connections.version} ${broker.accessVersion}`),
    name: ({ name }) => name,
    otherNames: nameGiven,
    columns: connectionColumns(http),
    describe: (connection, options) => connectionRow(http, connection, options),
  }
}

/** What the client calls itself. */
function nameGiven(connection: ClientConnection): string[] {
  const { user_provided_name: name } = connection.describe()
  return typeof name === 'string' ? [name] : []
}

function connectionColumns(http: HttpContext): Record<string, (connection: ClientConnection) => SortKey> {
  const { connections: series } = clientSeries(http)
  return {
    name: ({ name }) => name,
    vhost: ({ vhost }) => vhost,
    user: ({ user }) => user,
    protocol: ({ protocol }) => protocol,
    state: ({ state }) => state,
    channels: ({ channelCount }) => channelCount,
    connected_at: ({ connectedAt }) => connectedAt,
    recv_oct: ({ traffic }) => traffic.octetsIn,
    send_oct: ({ traffic }) => traffic.octetsOut,
    'recv_oct_details.rate': (connection) => series.rate(connection, 'recv_oct'),
    'send_oct_details.rate': (connection) => series.rate(connection, 'send_oct'),
  }
}

function connectionRow(http: HttpContext, connection: ClientConnection, { stats, data }: RowOptions): object {
  const { name, user, vhost, connectedAt, channelCount, state } = connection
  const { connections: series } = clientSeries(http)
  const described = jsonTable(connection.describe())
  const { readsIn, writesOut, unsent } = connection.traffic
  return {
    ...described,
    ...NO_CERTIFICATE,
    ...(described.ssl === false && { ssl_protocol: null, ssl_cipher: null }),
    name,
    user,
    user_who_performed_action: user,
    vhost,
    connected_at: connectedAt,
    ...(stats && {
      state,
      channels: channelCount,
      recv_cnt: readsIn,
      send_cnt: writesOut,
      send_pend: unsent,
      ...detailed(series, connection, OCTETS, data, http.broker.clock.now(), true),
    }),
  }
}

/** Clients want these even where there is nothing to say. */
const NO_CERTIFICATE = {
  ssl_key_exchange: null,
  ssl_hash: null,
  peer_cert_subject: null,
  peer_cert_issuer: null,
  peer_cert_validity: null,
}
