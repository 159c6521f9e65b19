/**
 * Who calls, for every address behind a login. `Authorization: Basic` for programs, the cookie for the console. The
 * console marks its requests, and gets no challenge, so that no browser opens its own window.
 */
import { hostname } from 'node:os'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import { HttpError, notAuthorised } from '../answers.ts'
import { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { type LoginPlace, type LoginResult, TOKEN_HOURS } from './logins.ts'

export type Env = { Bindings: HttpBindings; Variables: { caller: Caller } }

const COOKIE = 'signalbox-session'
const REALM = 'Basic realm="RabbitMQ Management"'

/** Sets `caller`. @throws HttpError 401, 429 */
export function authentication(http: HttpContext): MiddlewareHandler<Env> {
  return async (c, next) => {
    const place = placeOf(c)
    const basic = basicOf(c.req.header('authorization'))
    const token = getCookie(c, COOKIE)
    let result: LoginResult = { refused: 'wrong' }
    if (basic !== null) result = await http.logins.check(basic.name, basic.password, place)
    else if (token !== undefined) {
      const user = await http.logins.userOf(token, place)
      if (user !== null) result = { user }
    }
    if ('refused' in result) throw refusal(result.refused, c)
    c.set('caller', new Caller(http, result.user, place.address))
    await next()
  }
}

/** `POST /login` with `{username, password}` sets the cookie, `POST /logout` takes it away. */
export function loginRoutes(http: HttpContext): Hono<Env> {
  return new Hono<Env>()
    .post('/login', async (c) => {
      const { username, password } = await jsonBody(c, z.object({ username: z.string(), password: z.string() }))
      const result = await http.logins.check(username, password, placeOf(c))
      if ('refused' in result) throw refusal(result.refused, c)
      const token = await http.logins.issueToken(result.user)
      setCookie(c, COOKIE, token, {
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        secure: 'encrypted' in c.env.incoming.socket,
        maxAge: TOKEN_HOURS * 3600,
      })
      return c.json({ name: result.user.name, tags: result.user.tags })
    })
    .post('/logout', (c) => {
      deleteCookie(c, COOKIE, { path: '/' })
      return c.body(null, 204)
    })
}

/** Nothing is changed on behalf of a page of another site, whatever the browser sends along (Fetch Metadata, Origin). */
export function sameSiteOnly(): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { method } = c.req
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') {
      const site = c.req.header('sec-fetch-site')
      const origin = c.req.header('origin')
      const foreign =
        site === undefined
          ? origin !== undefined && origin.replace(/^https?:\/\//, '') !== c.req.header('host')
          : site !== 'same-origin' && site !== 'none'
      if (foreign) throw new HttpError(403, 'forbidden', 'requests from pages of other sites are refused')
    }
    await next()
  }
}

export function placeOf(c: Context<Env>): LoginPlace {
  const address = c.env.incoming.socket.remoteAddress ?? ''
  const isNear = address === '' || address === '::1' || /^(::ffff:)?127\./.test(address)
  return { address, loopback: isNear && !isForeignName(c.req.header('host') ?? '') }
}

/**
 * Whether the page of a stranger may have been asked for by this name: their own, which they had lead to this machine (DNS
 * rebinding), so that the browser of somebody on it asks here as if it were the stranger's site.
 */
function isForeignName(host: string): boolean {
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()
  const isAddress = name.startsWith('[') || /^[\d.]+$/.test(name)
  return name.includes('.') && !isAddress && !name.endsWith('.localhost') && name !== hostname().toLowerCase()
}

function basicOf(header: string | undefined): { name: string; password: string } | null {
  const encoded = /^basic +([a-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function refusal(why: 'wrong' | 'too-many', c: Context<Env>): HttpError {
  if (why === 'too-many') {
    return new HttpError(429, 'too_many_requests', 'too many failed logins: try again in a minute', {
      'retry-after': '60',
    })
  }
  const isConsole = c.req.header('x-requested-with') !== undefined
  return isConsole
    ? notAuthorised('Login failed')
    : new HttpError(401, 'not_authorised', 'Login failed', { 'www-authenticate': REALM })
}
