// Every address of the HTTP port, asked by everybody who may not, and by everybody who may: the table says who that is. An
// address without a row fails, and so does one that refuses too late, when something has changed.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { BODIES } from '../fuzz/http-calls.ts'
import { allRoutes, type Route } from './all-routes.ts'
import { BothWorlds } from './both-worlds.ts'

const EVERYBODY = [
  'nobody',
  /** All permissions in `/`, no tag. */
  'untagged',
  /** May enter `/`, and touch nothing in there. */
  'powerless',
  /** All permissions in another vhost. */
  'foreign',
  /** May enter no vhost. */
  'watcher',
  'monitoring',
  'policymaker',
  'administrator',
] as const
type Who = (typeof EVERYBODY)[number]

const TAGS: Readonly<Record<Who, string>> = {
  nobody: '',
  untagged: '',
  powerless: 'management',
  foreign: 'management',
  watcher: 'monitoring',
  monitoring: 'monitoring',
  policymaker: 'policymaker',
  administrator: 'administrator',
}

const MIGHTY: readonly Who[] = ['monitoring', 'policymaker', 'administrator']
const WHO = {
  open: EVERYBODY,
  tagged: ['powerless', 'foreign', 'watcher', ...MIGHTY],
  /** Looks at what is in a vhost. */
  seeing: ['powerless', 'watcher', ...MIGHTY],
  /** Looks at what it may describe. */
  describing: ['watcher', ...MIGHTY],
  entering: ['powerless', ...MIGHTY],
  /** Has permissions for what it does. */
  permitted: MIGHTY,
  /** As well, and needs no tag. */
  client: ['untagged', ...MIGHTY],
  watching: ['watcher', 'monitoring', 'administrator'],
  making: ['policymaker', 'administrator'],
  administering: ['administrator'],
} satisfies Record<string, readonly Who[]>

/** The first that fits. */
const RULES: readonly [keyof typeof WHO, RegExp][] = [
  ['open', /^POST \/api\/(login|logout)$/],
  ['open', /^GET \/(v1\/openapi.json|metrics|metrics\/per-object|metrics\/detailed|health\/live|health\/ready)$/],
  ['client', /^(GET|POST) \/v1\/vhosts\//],
  ['describing', /^GET \/api\/(topics|groups)\/:vhost\/:\w+$/],
  ['seeing', /^(GET \/api\/(topics|groups|transactions|topology)|POST \/api\/trace)\/:vhost$/],
  ['permitted', /^(POST|PUT|PATCH|DELETE) \/api\/(topics|groups|transactions)\/:vhost\//],
  ['permitted', /^GET \/api\/topics\/:vhost\/:topic\/(messages|configs)$/],
  ['permitted', /^GET \/api\/(queues\/:vhost\/:queue\/(messages|unacked)|exchanges\/:vhost\/:exchange\/delayed)$/],
  ['permitted', /^GET \/api\/aliveness-test\//],
  ['entering', /^POST \/api\/queues\/:vhost\/:queue\/actions$/],
  ['permitted', /^(POST|PUT|PATCH|DELETE) \/api\/(queues|exchanges|bindings)\//],
  ['seeing', /^GET \/api\/(queues|exchanges|bindings|consumers|vhosts|vhost-limits)\/:vhost(?!\/(topic-)?permissions)/],
  ['seeing', /^GET \/api\/(shovels|federation-links|stream\/\w+|health\/checks\/quorum.*\/vhost)\/:vhost/],
  ['entering', /^GET \/api\/(operator-)?policies\/:vhost/],
  ['making', /^(PUT|DELETE) \/api\/policies\//],
  ['administering', /^(PUT|DELETE) \/api\/operator-policies\//],
  ['making', /^(GET|PUT|DELETE) \/api\/(global-)?parameters/],
  [
    'administering',
    /^(GET|PUT|POST|DELETE) \/api\/(users|permissions|topic-permissions|definitions|reset|config)(\/|$)/,
  ],
  ['administering', /^GET \/api\/vhosts\/:vhost\/(topic-)?permissions$/],
  ['administering', /^(PUT|POST|DELETE) \/api\/(vhosts|vhost-limits|user-limits|cluster-name|feature-flags|rebalance)/],
  ['administering', /^GET \/api\/(feature-flags|deprecated-features.*)$/],
  ['administering', /^PUT \/api\/auth\/hash_password$/],
  ['watching', /^(GET|DELETE) \/api\/(auth\/attempts|nodes)/],
  ['tagged', /^GET \/api\/(whoami|overview|attention|topics|groups|transactions|queues|queues\/detailed|exchanges)$/],
  ['tagged', /^GET \/api\/(bindings|vhosts|consumers|channels|connections|policies|operator-policies|vhost-limits)$/],
  ['tagged', /^GET \/api\/(cluster-name|version|extensions|auth|shovels|federation-links|stream\/\w+)$/],
  ['tagged', /^GET \/api\/(user-limits|health\/checks|healthchecks)/],
  ['tagged', /^(GET|DELETE) \/api\/(connections|channels)\//],
]

const NAMES: Readonly<Record<string, string>> = {
  vhost: '%2F',
  queue: 'q',
  exchange: 'x',
  topic: 't',
  user: 'victim',
  source: 'x',
  destination: 'q',
  partition: '0',
  props: '%23',
  end: 'source',
  component: 'vhost-limits',
  port: '1',
  within: '1',
  unit: 'days',
}

function addressOf({ method, path }: Route): string {
  if (method === 'DELETE' && path === '/api/vhosts/:vhost') return '/api/vhosts/spare'
  const named = path.includes('/parameters/') && method !== 'GET' ? path.replace(':component', 'mine') : path
  return named.replace(/:(\w+)(?:\{(\w+)[^}]*\})?/g, (_all, name: string, first?: string) => {
    if (path.includes('-limits/') && name === 'name') return 'max-queues'
    return first ?? NAMES[name] ?? 'p'
  })
}

function bodyOf({ method, path }: Route): object | undefined {
  if (method === 'GET') return undefined
  if (path.includes('-limits/')) return { value: 50 }
  if (path.endsWith('bulk-delete')) return { users: ['victim'] }
  return BODIES.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? {}
}

async function furnished(t: TestContext): Promise<BothWorlds> {
  const worlds = await BothWorlds.open(t)
  const all = { configure: '.*', write: '.*', read: '.*' }
  const none = { configure: '^$', write: '^$', read: '^$' }
  for (const vhost of ['elsewhere', 'spare']) await worlds.done('PUT', `/vhosts/${vhost}`, {})
  await worlds.done('PUT', '/users/victim', { password: 'x', tags: '' })
  await worlds.done('PUT', '/permissions/%2F/victim', all)
  for (const who of EVERYBODY) {
    await worlds.done('PUT', `/users/${who}`, { password: 'x', tags: TAGS[who] })
    if (who === 'foreign') await worlds.done('PUT', '/permissions/elsewhere/foreign', all)
    else if (who !== 'watcher') await worlds.done('PUT', `/permissions/%2F/${who}`, who === 'powerless' ? none : all)
  }
  await worlds.done('PUT', '/queues/%2F/q', {})
  await worlds.done('PUT', '/exchanges/%2F/x', { type: 'topic' })
  await worlds.done('PUT', '/topics/%2F/t', { partitions: 1 })
  await worlds.done('POST', '/bindings/%2F/e/x/q/q', { routing_key: '#' })
  await worlds.done('PUT', '/policies/%2F/p', { pattern: '^none$', definition: { 'max-length': 5 } })
  return worlds
}

async function asked(worlds: BothWorlds, route: Route, who: Who): Promise<{ status: number; text: string }> {
  const abort = new AbortController()
  const body = bodyOf(route)
  const headers = who === 'nobody' ? {} : { authorization: `Basic ${btoa(`${who}:x`)}` }
  const response = await fetch(`http://${worlds.http}${addressOf(route)}`, {
    method: route.method,
    headers,
    signal: abort.signal,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = isStream ? '' : await response.text()
  if (isStream) abort.abort()
  return { status: response.status, text }
}

function isRefused({ status, text }: { status: number; text: string }): boolean {
  // A batch has the refusals of its messages.
  const inside = status === 400 ? 'ACCESS_REFUSED' : '{"results":[{"error":"forbidden"'
  return status === 401 || status === 403 || text.includes(inside)
}

const ruleOf = ({ method, path }: Route): keyof typeof WHO | undefined =>
  RULES.find(([, pattern]) => pattern.test(`${method} ${path}`))?.[0]

test('whoever may not is refused at every address, and nothing changes', async (t) => {
  const worlds = await furnished(t)
  const before = await worlds.get('/definitions')
  const wrong: string[] = []
  for (const route of await allRoutes()) {
    const rule = ruleOf(route)
    assert.ok(rule !== undefined, `no row for ${route.method} ${route.path}`)
    for (const who of EVERYBODY) {
      if ((WHO[rule] as readonly Who[]).includes(who)) continue
      const answer = await asked(worlds, route, who)
      if (!isRefused(answer))
        wrong.push(`${who}: ${route.method} ${route.path} → ${answer.status} ${answer.text.slice(0, 200)}`)
    }
  }
  assert.deepEqual(wrong, [])
  const after = await worlds.get('/definitions')
  assert.deepEqual(after, before)
})

test('whoever may is not refused', async (t) => {
  const worlds = await furnished(t)
  const routes = (await allRoutes()).filter(({ path }) => path !== '/api/login')
  const wrong: string[] = []
  for (const route of routes.sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))) {
    for (const who of WHO[ruleOf(route)!]) {
      const answer = await asked(worlds, route, who)
      if (isRefused(answer) || (answer.status >= 500 && answer.status < 503)) {
        wrong.push(`${who}: ${route.method} ${route.path} → ${answer.status} ${answer.text.slice(0, 200)}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})
