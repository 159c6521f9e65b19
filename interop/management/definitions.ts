/**
 * Definitions in both directions: all that a RabbitMQ exports is imported by Signalbox and exported again as it was,
 * field by field, and what is made in Signalbox goes into a fresh virtual host of RabbitMQ. Whoever could log in there
 * can log in here.
 */
import { isDeepStrictEqual } from 'node:util'
import { ask, type Target } from './target.ts'

type Item = Record<string, unknown>
type Definitions = Record<string, Item[]>

const e = encodeURIComponent
const VHOST = 'défs/100%'
const SECTIONS = {
  users: ['name'],
  vhosts: ['name'],
  permissions: ['vhost', 'user'],
  topic_permissions: ['vhost', 'user', 'exchange'],
  parameters: ['component', 'vhost', 'name'],
  global_parameters: ['name'],
  policies: ['vhost', 'name'],
  exchanges: ['vhost', 'name'],
  queues: ['vhost', 'name'],
  bindings: ['vhost', 'source', 'destination_type', 'destination', 'routing_key', 'arguments'],
} as const
/** Each broker's own. */
const OWN_PARAMETERS = ['cluster_name', 'internal_cluster_id']

const everything = { configure: '.*', write: '.*', read: '.*' }
const made: readonly [method: string, path: string, body: object][] = [
  ['PUT', `vhosts/${e(VHOST)}`, { description: 'Größe 100 %', tags: 'one,two', tracing: false }],
  ['PUT', 'users/plain', { password: 'plain pass', tags: 'management' }],
  ['PUT', `users/${e('hashed/ü')}`, { password_hash: '', tags: 'monitoring,policymaker' }],
  ['PUT', 'user-limits/plain/max-connections', { value: 12 }],
  ['PUT', `permissions/${e(VHOST)}/guest`, everything],
  ['PUT', `permissions/${e(VHOST)}/plain`, { configure: '^a', write: '', read: '.*' }],
  ['PUT', `topic-permissions/${e(VHOST)}/plain`, { exchange: 'amq.topic', write: '^{username}', read: '.*' }],
  ['PUT', `vhost-limits/${e(VHOST)}/max-queues`, { value: 500 }],
  ['PUT', 'global-parameters/mine', { value: { list: [1, 'two', null], on: true } }],
  ['PUT', `policies/${e(VHOST)}/ttl`, policy({ 'message-ttl': 60_000, 'dead-letter-exchange': 'x' }, 'queues', 4)],
  ['PUT', `policies/${e(VHOST)}/${e('ä/e')}`, policy({ 'alternate-exchange': 'lost' }, 'exchanges', 0)],
  ['PUT', `policies/${e(VHOST)}/both`, policy({ 'max-length': 5, overflow: 'reject-publish' }, 'all', -1)],
  ['PUT', `operator-policies/${e(VHOST)}/bound`, policy({ 'max-length': 1000, expires: 86_400_000 }, 'queues', 9)],
  [
    'PUT',
    `queues/${e(VHOST)}/classic`,
    { durable: true, arguments: { 'x-max-priority': 5, 'x-dead-letter-exchange': '' } },
  ],
  [
    'PUT',
    `queues/${e(VHOST)}/lazy`,
    { durable: true, arguments: { 'x-queue-mode': 'lazy', 'x-overflow': 'drop-head' } },
  ],
  ['PUT', `queues/${e(VHOST)}/gone`, { durable: true, auto_delete: true, arguments: { 'x-expires': 3_600_000 } }],
  [
    'PUT',
    `queues/${e(VHOST)}/quorum`,
    { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 } },
  ],
  ['PUT', `queues/${e(VHOST)}/stream`, { durable: true, arguments: { 'x-queue-type': 'stream', 'x-max-age': '7D' } }],
  [
    'PUT',
    `queues/${e(VHOST)}/${e('队列/%20 "q"')}`,
    { durable: true, arguments: { note: 'ünï', list: [1, 'a'], on: true } },
  ],
  ['PUT', `exchanges/${e(VHOST)}/x`, { type: 'topic', durable: true, arguments: { 'alternate-exchange': 'lost' } }],
  ['PUT', `exchanges/${e(VHOST)}/lost`, { type: 'fanout', durable: true, internal: true }],
  ['PUT', `exchanges/${e(VHOST)}/by-header`, { type: 'headers', durable: true, auto_delete: true }],
  ['PUT', `exchanges/${e(VHOST)}/hash`, { type: 'x-consistent-hash', durable: true }],
  ['PUT', `exchanges/${e(VHOST)}/direct`, { type: 'direct', durable: true }],
  ['POST', `bindings/${e(VHOST)}/e/x/q/classic`, { routing_key: 'a.*.b' }],
  ['POST', `bindings/${e(VHOST)}/e/x/q/${e('队列/%20 "q"')}`, { routing_key: 'ключ/%', arguments: { 'x-any': 1 } }],
  ['POST', `bindings/${e(VHOST)}/e/x/e/lost`, { routing_key: '#' }],
  [
    'POST',
    `bindings/${e(VHOST)}/e/by-header/q/quorum`,
    { arguments: { 'x-match': 'all', größe: 5, half: 0.5, on: false } },
  ],
  ['POST', `bindings/${e(VHOST)}/e/hash/q/stream`, { routing_key: '10' }],
  ['POST', `bindings/${e(VHOST)}/e/amq.fanout/e/direct`, {}],
]

function policy(definition: object, applyTo: string, priority: number): object {
  return { pattern: '^some\\.', definition, 'apply-to': applyTo, priority }
}

/** From RabbitMQ to Signalbox and out again. @returns what is wrong */
export async function fromRabbitmq(signalbox: Target, rabbitmq: Target): Promise<string[]> {
  for (const [method, path, body] of made) await change(rabbitmq, method, path, body)
  const theirs = await exported(rabbitmq)
  await change(signalbox, 'POST', 'definitions', theirs)
  const wrong = lost(theirs, await exported(signalbox))
  const { status } = await ask(signalbox, { method: 'GET', path: '/api/whoami', as: 'plain:plain pass' })
  if (status !== 200) wrong.push(`the imported user's login is answered with ${status}`)
  const refused = await ask(signalbox, { method: 'GET', path: '/api/whoami', as: 'plain:wrong' })
  if (refused.status !== 401) wrong.push(`a wrong password of an imported user is answered with ${refused.status}`)
  await change(signalbox, 'POST', 'definitions', theirs)
  wrong.push(...lost(theirs, await exported(signalbox)).map((one) => `imported again: ${one}`))
  return wrong
}

/** From Signalbox into a fresh virtual host of RabbitMQ, and its users. After `fromRabbitmq`. @returns what is wrong */
export async function toRabbitmq(signalbox: Target, rabbitmq: Target): Promise<string[]> {
  await change(signalbox, 'PUT', 'users/made-here', { password: 'of signalbox', tags: 'management' })
  const { users = [] } = await exported(signalbox)
  await change(rabbitmq, 'POST', 'definitions', { users: users.filter(({ name }) => name === 'made-here') })
  const login = await ask(rabbitmq, { method: 'GET', path: '/api/whoami', as: 'made-here:of signalbox' })
  const wrong =
    login.status === 200 ? [] : [`RabbitMQ answers the login of a user made in Signalbox with ${login.status}`]
  await change(rabbitmq, 'PUT', 'vhosts/back', {})
  const ours = await exported(signalbox, VHOST)
  await change(rabbitmq, 'POST', 'definitions/back', ours)
  const sections = ['queues', 'exchanges', 'bindings', 'policies'] as const
  const there = await exported(rabbitmq, 'back')
  const pick = (from: Definitions) =>
    Object.fromEntries(sections.map((name) => [name, (from[name] ?? []).map(({ vhost: _, ...item }) => item)]))
  wrong.push(...lost(pick(there), pick(ours)), ...lost(pick(ours), pick(there), OF_LATER))
  return wrong
}

/** Fields that RabbitMQ 3.10 does not export. */
const OF_LATER = new Set(['type'])

async function change(target: Target, method: string, path: string, body: object): Promise<void> {
  const { status, body: answer } = await ask(target, { method, path: `/api/${path}`, body })
  if (status >= 200 && status < 300) return
  throw new Error(`${target.name}: ${method} ${path}: ${status} ${JSON.stringify(answer)}`)
}

async function exported(target: Target, vhost?: string): Promise<Definitions> {
  const path = vhost === undefined ? '/api/definitions' : `/api/definitions/${e(vhost)}`
  return (await ask(target, { method: 'GET', path })).body as Definitions
}

/** Every item and field of `from` that is not the same in `into`. */
function lost(from: Definitions, into: Definitions, except: ReadonlySet<string> = new Set()): string[] {
  return Object.entries(SECTIONS).flatMap(([section, keys]) => {
    const nameOf = (item: Item) => JSON.stringify(keys.map((key) => item[key]))
    const there = new Map((into[section] ?? []).map((item) => [nameOf(item), item]))
    return (from[section] ?? []).flatMap((item) => {
      if (section === 'global_parameters' && OWN_PARAMETERS.includes(String(item.name))) return []
      const found = there.get(nameOf(item))
      if (found === undefined) return [`${section}: ${nameOf(item)} is missing`]
      const fields = Object.keys(item).filter((field) => section !== 'queues' || !except.has(field))
      return fields
        .filter((field) => !isDeepStrictEqual(item[field], found[field]))
        .map((field) => `${section}: ${nameOf(item)}.${field}: ${text(item[field])} came back as ${text(found[field])}`)
    })
  })
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
