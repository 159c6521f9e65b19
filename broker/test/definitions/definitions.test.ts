import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { Access } from '../../src/broker/access/access.ts'
import { DefinitionsError } from '../../src/broker/definitions/document.ts'
import { exportDefinitions } from '../../src/broker/definitions/export.ts'
import { importDefinitions } from '../../src/broker/definitions/import.ts'
import type {
  BindingDefinition,
  DefinitionsTarget,
  ExchangeDefinition,
  PolicyEntry,
  QueueDefinition,
  VhostDefinition,
} from '../../src/broker/definitions/target.ts'
import { vhostLimits } from '../../src/broker/limits/limits.ts'
import type { GlobalParameter, Parameter } from '../../src/broker/parameters/parameters.ts'
import { Refusal } from '../../src/broker/refusal.ts'

/** A broker's definitions kept in maps, with the refusals that a broker has. */
class Kept implements DefinitionsTarget {
  readonly access = new Access()
  readonly kept = new Map<string, object>()

  declareVhost = (vhost: VhostDefinition) => void this.kept.set(`v ${vhost.name}`, vhost)
  declareExchange = (exchange: ExchangeDefinition) => this.#put(`x ${exchange.vhost} ${exchange.name}`, exchange)
  declareQueue = (queue: QueueDefinition) => {
    if ('x-message-ttl' in queue.arguments) {
      throw new Refusal('not-implemented', "argument 'x-message-ttl' is not supported yet")
    }
    this.#put(`q ${queue.vhost} ${queue.name}`, queue)
  }
  bind = (binding: BindingDefinition) => {
    const end = `${binding.destinationType === 'queue' ? 'q' : 'x'} ${binding.vhost} ${binding.destination}`
    if (!this.kept.has(end)) {
      const { destinationType, destination, vhost } = binding
      throw new Refusal('not-found', `no ${destinationType} '${destination}' in vhost '${vhost}'`)
    }
    this.kept.set(`b ${this.kept.size}`, binding)
  }
  putPolicy = (policy: PolicyEntry) => this.#put(`p ${policy.vhost} ${policy.name}`, policy)
  putParameter = (parameter: Parameter) => {
    const { component, vhost, name, value } = parameter
    if (component !== 'vhost-limits') throw new Refusal('precondition-failed', `component ${component} not found`)
    vhostLimits(value)
    this.#put(`r ${component} ${vhost} ${name}`, parameter)
  }
  putGlobalParameter = (parameter: GlobalParameter) => void this.kept.set(`g ${parameter.name}`, parameter)
  policies = () => this.#all<PolicyEntry>('p')
  parameters = () => this.#all<Parameter>('r')
  globalParameters = () => this.#all<GlobalParameter>('g')
  vhosts = () => this.#all<VhostDefinition>('v')
  exchanges = () => this.#all<ExchangeDefinition>('x')
  queues = () => this.#all<QueueDefinition>('q')
  bindings = () => this.#all<BindingDefinition>('b')

  #put(id: string, value: { vhost: string }): void {
    if (!this.kept.has(`v ${value.vhost}`)) throw new Refusal('not-found', `no vhost '${value.vhost}'`)
    this.kept.set(id, value)
  }

  #all<Value>(kind: string): Value[] {
    return [...this.kept].filter(([id]) => id.startsWith(`${kind} `)).map(([, value]) => value as Value)
  }
}

const ofRabbit = {
  rabbit_version: '3.13.7',
  rabbitmq_version: '3.13.7',
  product_name: 'RabbitMQ',
  product_version: '3.13.7',
  users: [
    {
      name: 'ada',
      password_hash: 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: ['administrator'],
      limits: { 'max-connections': 5 },
    },
    { name: 'old', password: 'plain', tags: 'monitoring, management' },
  ],
  vhosts: [
    {
      name: '/',
      limits: [],
      metadata: { description: 'Default virtual host', tags: ['a'], default_queue_type: 'classic' },
    },
    { name: 'q', limits: { 'max-queues': 1 }, metadata: { default_queue_type: 'quorum' }, tracing: true },
    { name: 's', limits: [['max-queues', 'x']], metadata: { default_queue_type: 'stone' } },
  ],
  permissions: [
    { user: 'ada', vhost: '/', configure: '.*', write: '.*', read: '.*' },
    { user: 'old', vhost: '/', configure: '(?>a)', write: '', read: '' },
  ],
  topic_permissions: [{ user: 'ada', vhost: '/', exchange: 'events', write: '^a', read: '.*' }],
  parameters: [{ value: {}, vhost: '/', component: 'shovel', name: 'move' }],
  global_parameters: [{ name: 'cluster_name', value: 'rabbit@here' }],
  policies: [
    { vhost: '/', name: 'ttl', pattern: '.*', 'apply-to': 'queues', definition: { 'message-ttl': 1 }, priority: 0 },
  ],
  queues: [
    { name: 'jobs', vhost: '/', durable: true, auto_delete: false, arguments: [] },
    { name: 'short', vhost: '/', durable: true, auto_delete: false, arguments: { 'x-message-ttl': 5 } },
    { name: 'raft', vhost: '/', type: 'quorum', durable: true, auto_delete: false, arguments: {} },
    { name: 'amq.gen-x', vhost: '/', durable: false, auto_delete: false, arguments: {} },
    { name: 'lost', vhost: 'nowhere', durable: true, auto_delete: false, arguments: {} },
  ],
  exchanges: [
    {
      name: 'events',
      vhost: '/',
      type: 'topic',
      durable: true,
      auto_delete: false,
      internal: false,
      arguments: { 'alternate-exchange': 'rest' },
    },
    { name: 'rest', vhost: '/', type: 'fanout', durable: true, auto_delete: false, internal: true, arguments: {} },
  ],
  bindings: [
    {
      source: 'events',
      vhost: '/',
      destination: 'jobs',
      destination_type: 'queue',
      routing_key: 'a.é.#',
      arguments: { big: '<2^60>', n: 1 },
    },
    { source: 'events', vhost: '/', destination: 'rest', destination_type: 'exchange', routing_key: '', arguments: {} },
    { source: 'events', vhost: '/', destination: 'short', destination_type: 'queue', routing_key: 's', arguments: {} },
  ],
  jms_things: [1, 2],
}

const text = JSON.stringify(ofRabbit).replace('"<2^60>"', String(2n ** 60n))

/** Made by rabbitmqctl export_definitions on a broker with users, limits, policies, all kinds of queues and exchanges. */
const realExport = new URL('rabbitmq-3.10.8.json', import.meta.url)

function problemsOf(document: unknown): readonly string[] {
  try {
    importDefinitions(typeof document === 'string' ? document : JSON.stringify(document), new Kept())
  } catch (error) {
    assert.ok(error instanceof DefinitionsError)
    return error.problems
  }
  return []
}

suite('definitions', () => {
  test("RabbitMQ's export is taken over, and what is left out is named", () => {
    const target = new Kept()
    const report = importDefinitions(`\uFEFF${text}`, target)
    assert.deepEqual(report.skipped, [
      "vhost 's' (vhosts[2]): default queue type 'stone' is not supported yet",
      `vhost 's' (vhosts[2]): max-queues should be a number, actually was <<"x">>`,
      "permissions of user 'old' in vhost '/' (permissions[1]): invalid regular expression '(?>a)': Invalid group",
      "parameter 'move' of component 'shovel' in vhost '/' (parameters[0]): component shovel not found",
      "queue 'short' in vhost '/' (queues[1]): argument 'x-message-ttl' is not supported yet",
      "queue 'amq.gen-x' in vhost '/' (queues[3]): names that are empty or begin with amq. belong to the broker",
      "queue 'lost' in vhost 'nowhere' (queues[4]): no vhost 'nowhere'",
      "binding of exchange 'events' to queue 'short' with key 's' in vhost '/' (bindings[2]): no queue 'short' in vhost '/'",
      "section 'jms_things': not known, 2 entries left out",
    ])
    assert.equal(report.applied, 2 + 3 + 1 + 1 + 1 + 1 + 2 + 2 + 2)
    assert.deepEqual(target.access.authenticate('ada', 'test12', false)?.tags, ['administrator'])
    assert.deepEqual(target.access.authenticate('old', 'plain', false)?.tags, ['monitoring', 'management'])
    assert.equal(target.access.permits('ada', '/', 'write', 'jobs'), true)
    assert.equal(target.access.mayEnter('old', '/'), false)
    assert.equal(target.access.permitsTopic('ada', '/', 'write', 'events', 'b'), false)
    assert.deepEqual(target.vhosts()[0], {
      name: '/',
      description: 'Default virtual host',
      tags: ['a'],
      defaultQueueType: 'classic',
    })
    assert.deepEqual(target.vhosts()[1], { name: 'q', defaultQueueType: 'quorum', tracing: true })
    assert.deepEqual(target.access.user('ada')?.limits, { 'max-connections': 5 })
    assert.deepEqual(target.parameters(), [
      { vhost: 'q', component: 'vhost-limits', name: 'limits', value: { 'max-queues': 1 } },
    ])
    assert.deepEqual(target.globalParameters(), [{ name: 'cluster_name', value: 'rabbit@here' }])
    assert.deepEqual(target.policies(), [
      { vhost: '/', name: 'ttl', pattern: '.*', applyTo: 'queues', definition: { 'message-ttl': 1 }, priority: 0 },
    ])
    assert.deepEqual(
      target.queues().map(({ name, arguments: args }) => [name, args]),
      [
        ['jobs', {}],
        ['raft', { 'x-queue-type': 'quorum' }],
      ],
    )
    assert.deepEqual(target.exchanges()[0], {
      vhost: '/',
      name: 'events',
      type: 'topic',
      durable: true,
      autoDelete: false,
      internal: false,
      arguments: { 'alternate-exchange': 'rest' },
    })
    assert.deepEqual(target.bindings()[0], {
      vhost: '/',
      source: 'events',
      destination: 'jobs',
      destinationType: 'queue',
      routingKey: 'a.é.#',
      arguments: { big: 2n ** 60n, n: 1 },
    })
  })

  test('a real export of RabbitMQ 3.10.8', () => {
    const target = new Kept()
    const { applied, skipped } = importDefinitions(readFileSync(realExport, 'utf8'), target)
    assert.deepEqual(skipped, [
      "queue 'short' in vhost '/' (queues[0]): argument 'x-message-ttl' is not supported yet",
      "queue 'amq.gen-rZ6ygg6EimiLjLh-5zpF3Q' in vhost '/' (queues[5]): names that are empty or begin with amq. belong to the broker",
      "binding of exchange 'orders' to exchange 'rest' with key 'lost.#' in vhost '/' (bindings[2]): no exchange 'rest' in vhost '/'",
      "binding of exchange 'orders' to queue 'mine' with key 'x' in vhost '/' (bindings[4]): no queue 'mine' in vhost '/'",
    ])
    assert.equal(applied, 3 + 2 + 3 + 1 + 1 + 1 + 2 + 4 + 4)
    assert.equal(target.access.authenticate('ada', 'test12', false)?.name, 'ada')
    assert.equal(target.access.authenticate('guest', 'guest', true)?.name, 'guest')
    assert.equal(target.access.authenticate('nopass', '', true), null)
    assert.equal(target.access.permitsTopic('ada', 'shop', 'write', 'orders', 'ada.x'), true)
    assert.deepEqual(target.vhosts()[0], { name: 'shop', description: 'The shop', tags: ['a', 'b'] })
    assert.equal(target.bindings()[1].arguments.id, 2n ** 60n)
  })

  test('what is exported imports to the same, with nothing skipped', () => {
    const first = new Kept()
    importDefinitions(text, first)
    const exported = exportDefinitions(first, '3.13.7')
    const second = new Kept()
    assert.deepEqual(importDefinitions(exported, second).skipped, [])
    assert.equal(exportDefinitions(second, '3.13.7'), exported)
    assert.deepEqual([...second.bindings()], [...first.bindings()])
    assert.equal(second.access.authenticate('ada', 'test12', false)?.name, 'ada')
  })

  test('what every vhost has is not exported', () => {
    const target = new Kept()
    const x = { vhost: '/', type: 'topic', durable: true, autoDelete: false, internal: false, arguments: {} }
    const b = { vhost: '/', destinationType: 'queue', routingKey: 'k', arguments: {} } as const
    const exported = JSON.parse(
      exportDefinitions(
        Object.assign(target, {
          exchanges: () => ['', 'amq.topic', 'mine'].map((name) => ({ ...x, name })),
          queues: () => [{ vhost: '/', name: 'kept', durable: true, autoDelete: false, arguments: {} }],
          bindings: () => [
            { ...b, source: '', destination: 'kept' },
            { ...b, source: 'amq.topic', destination: 'kept' },
          ],
        }),
        '3.13.7',
      ),
    )
    assert.deepEqual(
      exported.exchanges.map((each: { name: string }) => each.name),
      ['mine'],
    )
    assert.deepEqual(
      exported.bindings.map((each: { source: string }) => each.source),
      ['amq.topic'],
    )
  })

  test('values that JSON has not go out as RabbitMQ writes them', () => {
    const target = new Kept()
    target.declareVhost({ name: '/', description: '', tags: [] })
    target.declareQueue({
      vhost: '/',
      name: 'q',
      durable: true,
      autoDelete: false,
      arguments: {
        time: { type: 'T', value: 1_700_000_000 },
        bytes: new Uint8Array([0x61, 0x62]),
        decimal: { type: 'D', value: { scale: 2, digits: 314 } },
        list: [1n, { inner: { type: 'd', value: 0.5 } }],
      },
    })
    assert.deepEqual(JSON.parse(exportDefinitions(target, '3.13.7')).queues[0].arguments, {
      time: 1_700_000_000,
      bytes: 'ab',
      decimal: 3.14,
      list: [1, { inner: 0.5 }],
    })
  })

  test('a wrong form names each place and what was wanted, and nothing is done', () => {
    assert.match(problemsOf('{"users": [')[0], /^not JSON: /)
    assert.match(problemsOf('[]')[0], /^the file: expected object/)
    assert.match(problemsOf({ queues: {} })[0], /^queues: expected array/)
    assert.deepEqual(
      problemsOf({
        users: [{ name: 'u' }, { name: 'u', password_hash: '', hashing_algorithm: 'rot13' }],
        queues: [{ name: 'q', durable: true }],
        exchanges: [{ name: 'x', vhost: '/', type: 'topic', durable: 'yes' }],
        bindings: [{ vhost: '/', source: 'x', destination: 'q', destination_type: 'topic' }],
      }),
      [
        'users[0]: expected password_hash or password',
        'users[1].hashing_algorithm: expected one of "rabbit_password_hashing_sha256"|"rabbit_password_hashing_sha512"|"rabbit_password_hashing_md5"',
        'exchanges[0].durable: expected boolean, received string',
        'queues[0].vhost: expected the name of a vhost; a file exported from a single vhost has none',
        'bindings[0].destination_type: expected one of "queue"|"exchange"',
      ],
    )
    const target = new Kept()
    const broken = { vhosts: [{ name: '/' }], users: [{ name: 'u', password: 'p' }], queues: [{}] }
    assert.throws(() => importDefinitions(JSON.stringify(broken), target), DefinitionsError)
    assert.equal(target.kept.size, 0)
    assert.equal(target.access.user('u'), undefined)
  })

  test('an object can be refused by the target without stopping the rest; a fault of the target stops it', () => {
    const target = new Kept()
    target.declareQueue = () => {
      throw new TypeError('a bug')
    }
    const file = JSON.stringify({ vhosts: [{ name: '/' }], queues: [{ name: 'q', vhost: '/' }] })
    assert.throws(() => importDefinitions(file, target), TypeError)
  })

  test('an empty file is fine', () => {
    assert.deepEqual({ ...importDefinitions('{}', new Kept()) }, { applied: 0, skipped: [] })
  })
})
