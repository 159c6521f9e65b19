import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { createAcls } from '../../src/wire/kafka/messages/create-acls.ts'
import { deleteAcls } from '../../src/wire/kafka/messages/delete-acls.ts'
import { describeAcls } from '../../src/wire/kafka/messages/describe-acls.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { type Peer, World } from './world.ts'

const NAMES = { resourceNameFilter: null, principalFilter: null, hostFilter: null }
const ANY = { ...NAMES, resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
const INVALID_REQUEST = 42
const TOPIC_REFUSED = 29

/** ada may read `orders`. */
const ADA = {
  resourceType: 2,
  resourceName: 'orders',
  resourcePatternType: 3,
  principal: 'User:ada',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const EVERYBODY = {
  ...ADA,
  resourceName: 'ord',
  resourcePatternType: 4,
  principal: 'User:*',
  permissionType: 2,
  operation: 4,
}
const GROUP = { ...ADA, resourceType: 3, resourceName: '*' }

async function create(peer: Peer, ...creations: object[]): Promise<(readonly [number, string | null])[]> {
  const { results } = await peer.ask(createAcls, 3, { creations: creations as (typeof ADA)[] })
  return results.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])
}

async function found(peer: Peer, filter: object = {}, version = 3) {
  const { errorCode, resources } = await peer.ask(describeAcls, version, { ...ANY, ...filter })
  assert.equal(errorCode, 0)
  return resources.flatMap(({ acls, resourceType, resourceName, patternType }) =>
    acls.map((acl) => ({ resourceType, resourceName, resourcePatternType: patternType, ...acl })),
  )
}

describe('ACLs over the wire', () => {
  it('are set, found by every part, and removed', async () => {
    const peer = (await World.open()).connect()
    assert.deepEqual(await create(peer, ADA, EVERYBODY, GROUP), [
      [0, null],
      [0, null],
      [0, null],
    ])
    assert.deepEqual(await found(peer), [ADA, EVERYBODY, GROUP])
    assert.deepEqual(await found(peer, { resourceTypeFilter: 3 }), [GROUP])
    assert.deepEqual(await found(peer, { resourceNameFilter: 'orders', patternTypeFilter: 2 }), [ADA, EVERYBODY, GROUP])
    assert.deepEqual(await found(peer, { resourceNameFilter: 'orders', patternTypeFilter: 3 }), [ADA])
    assert.deepEqual(await found(peer, { patternTypeFilter: 4 }), [EVERYBODY])
    assert.deepEqual(await found(peer, { principalFilter: 'User:*' }), [EVERYBODY])
    assert.deepEqual(await found(peer, { hostFilter: '127.0.0.1' }), [])
    assert.deepEqual(await found(peer, { operation: 4 }), [EVERYBODY])
    assert.deepEqual(await found(peer, { permissionType: 3 }), [ADA, GROUP])
    assert.deepEqual(await found(peer, { resourceTypeFilter: 6 }), [], 'delegation tokens')
    assert.deepEqual(await found(peer, { operation: 13 }), [], 'creating tokens')
    const { filterResults } = await peer.ask(deleteAcls, 3, {
      filters: [
        { ...ANY, principalFilter: 'User:ada', resourceTypeFilter: 2 },
        { ...ANY, operation: 0 },
        { ...ANY, hostFilter: 'nowhere' },
      ],
    })
    assert.deepEqual(
      filterResults.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.length]),
      [
        [0, 1],
        [INVALID_REQUEST, 0],
        [0, 0],
      ],
    )
    const { errorCode, errorMessage, patternType, ...acl } = filterResults[0]!.matchingAcls[0]!
    assert.deepEqual([errorCode, errorMessage, { ...acl, resourcePatternType: patternType }], [0, null, ADA])
    assert.deepEqual(await found(peer), [EVERYBODY, GROUP])
  })

  it('of the first version are literal', async () => {
    const peer = (await World.open()).connect()
    await peer.ask(createAcls, 0, { creations: [ADA] })
    assert.deepEqual(await found(peer), [ADA])
    assert.deepEqual(await found(peer, {}, 0), [ADA])
  })

  const refused: [what: string, change: object, message: RegExp][] = [
    ['any resource', { resourceType: 1 }, /resourceType/],
    ['an unknown resource', { resourceType: 99 }, /resourceType/],
    ['any pattern', { resourcePatternType: 1 }, /patternType/],
    ['a matching pattern', { resourcePatternType: 2 }, /patternType/],
    ['any operation', { operation: 1 }, /operation/],
    ['an unknown operation', { operation: 0 }, /operation/],
    ['any permission', { permissionType: 1 }, /permissionType/],
    ['no name', { resourceName: '' }, /empty resource name/],
    ['another cluster', { resourceType: 4, resourceName: 'mine' }, /kafka-cluster/],
    ['a principal without a type', { principal: 'ada' }, /no colon/],
  ]
  for (const [what, change, message] of refused) {
    it(`are refused for ${what}, and others in the request are set`, async () => {
      const peer = (await World.open()).connect()
      const [[code, text], ...others] = await create(peer, { ...ADA, ...change }, GROUP)
      assert.equal(code, INVALID_REQUEST)
      assert.match(text!, message)
      assert.deepEqual(others, [[0, null]])
      assert.deepEqual(await found(peer), [GROUP])
    })
  }

  it('refuse a filter for what is unknown', async () => {
    const peer = (await World.open()).connect()
    for (const part of ['resourceTypeFilter', 'patternTypeFilter', 'operation', 'permissionType']) {
      const { errorCode } = await peer.ask(describeAcls, 3, { ...ANY, [part]: 0 })
      assert.equal(errorCode, INVALID_REQUEST, part)
    }
  })

  it('are answered when they are durable', async () => {
    const world = await World.open()
    const peer = world.connect()
    await create(peer, ADA)
    const again = await World.open({ disk: world.disk })
    assert.deepEqual(await found(again.connect()), [ADA])
  })

  it('hold at once for those who are connected, in their vhost only', async () => {
    const world = await World.open()
    const { access } = world.broker
    world.broker.declareVhost('staging')
    for (const vhost of ['/', 'staging']) {
      access.putUser({ name: 'ada', tags: [], ...hashPassword('secret') })
      access.setPermissions({ user: 'ada', vhost, configure: '.*', write: '.*', read: '.*' })
      const { topics } = world.broker.vhost(vhost).streams
      topics.create(topics.check(ofDefaults('orders'), 1))
    }
    const login = async (name: string): Promise<Peer> => {
      const peer = world.connect({ sasl: true })
      await peer.ask(saslHandshake, 1, { mechanism: 'PLAIN' })
      await peer.ask(saslAuthenticate, 2, { authBytes: Buffer.from(`\0${name}\0secret`) })
      return peer
    }
    const [here, there, guest] = [await login('ada'), await login('staging:ada'), world.connect()]
    const sees = async (peer: Peer) =>
      (await peer.ask(metadata, 12, { topics: [{ name: 'orders' }] })).topics[0]!.errorCode
    assert.deepEqual([await sees(here), await sees(there)], [0, 0])
    await create(guest, { ...ADA, operation: 8, permissionType: 2 })
    assert.deepEqual([await sees(here), await sees(there), await sees(guest)], [TOPIC_REFUSED, 0, 0])
    await guest.ask(deleteAcls, 3, { filters: [ANY] })
    assert.equal(await sees(here), 0)
    await create(guest, { ...ADA, host: '10.0.0.1' })
    assert.equal(await sees(here), TOPIC_REFUSED)
    await create(guest, { ...ADA, host: '127.0.0.1' })
    assert.equal(await sees(here), 0)
  })
})
