import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { scramOf } from '../../src/broker/access/scram.ts'
import { alterUserScramCredentials } from '../../src/wire/kafka/messages/alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '../../src/wire/kafka/messages/describe-user-scram-credentials.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { scramFinal } from '../access/scram-client.ts'
import { type Peer, World } from './world.ts'

const SALT = Buffer.from('salt of the test')
const ALL = { configure: '.*', write: '.*', read: '.*' }

/** SHA-256 is 1, SHA-512 is 2. */
function upsertion(name: string, password: string, mechanism = 1, iterations = 4096) {
  const digest = mechanism === 1 ? 'sha256' : 'sha512'
  const saltedPassword = pbkdf2Sync(password, SALT, iterations, mechanism === 1 ? 32 : 64, digest)
  return { name, mechanism, iterations, salt: SALT, saltedPassword }
}

async function logsIn(world: World, name: string, password: string): Promise<boolean> {
  const peer = world.connect({ sasl: true })
  await peer.ask(saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
  const first = `n=${name},r=nonce`
  const { authBytes } = await peer.ask(saslAuthenticate, 2, { authBytes: Buffer.from(`n,,${first}`) })
  const final = scramFinal('SCRAM-SHA-256', password, first, Buffer.from(authBytes).toString())
  peer.send(saslAuthenticate, 2, { authBytes: Buffer.from(final) })
  await world.settle()
  await world.pass(200)
  return peer.answer(saslAuthenticate)!.response.errorCode === 0
}

/** A user with its error code. */
async function alter(
  peer: Peer,
  upsertions: ReturnType<typeof upsertion>[],
  deletions: { name: string; mechanism: number }[] = [],
) {
  const { results } = await peer.ask(alterUserScramCredentials, 0, { upsertions, deletions })
  return results.map(({ user, errorCode }) => [user, errorCode])
}

async function described(peer: Peer, users: string[] | null) {
  const request = { users: users?.map((name) => ({ name })) ?? null }
  const { errorCode, results } = await peer.ask(describeUserScramCredentials, 0, request)
  assert.equal(errorCode, 0)
  return results.map((one) => [one.user, one.errorCode, one.credentialInfos.map((info) => Object.values(info))])
}

describe('SCRAM credentials', () => {
  it('let their user in as soon as they are there, also after a restart, and no more once they are gone', async () => {
    const world = await World.open()
    const peer = world.connect()
    assert.deepEqual(await alter(peer, [upsertion('alice', 'one'), upsertion('alice', 'one', 2, 8192)]), [['alice', 0]])
    world.broker.access.setPermissions({ user: 'alice', vhost: '/', ...ALL })
    assert.equal(await logsIn(world, 'alice', 'one'), true)
    assert.deepEqual(await alter(peer, [upsertion('alice', 'two')]), [['alice', 0]])
    assert.deepEqual([await logsIn(world, 'alice', 'one'), await logsIn(world, 'alice', 'two')], [false, true])

    const again = await World.open({ disk: world.disk })
    const later = again.connect()
    assert.equal(await logsIn(again, 'alice', 'two'), true)
    assert.deepEqual(await described(later, null), [
      [
        'alice',
        0,
        [
          [1, 4096],
          [2, 8192],
        ],
      ],
    ])
    assert.deepEqual(await alter(later, [], [{ name: 'alice', mechanism: 1 }]), [['alice', 0]])
    assert.equal(await logsIn(again, 'alice', 'two'), false)
    assert.deepEqual(await described(later, ['alice']), [['alice', 0, [[2, 8192]]]])
  })

  it('of a user that has a password leave it as it is', async () => {
    const world = await World.open()
    const { access } = world.broker
    access.putUser({ name: 'bob', tags: ['monitoring'], ...hashPassword('pw'), scram: scramOf('pw') })
    await alter(world.connect(), [upsertion('bob', 'other')])
    assert.ok(access.authenticate('bob', 'pw', true))
    assert.deepEqual(access.user('bob')!.tags, ['monitoring'])
  })

  it('are described for those who have some', async () => {
    const world = await World.open()
    const peer = world.connect()
    assert.deepEqual(await described(peer, null), [])
    await alter(peer, [upsertion('alice', 'x')])
    assert.deepEqual(await described(peer, ['guest', 'nobody', 'alice']), [
      ['guest', 91, []],
      ['nobody', 91, []],
      ['alice', 0, [[1, 4096]]],
    ])
    assert.deepEqual(await described(peer, ['alice', 'alice']), [['alice', 92, []]])
  })

  it('that are none are refused, each user for himself', async () => {
    const world = await World.open()
    const peer = world.connect()
    const good = upsertion('good', 'x')
    const rows: [
      what: string,
      upsertions: (typeof good)[],
      deletions: { name: string; mechanism: number }[],
      code: number,
    ][] = [
      ['too few iterations', [{ ...upsertion('u', 'x'), iterations: 4095 }], [], 93],
      ['too many iterations', [{ ...upsertion('u', 'x'), iterations: 16385 }], [], 93],
      ['an unknown mechanism', [{ ...upsertion('u', 'x'), mechanism: 3 }], [], 33],
      ['no name', [upsertion('', 'x')], [], 93],
      ['twice the same', [upsertion('u', 'x'), upsertion('u', 'y')], [], 92],
      ['both at once', [upsertion('u', 'x')], [{ name: 'u', mechanism: 1 }], 92],
      ['none to delete', [], [{ name: 'u', mechanism: 2 }], 91],
    ]
    for (const [what, upsertions, deletions, code] of rows) {
      const results = new Map((await alter(peer, [...upsertions, good], deletions)) as [string, number][])
      assert.equal(results.get(what === 'no name' ? '' : 'u'), code, what)
      assert.equal(results.get('good'), 0, what)
      assert.equal(world.broker.access.user('u'), undefined, what)
    }
  })

  it('belong to administrators', async () => {
    const world = await World.open()
    const { access } = world.broker
    access.putUser({ name: 'guest', tags: [], ...hashPassword('guest') })
    const peer = world.connect()
    assert.deepEqual(await alter(peer, [upsertion('guest', 'x')]), [['guest', 31]])
    assert.equal((await peer.ask(describeUserScramCredentials, 0, { users: null })).errorCode, 31)
    assert.equal(access.user('guest')!.scram, undefined)
  })
})
