/** `/users`: who may log in, by which password, with which tags and limits. For administrators. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { z } from 'zod'
import type { User } from '../../broker/access/access.ts'
import { hashingAlgorithms, hashPassword, type PasswordHash } from '../../broker/access/password.ts'
import { scramOf } from '../../broker/access/scram.ts'
import { badRequest, notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { answerList } from '../lists/answer-list.ts'
import type { ListSource } from '../lists/list-source.ts'
import type { Env } from '../login/authentication.ts'
import { tagList } from './names.ts'

const given = z.object({
  tags: tagList.optional(),
  password: z.string().nullish(),
  password_hash: z.string().nullish(),
  hashing_algorithm: z.enum(hashingAlgorithms).nullish(),
})

export function userRoutes(http: HttpContext): Hono<Env> {
  const { access } = http.broker
  const named = (c: Context<Env>): User => existingUser(http, c.req.param('user') ?? '')
  const app = new Hono<Env>()
  app.use('/users', administratorsOnly)
  app.use('/users/*', administratorsOnly)
  return app
    .get('/users', (c) =>
      answerList(
        c,
        http,
        userSource(http, 'all', () => access.users()),
      ),
    )
    .get('/users/without-permissions', (c) => {
      return answerList(
        c,
        http,
        userSource(http, 'without permissions', () => withoutPermissions(http)),
      )
    })
    .post('/users/bulk-delete', async (c) => {
      const { users } = await jsonBody(c, z.object({ users: z.array(z.string()) }))
      for (const name of users) if (access.user(name) === undefined) throw badRequest(`no_such_user: ${name}`)
      c.var.caller.act(() => {
        for (const name of users) access.deleteUser(name)
      })
      return c.body(null, 204)
    })
    .get('/users/:user', (c) => c.json(userRow(named(c))))
    .put('/users/:user', async (c) => {
      const name = c.req.param('user')
      const { tags, ...secrets } = await jsonBody(c, given)
      if (tags === undefined) throw badRequest('tags_not_present')
      const isNew = access.user(name) === undefined
      c.var.caller.act(() => {
        access.putUser({ name, tags, ...passwordOf(secrets) })
        if (secrets.password) access.setScram(name, scramOf(secrets.password))
      })
      return c.body(null, isNew ? 201 : 204)
    })
    .delete('/users/:user', (c) => {
      const { name } = named(c)
      c.var.caller.act(() => access.deleteUser(name))
      return c.body(null, 204)
    })
    .get('/users/:user/permissions', (c) => {
      const { name } = named(c)
      return c.json([...access.permissions()].filter(({ user }) => user === name))
    })
    .get('/users/:user/topic-permissions', (c) => {
      const { name } = named(c)
      return c.json([...access.topicPermissions()].filter(({ user }) => user === name))
    })
}

async function administratorsOnly(c: Context<Env>, next: () => Promise<void>): Promise<void> {
  c.var.caller.require('administrator')
  await next()
}

/** @throws HttpError 404 */
export function existingUser({ broker }: HttpContext, name: string): User {
  const user = broker.access.user(name)
  if (user === undefined) throw notFound()
  return user
}

/** Without any, nobody comes in by the name. */
function passwordOf({
  password,
  password_hash,
  hashing_algorithm,
}: Omit<z.output<typeof given>, 'tags'>): PasswordHash {
  if (password && password_hash) throw badRequest('both_password_and_password_hash_are_provided')
  const hashingAlgorithm = hashing_algorithm ?? 'rabbit_password_hashing_sha256'
  if (password_hash != null) return { passwordHash: password_hash, hashingAlgorithm }
  return password ? hashPassword(password) : { passwordHash: '', hashingAlgorithm }
}

function* withoutPermissions({ broker }: HttpContext): Iterable<User> {
  const permitted = new Set([...broker.access.permissions()].map(({ user }) => user))
  for (const user of broker.access.users()) if (!permitted.has(user.name)) yield user
}

function userSource({ broker }: HttpContext, scope: string, all: () => Iterable<User>): ListSource<User> {
  return {
    kind: 'users',
    scope,
    all,
    setVersion: () => broker.accessVersion,
    name: ({ name }) => name,
    columns: { name: ({ name }) => name, tags: ({ tags }) => tags.join() },
    describe: userRow,
  }
}

function userRow({ name, passwordHash, hashingAlgorithm, tags, limits }: User): object {
  return { name, password_hash: passwordHash, hashing_algorithm: hashingAlgorithm, tags, limits: limits ?? {} }
}
