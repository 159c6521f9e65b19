// Calls of every address of the HTTP port with names, queries and bodies that are nearly right, absurd or broken, against
// a broker with real sockets. Whatever is asked, it is answered, never with an error inside, and others are served on.

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { createLogger } from '../../src/base/logger.ts'
import { fromOptions, settle } from '../../src/config/layer.ts'
import { type Server, startServer } from '../../src/server.ts'
import { allRoutes, type Route } from '../http/all-routes.ts'
import { generator } from './random.ts'

const ADMIN = 'whoever-fuzzes:x'
const LOGINS = [ADMIN, ADMIN, ADMIN, ADMIN, 'whoever-has-no-tag:x', 'whoever-makes:x', null]
/** A call that waits is left. */
const PATIENCE_MS = 400

const NAMES = [
  ...['q', 'q', 'q', 't', 't', 'x', 'g', 'v', 'guest', 'plain', '/', '/', '', 'amq.default', 'amq.topic', 'amq.direct'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'q/../q',
    '..',
    '.',
    'ü\u0000\u{10ffff}',
    'a'.repeat(255),
    'b'.repeat(256),
  ],
  ...['q?x=1', '#', '*', '~', '-1', '0', '1', '99999999999999999999', 'NaN', 'amq.rabbitmq.trace', '\ud800', ' ', '%'],
  ...['policy', 'vhost-limits', 'limits', 'max-queues', 'max-connections', 'federation-upstream', 'days', 'source'],
]
/** What no name encodes to. */
const BROKEN = ['%', '%ZZ', '%FF', '%C3%28', '%00', '%2e%2e', '%2F%2F', '..%2f..%2fetc%2fpasswd', 'a//b', '%25FF']
const VALUES: unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    1,
    2,
    -1,
    1.5,
    1e300,
    2 ** 53,
    -(2 ** 31),
    1e-7,
    '',
    '0',
    '1',
    '-1',
    'q',
    't',
    'x',
    '/',
    'true',
  ],
  ...[
    'string',
    'base64',
    'json',
    'auto',
    'earliest',
    'latest',
    'classic',
    'quorum',
    'stream',
    'topic',
    'headers',
    'fanout',
  ],
  ...[
    'x-delayed-message',
    'x-topic-log',
    'x-schedule',
    '.*',
    '(',
    '(a+)+$',
    '^q',
    '\u0000',
    '\ud800',
    'a'.repeat(256),
    '=',
    'a=b',
    '__proto__',
  ],
  ...[
    'ack_requeue_true',
    'ack_requeue_false',
    'reject_requeue_true',
    'reject_requeue_false',
    'all',
    'queues',
    'exchanges',
  ],
  ...[[], {}, [[]], [null], ['q'], { q: 1 }, { offset: 0 }, { offset: -1 }, { time: 0 }, { shift: -5 }, { queue: 'q' }],
  ...[{ exchange: 'x' }, { exchange: '', routing_key: 'q' }, { 'max-length': 5 }, { 'x-queue-type': 'stream' }],
  ...[
    { 'x-max-length': -1 },
    { 'x-delayed-type': 'direct' },
    { 'x-cron': '0 0 29 2 *', 'x-properties': { headers: { a: [] } } },
    { 'x-source-topic': 't' },
    { 'x-match': 'any', a: { b: [] } },
  ],
  ...[{ a: { b: { c: [1, 'x', null, { d: 1.5 }] } } }, { 'cleanup.policy': 'compact' }, { 'retention.ms': '-2' }],
  ...[
    { CC: ['q', 1, null] },
    { CC: 'q' },
    { BCC: ['t'] },
    { 'x-delay': -1 },
    { 'x-delay': 1e300 },
    { 'x-death': [{}] },
  ],
]
const MESSAGE = { routing_key: 'q', payload: 'aGk=', payload_encoding: 'string', properties: { headers: { a: 1 } } }
/** What the calls take, by how their addresses end: so that some get past the first check. */
export const BODIES: readonly [RegExp, object][] = [
  [/^PUT .*\/queues\//, { durable: true, auto_delete: false, arguments: { 'x-max-length': 10 } }],
  [/^PATCH .*\/queues\//, { arguments: { 'x-max-length': 5 } }],
  [/^PATCH .*\/exchanges\//, { arguments: { 'x-missed': 'skip' } }],
  [/^PUT .*\/exchanges\//, { type: 'topic', durable: true, auto_delete: false, internal: false, arguments: {} }],
  [/\/exchanges\/:vhost\/:exchange\/publish$/, MESSAGE],
  [/\/get$/, { count: 3, ackmode: 'ack_requeue_true', encoding: 'auto', truncate: 10 }],
  [/\/move$/, { to: { queue: 'q' }, places: [0, 1], filter: { key: 'q' }, limit: 3 }],
  [
    /\/redrive$/,
    { to: 'queue', death: 'last', history: 'kept', edit: { set_headers: { a: 1 }, payload: 'x' }, limit: 5 },
  ],
  [/\/bindings\//, { routing_key: '#', arguments: { 'x-match': 'all' } }],
  [/\/(operator-)?policies\//, { pattern: '^q', definition: { 'max-length': 9 }, priority: 0, 'apply-to': 'all' }],
  [/\/topic-permissions\//, { exchange: 'amq.topic', write: '.*', read: '.*' }],
  [/\/permissions\//, { configure: '.*', write: '.*', read: '.*' }],
  [/\/(parameters|global-parameters|vhost-limits|user-limits)\//, { value: { 'max-queues': 50 } }],
  [/\/users\/bulk-delete$/, { users: ['guest'] }],
  [/\/users\//, { password: 'x', tags: 'management' }],
  [/^PUT .*\/vhosts\//, { description: 'v', tags: 'a,b', default_queue_type: 'classic', tracing: false }],
  [/\/definitions/, { queues: [{ name: 'q', vhost: 'v' }], users: [], policies: [{}], exchanges: [], bindings: [{}] }],
  [/\/trace\//, { exchange: 'amq.topic', routing_key: 'q.a', headers: { a: 1 } }],
  [/\/reset-offsets$/, { topic: 't', partition: 0, to: 'earliest' }],
  [/\/configs$/, { 'retention.ms': '1000' }],
  [/\/partitions$/, { count: 2 }],
  [/\/delete-records$/, { partition: 0, before: 0 }],
  [/\/topics\/:vhost\/:topic\/publish$/, { partition: 0, key: 'k', value: 'v', headers: { a: 'b' } }],
  [/\/replay$/, { partition: 0, from: { offset: 0 }, to: { offset: 9 }, queue: 'q', filter: { text: 'v' }, limit: 5 }],
  [/^PUT .*\/topics\//, { partitions: 2, configs: { 'cleanup.policy': 'delete' } }],
  [/\/call$/, { payload: 'x', timeout_ms: 20 }],
  [
    /\/(exchanges|queues)\/:\w+\/messages$/,
    { messages: [{ payload: { a: 1 }, headers: { h: 1 }, properties: { priority: 1 } }] },
  ],
  [/\/receive$/, { max: 3, wait_ms: 10, lease_ms: 100 }],
  [/\/(ack|nack)$/, { leases: ['WyIvIiwicSIsMCwiYWJjIl0'] }],
  [/\/extend$/, { leases: ['WyIvIiwicSIsMCwiYWJjIl0'], lease_ms: 100 }],
  [/\/records$/, { records: [{ key: 'k', value: { a: 1 }, headers: { a: 'b' }, partition: 0, timestamp: 5 }] }],
  [/\/cluster-name$/, { name: 'n' }],
  [/\/hash_password$/, { password: 'x' }],
  [/\/actions$/, { action: 'sync' }],
]
const QUERIES = [
  ...['page', 'page_size', 'name', 'use_regex', 'sort', 'sort_reverse', 'columns', 'disable_stats', 'msg_rates_age'],
  ...[
    'msg_rates_incr',
    'lengths_age',
    'lengths_incr',
    'limit',
    'body_bytes',
    'scan_bytes',
    'place',
    'since',
    'key',
    'skip',
  ],
  ...[
    'header',
    'text',
    'partition',
    'offset',
    'time',
    'next',
    'wait_ms',
    'from',
    'ack',
    'prefetch',
    'lease_ms',
    'family',
  ],
  ...[
    'vhost',
    'download',
    'if-unused',
    'if-empty',
    'memory',
    'routing_key',
    'priority',
    'expiration',
    'mandatory',
    'auth',
  ],
]
const QUERY_VALUES = [
  ...[
    '0',
    '1',
    '2',
    '-1',
    '1e9',
    '99999999999999999999',
    'true',
    'q',
    'name,vhost',
    '__proto__.x',
    'a.b.c',
    '(',
    '[',
    '.*',
  ],
  ...[
    '\\',
    '%',
    '%FF',
    'earliest',
    'latest',
    '0:1,1:2',
    '{"0":1}',
    '{"0":-1}',
    '[1]',
    '',
    'message_stats',
    'headers=1',
    '500',
  ],
]

export class HttpFuzz {
  calls = 0
  readonly statuses = new Map<number, number>()
  private readonly server: Server
  private readonly routes: readonly Route[]
  private readonly lines: string[]
  private readonly random: (bound: number) => number
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 })

  private constructor(server: Server, routes: readonly Route[], lines: string[], seed: number) {
    this.server = server
    this.routes = routes
    this.lines = lines
    this.random = generator(seed)
  }

  static async open(seed: number): Promise<HttpFuzz> {
    const lines: string[] = []
    const ports = { amqpPort: 0, amqpsPort: null, kafkaPort: 0, httpPort: 0, httpsPort: null }
    const settings = settle([fromOptions({ dataDir: null, ...ports })])
    const logger = createLogger('error', { write: (line) => lines.push(line) })
    const server = await startServer({ ...settings, logger, version: 'test' })
    // Whoever fails to log in too often is kept out.
    const routes = (await allRoutes()).filter(({ path }) => path !== '/api/login')
    const fuzz = new HttpFuzz(server, routes, lines, seed)
    await fuzz.sent('PUT', '/api/users/whoever-fuzzes', '{"password":"x","tags":"administrator"}', 'guest:guest')
    await fuzz.furnish()
    return fuzz
  }

  /** @throws AssertionError with the call that failed inside */
  async step(): Promise<void> {
    if (this.calls++ % 300 === 299) await this.furnish()
    const route = this.pick(this.routes)
    const method =
      this.random(25) === 0 ? this.pick(['HEAD', 'OPTIONS', 'GET', 'DELETE', 'PATCH', 'BREW']) : route.method
    const path = this.address(route)
    const body = ['PUT', 'POST', 'PATCH'].includes(method) ? this.body(route) : undefined
    const login = this.pick(LOGINS)
    const status = await this.sent(method, path, body, login)
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    const said = `${method} ${path} ${body?.slice(0, 500) ?? ''} as ${login} → ${status}\n${this.lines.join('')}`
    assert.ok(status < 500 || status === 503 || status === 504, said)
    assert.equal(this.lines.length, 0, said)
  }

  /** @throws AssertionError if it does not serve any more */
  async close(): Promise<void> {
    assert.equal(await this.sent('GET', '/api/overview', undefined, ADMIN), 200)
    assert.equal(await this.sent('GET', '/api/definitions', undefined, ADMIN), 200)
    this.agent.destroy()
    await this.server.stop()
    assert.deepEqual(this.lines, [])
  }

  /** What the names of addresses mean, as far as it was deleted meanwhile. */
  private async furnish(): Promise<void> {
    const all = '{"configure":".*","write":".*","read":".*"}'
    const here = '/api/permissions/%2F'
    const calls: [string, string, string?][] = [
      ['PUT', '/api/vhosts/%2F', '{}'],
      ['PUT', '/api/vhosts/v', '{}'],
      ['PUT', '/api/users/plain', '{"password":"x","tags":""}'],
      ['PUT', '/api/users/whoever-has-no-tag', '{"password":"x","tags":""}'],
      ['PUT', '/api/users/whoever-makes', '{"password":"x","tags":"policymaker"}'],
      ...['whoever-fuzzes', 'whoever-has-no-tag', 'whoever-makes'].map((user): [string, string, string] => [
        'PUT',
        `${here}/${user}`,
        all,
      ]),
      ['DELETE', '/api/vhost-limits/%2F/max-queues'],
      ['DELETE', '/api/operator-policies/%2F/q'],
      ['PUT', '/api/queues/%2F/q', '{"durable":true}'],
      ['PUT', '/api/exchanges/%2F/x', '{"type":"topic"}'],
      ['PUT', '/api/topics/%2F/t', '{"partitions":2}'],
      ['POST', '/api/bindings/%2F/e/x/q/q', '{"routing_key":"#"}'],
    ]
    for (const [method, path, body] of calls) await this.sent(method, path, body, ADMIN)
  }

  private address({ path }: Route): string {
    let address = path.replace(/:(\w+)(\{[^}]*\})?/g, (_all, name: string, choice?: string) => {
      if (choice !== undefined && this.random(10) > 0) return this.pick(choice.slice(1, -1).split('|'))
      if (this.random(15) === 0) return this.pick(BROKEN)
      const usual = USUAL[name]
      if (usual !== undefined && this.random(3) > 0) return encodeURIComponent(usual)
      return encodeURIComponent(this.pick(NAMES).toWellFormed())
    })
    if (this.random(40) === 0) address = `/${address}`
    if (this.random(40) === 0) address += '/'
    const queries = Array.from({ length: this.random(4) }, () => {
      const value = this.pick(QUERY_VALUES)
      return `${this.pick(QUERIES)}=${this.random(4) === 0 ? value : encodeURIComponent(value)}`
    })
    return queries.length === 0 ? address : `${address}?${queries.join('&')}`
  }

  private body({ method, path }: Route): string {
    if (this.random(12) === 0)
      return this.pick(['', '{', '[]', 'null', '"x"', '{"a":1', '\u0000', '[[[[', '{"__proto__":{"a":1}}'])
    const known = BODIES.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1] ?? {}
    const body = structuredClone(known) as Record<string, unknown>
    for (let times = this.random(3); times > 0; times--) this.alter(body)
    return JSON.stringify(body)
  }

  private alter(at: Record<string, unknown>): void {
    const keys = Object.keys(at)
    if (keys.length === 0) return
    const key = this.pick(keys)
    const value = at[key]
    if (typeof value === 'object' && value !== null && this.random(3) > 0) this.alter(value as Record<string, unknown>)
    else if (this.random(8) === 0) delete at[key]
    else at[this.random(10) === 0 ? this.pick(NAMES) : key] = structuredClone(this.pick(VALUES))
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)]
  }

  /** The status; 0 for an answer that goes on. */
  private sent(method: string, path: string, body: string | undefined, login: string | null): Promise<number> {
    const [host, port] = this.server.addresses.http!.split(':')
    const headers = login === null ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
    return new Promise((resolve, reject) => {
      const call = request(
        { host, port, method, path: path.replaceAll(' ', '%20'), headers, agent: this.agent },
        (answer) => {
          answer.resume()
          answer.on('error', () => resolve(0))
          answer.on('end', () => resolve(answer.statusCode!))
        },
      )
      const patience = setTimeout(() => call.destroy(new Error('left')), PATIENCE_MS)
      call.on('close', () => clearTimeout(patience))
      call.on('error', (error: NodeJS.ErrnoException) => {
        if (error.message === 'left' || error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_METHOD') resolve(0)
        else reject(error)
      })
      call.end(body)
    })
  }
}

const USUAL: Readonly<Record<string, string>> = {
  vhost: '/',
  queue: 'q',
  exchange: 'x',
  topic: 't',
  group: 'g',
  user: 'plain',
  source: 'x',
  destination: 'q',
}
