import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Acl, type AclFilter, Acls } from '../../src/broker/access/acls.ts'
import { type AclOperation, type AclResource, type Asker, Authorizer } from '../../src/broker/access/authorizer.ts'
import { hashPassword } from '../../src/broker/access/password.ts'
import { World } from '../queue/harness.ts'

const anything: AclFilter = {
  resource: null,
  pattern: 'any',
  name: null,
  principal: null,
  host: null,
  operation: null,
  permission: null,
}

const acl = (given: Partial<Acl>): Acl => ({
  resource: 'topic',
  pattern: 'literal',
  name: 'orders',
  principal: 'User:ada',
  host: '*',
  operation: 'read',
  permission: 'allow',
  ...given,
})

const ada: Asker = { user: 'ada', vhost: '/', host: '10.0.0.1' }

async function world(): Promise<World> {
  const opened = await World.open()
  const { access } = opened.broker
  for (const [name, tags] of [
    ['ada', []],
    ['root', ['administrator']],
  ] as const) {
    access.putUser({ name, tags, ...hashPassword('secret') })
    access.setPermissions({ user: name, vhost: '/', configure: '.*', write: '^(orders|logs)', read: '.*' })
  }
  return opened
}

suite('acls', () => {
  test('say nothing of resources that none speaks of', async () => {
    const { broker } = await world()
    const authorizer = new Authorizer(broker)
    assert.equal(authorizer.allows(ada, 'write', 'topic', 'orders'), true)
    broker.acls.add('/', acl({ name: 'other' }))
    broker.acls.add('/', acl({ resource: 'group' }))
    broker.acls.add('/elsewhere', acl({ principal: 'User:bob' }))
    assert.equal(authorizer.allows(ada, 'write', 'topic', 'orders'), true)
  })

  const rows: [string, Partial<Acl>[], AclOperation, boolean][] = [
    ['an allowed operation passes', [{}], 'read', true],
    ['another operation does not', [{}], 'write', false],
    ['reading implies describing', [{}], 'describe', true],
    ['writing implies describing', [{ operation: 'write' }], 'describe', true],
    ['deleting implies describing', [{ operation: 'delete' }], 'describe', true],
    ['altering implies describing', [{ operation: 'alter' }], 'describe', true],
    ['creating does not', [{ operation: 'create' }], 'describe', false],
    ['altering settings implies describing them', [{ operation: 'alter-configs' }], 'describe-configs', true],
    ['altering does not', [{ operation: 'alter' }], 'describe-configs', false],
    ['describing implies nothing', [{ operation: 'describe' }], 'read', false],
    ['all are all', [{ operation: 'all' }], 'alter-configs', true],
    ['denying reading leaves describing', [{ permission: 'deny' }, { operation: 'describe' }], 'describe', true],
    ['a denial wins', [{ permission: 'deny' }, { operation: 'all' }], 'read', false],
    ['a denial of all wins', [{ operation: 'all', permission: 'deny' }, {}], 'describe', false],
    ['a denial of everybody wins', [{}, { principal: 'User:*', permission: 'deny' }], 'read', false],
    ['everybody is ada too', [{ principal: 'User:*' }], 'read', true],
    ['another user is not', [{ principal: 'User:adam' }], 'read', false],
    ['another type of principal is not', [{ principal: 'Group:ada' }], 'read', false],
    ['a denial of another leaves it closed', [{ principal: 'User:bob', permission: 'deny' }], 'read', false],
    ['the host fits', [{ host: '10.0.0.1' }], 'read', true],
    ['another host does not', [{ host: '10.0.0.2' }], 'read', false],
    ['a prefix fits', [{ pattern: 'prefixed', name: 'ord' }], 'read', true],
    ['the whole name is a prefix', [{ pattern: 'prefixed' }], 'read', true],
    ['a longer one is none', [{ pattern: 'prefixed', name: 'orders2' }, { name: '*' }], 'read', true],
    ['a literal part of the name is no prefix', [{ name: 'ord', permission: 'deny' }], 'read', true],
    ['the wildcard fits', [{ name: '*' }], 'read', true],
    ['a prefixed star is no wildcard', [{ pattern: 'prefixed', name: '*', permission: 'deny' }], 'read', true],
    [
      'a denial by prefix wins over a name',
      [{}, { pattern: 'prefixed', name: 'o', permission: 'deny' }],
      'read',
      false,
    ],
    ['a denial for all wins over a name', [{}, { name: '*', permission: 'deny' }], 'read', false],
  ]
  for (const [what, acls, operation, expected] of rows) {
    test(what, async () => {
      const { broker } = await world()
      for (const one of acls) broker.acls.add('/', acl(one))
      assert.equal(new Authorizer(broker).allows(ada, operation, 'topic', 'orders'), expected)
    })
  }

  test('never widen what permissions grant', async () => {
    const { broker } = await world()
    broker.acls.add('/', acl({ name: '*', operation: 'all' }))
    broker.acls.add('/', acl({ resource: 'cluster', name: 'kafka-cluster', operation: 'all' }))
    const authorizer = new Authorizer(broker)
    assert.equal(authorizer.allows(ada, 'write', 'topic', 'secret'), false)
    assert.equal(authorizer.allows(ada, 'alter', 'cluster', 'kafka-cluster'), false)
    assert.equal(authorizer.allows({ ...ada, user: 'nobody' }, 'read', 'topic', 'orders'), false)
    assert.equal(authorizer.allows({ ...ada, vhost: '/other' }, 'read', 'topic', 'orders'), false)
  })

  test('do not bind administrators, whose permissions still do', async () => {
    const { broker } = await world()
    broker.acls.add('/', acl({ principal: 'User:*', operation: 'all', permission: 'deny', name: '*' }))
    const authorizer = new Authorizer(broker)
    const root = { ...ada, user: 'root' }
    assert.equal(authorizer.allows(root, 'write', 'topic', 'orders'), true)
    assert.equal(authorizer.allows(root, 'write', 'topic', 'secret'), false)
    assert.equal(authorizer.allows(root, 'alter', 'cluster', 'kafka-cluster'), true)
    assert.equal(authorizer.allows(ada, 'describe', 'cluster', 'kafka-cluster'), false)
  })

  test('hold for the next question, and so do permissions and tags', async () => {
    const { broker } = await world()
    const authorizer = new Authorizer(broker)
    const may = () => authorizer.allows(ada, 'write', 'topic', 'orders')
    assert.equal(may(), true)
    broker.acls.add('/', acl({ permission: 'deny', operation: 'write' }))
    assert.equal(may(), false)
    broker.access.putUser({ ...broker.access.user('ada')!, tags: ['administrator'] })
    assert.equal(may(), true)
    broker.access.putUser({ ...broker.access.user('ada')!, tags: [] })
    assert.equal(may(), false)
    broker.acls.remove('/', anything)
    assert.equal(may(), true)
    broker.access.clearPermissions('ada', '/')
    assert.equal(may(), false)
  })

  test('remember no answers for names that are longer than those of topics: they could fill the memory', async () => {
    const { broker } = await world()
    let asked = 0
    const permits = (): boolean => {
      asked++
      return true
    }
    const access = Object.assign(Object.create(broker.access), { permits, user: () => undefined })
    const authorizer = new Authorizer({ access, accessVersion: 1, acls: broker.acls })
    for (const name of ['n'.repeat(255), 'n'.repeat(256)]) {
      asked = 0
      for (let n = 0; n < 3; n++) assert.equal(authorizer.allows(ada, 'read', 'group', name), true)
      assert.equal(asked, name.length > 255 ? 3 : 1)
    }
  })

  test('outlive the process, and not their virtual host', async () => {
    const opened = await world()
    opened.broker.declareVhost('/other')
    opened.broker.acls.add('/', acl({}))
    opened.broker.acls.add('/', acl({ host: '10.0.0.9' }))
    opened.broker.acls.add('/', acl({ host: '10.0.0.9' }))
    opened.broker.acls.add('/', acl({ name: 'gone' }))
    opened.broker.acls.add('/other', acl({}))
    opened.broker.acls.remove('/', { ...anything, name: 'gone' })
    await opened.restart()
    assert.deepEqual(
      opened.broker.acls.matching('/', anything).sort((a, b) => (a.host < b.host ? -1 : 1)),
      [acl({}), acl({ host: '10.0.0.9' })],
    )
    opened.broker.deleteVhost('/other')
    assert.deepEqual(opened.broker.acls.matching('/other', anything), [])
    await opened.restart()
    opened.broker.declareVhost('/other')
    assert.deepEqual(opened.broker.acls.matching('/other', anything), [])
    assert.equal(opened.broker.acls.matching('/', anything).length, 2)
  })

  test('are found by each part of them', async () => {
    const acls = new Acls((await world()).broker.catalog)
    const kept = [
      acl({}),
      acl({ name: '*', principal: 'User:*', operation: 'all' }),
      acl({ pattern: 'prefixed', name: 'ord', permission: 'deny' }),
      acl({ pattern: 'prefixed', name: 'orders.eu', host: '10.0.0.1' }),
      acl({ resource: 'group', operation: 'describe' }),
    ]
    for (const one of kept) acls.add('/', one)
    const found = (filter: Partial<AclFilter>) =>
      acls.matching('/', { ...anything, ...filter }).map((one) => kept.indexOf(one))
    assert.deepEqual(found({}), [0, 1, 2, 3, 4])
    assert.deepEqual(found({ name: 'orders' }), [0, 4])
    assert.deepEqual(found({ name: 'orders', pattern: 'match' }), [0, 1, 2, 4])
    assert.deepEqual(found({ name: 'orders', pattern: 'literal', resource: 'topic' }), [0])
    assert.deepEqual(found({ name: 'ord', pattern: 'prefixed' }), [2])
    assert.deepEqual(found({ pattern: 'prefixed' }), [2, 3])
    assert.deepEqual(found({ name: 'orders.eu.new', pattern: 'match' }), [1, 2, 3])
    assert.deepEqual(found({ name: '*', pattern: 'literal' }), [1])
    assert.deepEqual(found({ resource: 'group' }), [4])
    assert.deepEqual(found({ principal: 'User:*' }), [1])
    assert.deepEqual(found({ host: '10.0.0.1' }), [3])
    assert.deepEqual(found({ operation: 'all' }), [1])
    assert.deepEqual(found({ permission: 'deny' }), [2])
    assert.deepEqual(found({ resource: 'cluster' }), [])
  })

  const names = fc.constantFrom('a', 'ab', 'abc', 'b', '*')
  const operations = fc.constantFrom<AclOperation>('read', 'write', 'describe')
  const resources = fc.constantFrom<AclResource>('topic', 'group')
  const randomAcl: fc.Arbitrary<Acl> = fc.record({
    resource: resources,
    pattern: fc.constantFrom('literal', 'prefixed'),
    name: names,
    principal: fc.constantFrom('User:ada', 'User:bob', 'User:*'),
    host: fc.constantFrom('*', '10.0.0.1', '10.0.0.2'),
    operation: fc.oneof(operations, fc.constant('all' as const)),
    permission: fc.constantFrom('allow', 'deny'),
  })

  test('decide like the rule read word by word', async () => {
    const { catalog } = (await world()).broker
    fc.assert(
      fc.property(
        fc.array(randomAcl, { maxLength: 8 }),
        resources,
        operations,
        fc.constantFrom('a', 'ab', 'abcd', 'b'),
        (given, resource, operation, name) => {
          const acls = new Acls(catalog)
          for (const one of given) acls.add('/', one)
          const about = given.filter(
            (one) =>
              one.resource === resource &&
              (one.pattern === 'prefixed' ? name.startsWith(one.name) : one.name === name || one.name === '*'),
          )
          const mine = about.filter(
            (one) => one.principal !== 'User:bob' && (one.host === '*' || one.host === ada.host),
          )
          const denied = mine.some(
            (one) => one.permission === 'deny' && (one.operation === 'all' || one.operation === operation),
          )
          const allowed = mine.some(
            (one) =>
              one.permission === 'allow' &&
              (one.operation === 'all' || one.operation === operation || operation === 'describe'),
          )
          assert.equal(
            acls.allows(ada, operation, resource, name),
            about.length === 0 || (allowed && !denied),
            JSON.stringify(given),
          )
        },
      ),
    )
  })
})
