/**
 * `/definitions`: all that is defined, of the broker or of one vhost, out and in as RabbitMQ's JSON. For administrators.
 * Takes a body of JSON or a form with a file, and with `dry_run=true` changes nothing and tells what it would; logins come as with every other request, never in the address.
 */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { definitionsTarget } from '../../broker/broker-definitions.ts'
import { DefinitionsError } from '../../broker/definitions/document.ts'
import { exportDefinitions, exportVhostDefinitions } from '../../broker/definitions/export.ts'
import { importDefinitions } from '../../broker/definitions/import.ts'
import { DIALECT } from '../../broker/dialect.ts'
import { rehearseImport } from '../../broker/import-rehearsal.ts'
import { badRequest, HttpError } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { checkDepth } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'

export function definitionRoutes(http: HttpContext): Hono<Env> {
  const { broker, settings } = http
  const product = { name: settings.product, version: settings.signalboxVersion }
  /** @throws HttpError 400, 401 */
  const vhostName = (c: Context<Env>): string | null => {
    c.var.caller.require('administrator')
    if (c.req.query('auth') !== undefined) throw badRequest('auth: no password belongs into an address')
    const name = c.req.param('vhost')
    if (name !== undefined && !broker.vhosts.has(name)) throw badRequest('vhost_not_found')
    return name ?? null
  }
  const give = (c: Context<Env>): Response => {
    const vhost = vhostName(c)
    const target = definitionsTarget(broker)
    const text =
      vhost === null
        ? exportDefinitions(target, DIALECT, product)
        : exportVhostDefinitions(target, DIALECT, vhost, product)
    const file = c.req.query('download')
    const headers = { 'content-type': 'application/json' }
    if (file === undefined) return c.body(text, 200, headers)
    const name = file.replace(/[^\w.@-]/g, '_') || 'definitions.json'
    return c.body(text, 200, { ...headers, 'content-disposition': `attachment; filename="${name}"` })
  }
  const take = async (c: Context<Env>): Promise<Response> => {
    const vhost = vhostName(c)
    const dry = isDryRun(c)
    const text = await uploaded(c)
    checkDepth(text)
    if (dry) return c.json(await imported(() => rehearseImport(text, broker, vhost)))
    const report = await imported(async () =>
      c.var.caller.act(() => importDefinitions(text, definitionsTarget(broker), vhost)),
    )
    if (report.skipped.length === 0) return c.body(null, 204)
    if (report.applied === 0) throw badRequest(report.skipped.join('\n'))
    return c.json(report)
  }
  return new Hono<Env>()
    .get('/definitions', give)
    .get('/definitions/:vhost', give)
    .post('/definitions', take)
    .post('/definitions/:vhost', take)
}

/** @throws HttpError 400 for another word, which must not be taken for an import */
function isDryRun(c: Context): boolean {
  const text = c.req.query('dry_run') ?? 'false'
  if (text !== 'true' && text !== 'false') throw badRequest(`dry_run must be true or false, not '${text}'`)
  return text === 'true'
}

/** @throws HttpError 400 */
async function uploaded(c: Context): Promise<string> {
  if (!c.req.header('content-type')?.startsWith('multipart/form-data')) return c.req.text()
  const { file } = await c.req.parseBody()
  if (file instanceof File) return file.text()
  if (typeof file === 'string') return file
  throw badRequest('a form must have the definitions in its field `file`')
}

/** @throws HttpError 400 */
async function imported<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof DefinitionsError)) throw error
    throw new HttpError(400, 'bad_request', error.message)
  }
}
