import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { SCRAM_MECHANISMS, type ScramMechanism, scramOf } from '../../src/broker/access/scram.ts'
import { apiVersions } from '../../src/wire/kafka/messages/api-versions.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { scramFinal } from '../access/scram-client.ts'
import { type Peer, World } from './world.ts'

const ALL = { configure: '.*', write: '.*', read: '.*' }

/** alice may be in `/`, bob in `staging`, carol nowhere. */
async function world(): Promise<World> {
  const made = await World.open()
  const { access } = made.broker
  made.broker.declareVhost('staging')
  for (const name of ['alice', 'bob', 'carol']) {
    access.putUser({ name, tags: [], ...hashPassword('secret'), scram: scramOf('secret') })
  }
  access.setPermissions({ user: 'alice', vhost: '/', ...ALL })
  access.setPermissions({ user: 'bob', vhost: 'staging', ...ALL })
  await made.settle()
  return made
}

const REMOTE = { address: '::ffff:192.0.2.7', loopback: false }
const withSasl = (made: World, address = {}) => made.connect({ sasl: true }, address)

/** Sends a token. @returns what came of it, also if it came late. */
async function token(made: World, peer: Peer, octets: string, version = 2) {
  peer.send(saslAuthenticate, version, { authBytes: Buffer.from(octets) })
  await made.settle()
  if (peer.answers.length === 0) await made.pass(200)
  const { errorCode, errorMessage, authBytes } = peer.answer(saslAuthenticate)!.response
  return { errorCode, errorMessage, text: Buffer.from(authBytes).toString() }
}

async function handshake(peer: Peer, mechanism: string, version = 1): Promise<void> {
  assert.equal((await peer.ask(saslHandshake, version, { mechanism })).errorCode, 0)
}

async function plain(made: World, peer: Peer, name: string, password = 'secret') {
  await handshake(peer, 'PLAIN')
  return token(made, peer, `\0${name}\0${password}`)
}

async function scram(made: World, peer: Peer, mechanism: ScramMechanism, name: string, password = 'secret') {
  await handshake(peer, mechanism)
  const first = `n=${name},r=nonce`
  const challenge = await token(made, peer, `n,,${first}`)
  assert.equal(challenge.errorCode, 0)
  return token(made, peer, scramFinal(mechanism, password, first, challenge.text))
}

const isServed = async (peer: Peer) => (await peer.ask(metadata, 9, { topics: [] })).brokers.length === 1

describe('PLAIN', () => {
  it('lets in who knows the password', async () => {
    const made = await world()
    const peer = withSasl(made, REMOTE)
    await peer.ask(apiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    assert.deepEqual(await plain(made, peer, 'alice'), { errorCode: 0, errorMessage: null, text: '' })
    assert.equal(await isServed(peer), true)
    const { user, vhost, host } = peer.session.asker!
    assert.deepEqual({ user, vhost, host }, { user: 'alice', vhost: '/', host: '192.0.2.7' })
    assert.equal(made.broker.connections.ofUser('alice').size, 1)
  })

  it('lets a user of another vhost in there', async () => {
    const made = await world()
    const peer = withSasl(made)
    assert.equal((await plain(made, peer, 'staging:bob')).errorCode, 0)
    assert.equal(peer.session.vhost!.name, 'staging')
  })

  const refused: [who: string, token: string, text: string][] = [
    ['a wrong password', '\0alice\0wrong', 'Authentication failed: Invalid username or password'],
    ['nobody', '\0nobody\0secret', 'Authentication failed: Invalid username or password'],
    ['an empty name', '\0\0secret', 'Authentication failed: username not specified'],
    ['an empty password', '\0alice\0', 'Authentication failed: password not specified'],
    ['two parts', 'alice\0secret', 'Invalid SASL/PLAIN response: expected 3 tokens, got 2'],
    [
      'a second identity',
      'bob\0alice\0secret',
      'Authentication failed: Client requested an authorization id that is different from username',
    ],
    ['a vhost that is not there', '\0void:alice\0secret', "Authentication failed: vhost 'void' not found"],
    [
      'a user without permissions',
      '\0carol\0secret',
      "Authentication failed: access to vhost '/' refused for user 'carol'",
    ],
    [
      'a user of another vhost',
      '\0staging:alice\0secret',
      "Authentication failed: access to vhost 'staging' refused for user 'alice'",
    ],
    ['guest from another address', '\0guest\0guest', 'Authentication failed: Invalid username or password'],
  ]
  for (const [who, octets, text] of refused) {
    it(`refuses ${who}, late, and ends the connection`, async () => {
      const made = await world()
      const peer = withSasl(made, REMOTE)
      await handshake(peer, 'PLAIN')
      peer.send(saslAuthenticate, 2, { authBytes: Buffer.from(octets) })
      await made.settle()
      assert.equal(peer.answers.length, 0)
      await made.pass(100)
      const { errorCode, errorMessage } = peer.answer(saslAuthenticate)!.response
      assert.deepEqual({ errorCode, errorMessage }, { errorCode: 58, errorMessage: text })
      assert.equal(peer.ended, true)
      assert.equal(peer.session.asker, null)
      assert.equal(made.kafka.sessions.size, 0)
    })
  }

  it('holds users and vhosts to their limits', async () => {
    const made = await world()
    made.broker.access.setUserLimits('alice', { 'max-connections': 1 })
    assert.equal((await plain(made, withSasl(made), 'alice')).errorCode, 0)
    const { errorCode, errorMessage } = await plain(made, withSasl(made), 'alice')
    assert.equal(errorCode, 58)
    assert.match(errorMessage!, /user connection limit \(1\) is reached/)
  })
})

describe('SCRAM', () => {
  for (const mechanism of SCRAM_MECHANISMS) {
    it(`${mechanism} lets in who knows the password, and proves itself to them`, async () => {
      const made = await world()
      const peer = withSasl(made, REMOTE)
      assert.match((await scram(made, peer, mechanism, 'staging:bob')).text, /^v=/)
      assert.equal(await isServed(peer), true)
      assert.deepEqual([peer.session.asker!.user, peer.session.vhost!.name], ['bob', 'staging'])
    })

    it(`${mechanism} refuses who does not`, async () => {
      const made = await world()
      for (const [name, password] of [
        ['alice', 'wrong'],
        ['nobody', 'secret'],
      ]) {
        const peer = withSasl(made)
        const { errorCode, errorMessage } = await scram(made, peer, mechanism, name, password)
        assert.deepEqual([errorCode, peer.ended], [58, true])
        assert.equal(
          errorMessage,
          `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`,
        )
      }
    })
  }

  it('holds guest to loopback', async () => {
    const made = await world()
    made.broker.access.setScram('guest', scramOf('guest'))
    assert.equal((await scram(made, withSasl(made), 'SCRAM-SHA-256', 'guest', 'guest')).errorCode, 0)
    const { errorMessage } = await scram(made, withSasl(made, REMOTE), 'SCRAM-SHA-256', 'guest', 'guest')
    assert.equal(errorMessage, "Authentication failed: user 'guest' can only connect via localhost")
  })

  it('does not let an old password in', async () => {
    const made = await world()
    const { access } = made.broker
    access.setUserLimits('alice', { 'max-channels': 5 })
    assert.equal((await scram(made, withSasl(made), 'SCRAM-SHA-256', 'alice')).errorCode, 0)
    access.putUser({ name: 'alice', tags: [], ...hashPassword('new') })
    assert.equal((await scram(made, withSasl(made), 'SCRAM-SHA-256', 'alice')).errorCode, 58)
  })

  it('is remembered over a restart', async () => {
    const made = await world()
    const again = await World.open({ disk: made.disk })
    assert.equal((await scram(again, withSasl(again), 'SCRAM-SHA-512', 'alice')).errorCode, 0)
  })
})

describe('the order of a login', () => {
  it('names the mechanisms to who asks for another, and ends the connection', async () => {
    const made = await world()
    const peer = withSasl(made)
    const { errorCode, mechanisms } = await peer.ask(saslHandshake, 1, { mechanism: 'GSSAPI' })
    assert.deepEqual(
      { errorCode, mechanisms },
      { errorCode: 33, mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] },
    )
    assert.equal(peer.ended, true)
  })

  it('serves nothing else before', async () => {
    const made = await world()
    for (const early of [metadata, saslAuthenticate]) {
      const peer = withSasl(made)
      peer.send(early, 1, {})
      await made.settle()
      assert.deepEqual([peer.ended, peer.answers.length], [true, 0])
      assert.equal(made.closingReasons().at(-1), `unexpected request ${early.name} during the SASL handshake`)
    }
    const peer = withSasl(made)
    await handshake(peer, 'PLAIN')
    peer.send(metadata, 1, {})
    await made.settle()
    assert.deepEqual([peer.ended, peer.answers.length], [true, 0])
  })

  it('takes no large request before', async () => {
    const made = await world()
    const peer = withSasl(made)
    peer.write(Buffer.from('00100000', 'hex'))
    await made.settle()
    assert.match(made.closingReasons()[0], /^invalid receive \(size = 1048576, at most 524288\)$/)
  })

  it('answers with an illegal state what comes out of order', async () => {
    const made = await world()
    const open = made.connect()
    assert.equal((await open.ask(saslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, 34)
    assert.equal((await open.ask(saslAuthenticate, 2, {})).errorCode, 34)
    const peer = withSasl(made)
    await plain(made, peer, 'alice')
    assert.equal((await peer.ask(saslAuthenticate, 2, {})).errorCode, 34)
    assert.equal(await isServed(peer), true)
  })

  it('can be gone through again by the same user, and by no other', async () => {
    const made = await world()
    const peer = withSasl(made)
    await scram(made, peer, 'SCRAM-SHA-256', 'alice')
    assert.equal((await scram(made, peer, 'SCRAM-SHA-256', 'alice')).errorCode, 0)
    assert.equal(await isServed(peer), true)
    assert.equal(made.broker.connections.ofUser('alice').size, 1)
    made.broker.access.setPermissions({ user: 'bob', vhost: '/', ...ALL })
    made.broker.access.setPermissions({ user: 'alice', vhost: 'staging', ...ALL })
    for (const [mechanism, name] of [
      ['SCRAM-SHA-256', 'bob'],
      ['SCRAM-SHA-256', 'staging:alice'],
      ['SCRAM-SHA-512', 'alice'],
    ] as const) {
      const other = withSasl(made)
      await scram(made, other, 'SCRAM-SHA-256', 'alice')
      const { errorCode, errorMessage } = await scram(made, other, mechanism, name)
      assert.deepEqual([errorCode, errorMessage], [58, 'Cannot change principals during re-authentication'])
      assert.equal(other.ended, true)
    }
  })

  it('takes bare tokens after version 0 of the handshake', async () => {
    const made = await world()
    const peer = withSasl(made)
    await handshake(peer, 'PLAIN', 0)
    peer.write(Buffer.from('\0\0\0\x0d\0alice\0secret', 'latin1'))
    await made.settle()
    assert.deepEqual(peer.answers.splice(0), [Buffer.alloc(0)])
    assert.equal(await isServed(peer), true)
    const other = withSasl(made)
    await handshake(other, 'PLAIN', 0)
    other.write(Buffer.from('\0\0\0\x0c\0alice\0wrong', 'latin1'))
    await made.settle()
    await made.pass(100)
    assert.deepEqual([other.ended, other.answers.length], [true, 0])
  })

  it('looks at no token behind a refused one', async () => {
    const made = await world()
    const peer = withSasl(made)
    await handshake(peer, 'PLAIN', 0)
    peer.write(Buffer.from('\0\0\0\x0c\0alice\0wrong\0\0\0\x0d\0alice\0secret', 'latin1'))
    await made.settle()
    assert.deepEqual([peer.answers.length, peer.session.asker], [0, null])
    await made.pass(100)
    assert.equal(peer.ended, true)
  })
})

describe('without a login', () => {
  it('a client of this machine is guest, one from elsewhere nobody', async () => {
    const made = await world()
    const local = made.connect()
    assert.equal(local.session.asker!.user, 'guest')
    const remote = made.connect({}, REMOTE)
    remote.send(metadata, 9, { topics: [] })
    await made.settle()
    assert.deepEqual([remote.ended, remote.answers.length], [true, 0])
    assert.deepEqual(made.closingReasons(), [
      'without a login, only clients of this machine are served (see kafka.anonymous)',
    ])
  })

  it('a setting names who clients are, wherever they come from', async () => {
    const made = await World.open({ settings: { anonymous: 'guest' } })
    assert.equal(await isServed(made.connect({}, REMOTE)), true)
    const other = await World.open({ settings: { anonymous: 'ghost' } })
    const peer = other.connect()
    await other.settle()
    assert.deepEqual([peer.ended, other.closingReasons()], [true, ["no user 'ghost'"]])
  })

  it('a certificate names the user, who is held to loopback if they are', async () => {
    const made = await world()
    const tls = { protocol: 'TLSv1.3', cipher: 'x' }
    const named = made.connect({}, { ...REMOTE, tls: { ...tls, commonName: 'staging:bob' } })
    assert.deepEqual([named.session.asker!.user, named.session.vhost!.name], ['bob', 'staging'])
    const nameless = made.connect({}, { ...REMOTE, tls: { ...tls, commonName: null } })
    const guest = made.connect({}, { ...REMOTE, tls: { ...tls, commonName: 'guest' } })
    await made.settle()
    assert.deepEqual([nameless.ended, guest.ended], [true, true])
  })
})
