/** The routing of a vhost as a graph: who publishes where, what leads on to what, who consumes; with the rates of now. */
import { Hono } from 'hono'
import { badRequest } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import type { Env } from '../login/authentication.ts'
import { flowSeries } from '../stats/flow-series.ts'
import { drawClients } from './topology-clients.ts'
import { Drawing } from './topology-drawing.ts'
import { drawRouting } from './topology-routing.ts'

const LIMIT = 200
const LIMIT_MAX = 2000

export function topologyRoutes(http: HttpContext): Hono<Env> {
  flowSeries(http)
  return new Hono<Env>().get('/topology/:vhost', async (c) => {
    const { caller } = c.var
    const vhost = caller.seenVhost(c.req.param('vhost'))
    const limit = Number(c.req.query('limit') ?? LIMIT)
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
      throw badRequest(`limit must be between 1 and ${LIMIT_MAX}`)
    }
    const drawing = new Drawing()
    await drawRouting(http, caller, vhost, drawing)
    drawClients(http, caller, vhost, drawing)
    return c.json(drawing.shown(limit))
  })
}
