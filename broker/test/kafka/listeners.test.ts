// Listeners on real sockets: what they tell clients of where the broker is, whom they let in, and TLS.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createLogger } from '../../src/base/logger.ts'
import { fromOptions, settle } from '../../src/config/layer.ts'
import { type Broker, type KafkaOption, startBroker } from '../../src/index.ts'
import { startServer } from '../../src/server.ts'
import { apiVersions } from '../../src/wire/kafka/messages/api-versions.ts'
import { describeCluster } from '../../src/wire/kafka/messages/describe-cluster.ts'
import { findCoordinator } from '../../src/wire/kafka/messages/find-coordinator.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { saslAuthenticate } from '../../src/wire/kafka/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/kafka/messages/sasl-handshake.ts'
import { Client, hostOf, portOf } from './client.ts'

const pem = (folder: string, name: string) => join(import.meta.dirname, folder, `${name}.pem`)
const SERVER = { tlsCert: pem('../cli/certificate', 'certificate'), tlsKey: pem('../cli/certificate', 'key') }
const AUTHORITY = pem('certificate', 'authority')
const identity = (name: string) => ({
  cert: readFileSync(pem('certificate', name)),
  key: readFileSync(pem('certificate', `${name}-key`)),
  ca: readFileSync(SERVER.tlsCert),
})

const ALL = { configure: '.*', write: '.*', read: '.*' }
const ALICE = { alice: { password: 'secret', permissions: { '/': ALL } } }

/** A broker in memory, and the addresses of its Kafka listeners by name. */
async function start(test: TestContext, options: object): Promise<Readonly<Record<string, string>>> {
  const settings = settle([fromOptions({ dataDir: null, amqpPort: null, amqpsPort: null, kafkaPort: 0, ...options })])
  const server = await startServer({ ...settings, logger: createLogger('fatal'), version: 'test' })
  test.after(() => server.stop())
  return server.addresses.kafkaListeners
}

/** Forwards every connection to `target`, as a container's or a cloud's port mapping does. */
async function proxy(test: TestContext, target: () => number): Promise<number> {
  const server = createServer((inside) => {
    const outside = connect(target(), '127.0.0.1')
    inside.pipe(outside).pipe(inside)
    for (const socket of [inside, outside]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        inside.destroy()
        outside.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** All the places in which the broker says where it is. */
async function toldPlaces(client: Client): Promise<string[]> {
  const { brokers } = (await client.ask(metadata, 9, { topics: [] }))!
  const cluster = (await client.ask(describeCluster, 0, {}))!
  const { coordinators } = (await client.ask(findCoordinator, 4, { coordinatorKeys: ['g'] }))!
  const { host, port } = (await client.ask(findCoordinator, 0, { key: 'g' }))!
  return [...brokers, ...cluster.brokers, ...coordinators, { host, port }].map((at) => `${at.host}:${at.port}`)
}

describe('what a listener advertises', () => {
  it('is the address that the client itself connected to', async (test) => {
    const { default: address } = await start(test, { host: '0.0.0.0' })
    const port = portOf(address)
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const client = await Client.connect(`${host}:${port}`)
      assert.deepEqual(await toldPlaces(client), Array(4).fill(`${host}:${port}`))
      client.close()
    }
  })

  it('is for a client behind a proxy the address that the proxy connected to', async (test) => {
    const { default: address } = await start(test, {})
    const outside = await proxy(test, () => portOf(address))
    const client = await Client.connect(`127.0.0.1:${outside}`)
    assert.deepEqual(await toldPlaces(client), Array(4).fill(address))
    client.close()
  })

  it('is what the setting says, and then a client gets back through the proxy', async (test) => {
    let inside = 0
    const outside = await proxy(test, () => inside)
    const listeners: KafkaOption['listeners'] = [{ name: 'named', port: 0, advertised: 'kafka.example:9999' }]
    const addresses = await start(test, { kafkaAdvertised: `127.0.0.1:${outside}`, kafka: { listeners } })
    inside = portOf(addresses.default)
    const client = await Client.connect(`127.0.0.1:${outside}`)
    const places = await toldPlaces(client)
    assert.deepEqual(places, Array(4).fill(`127.0.0.1:${outside}`))
    const again = await Client.connect(places[0])
    assert.equal((await again.ask(apiVersions, 0, {}))!.errorCode, 0)
    const named = await Client.connect(addresses.named)
    assert.deepEqual(await toldPlaces(named), Array(4).fill('kafka.example:9999'))
    for (const one of [client, again, named]) one.close()
  })
})

describe('a listener with sasl', () => {
  it('serves who has logged in, beside one without', async (test) => {
    const listeners: KafkaOption['listeners'] = [{ name: 'secured', port: 0, sasl: true }]
    const addresses = await start(test, { users: ALICE, kafka: { listeners } })
    const open = await Client.connect(addresses.default)
    assert.equal((await open.ask(metadata, 1, { topics: [] }))!.brokers.length, 1)
    const early = await Client.connect(addresses.secured)
    assert.equal(await early.ask(metadata, 1, { topics: [] }), null)
    const client = await Client.connect(addresses.secured)
    await client.ask(saslHandshake, 1, { mechanism: 'PLAIN' })
    const { errorCode } = (await client.ask(saslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') }))!
    assert.equal(errorCode, 0)
    assert.equal((await client.ask(metadata, 1, { topics: [] }))!.brokers.length, 1)
    for (const one of [open, early, client]) one.close()
  })

  it('may be the default one', async (test) => {
    const { default: address } = await start(test, { users: ALICE, kafkaSasl: true })
    const client = await Client.connect(address)
    assert.equal(await client.ask(metadata, 1, { topics: [] }), null)
  })
})

describe('a listener with tls', () => {
  const listener = (clientAuth: 'none' | 'requested' | 'required'): object => ({
    ...SERVER,
    tlsCa: AUTHORITY,
    kafkaPort: null,
    users: ALICE,
    kafka: { listeners: [{ name: 'tls', port: 0, tls: true, client_auth: clientAuth }] },
  })
  const ca = readFileSync(SERVER.tlsCert)
  const isServed = async (client: Client) => (await client.ask(metadata, 1, { topics: [] }))?.brokers.length === 1
  /** With TLS 1.3 a client learns only afterwards that its certificate was refused. */
  const attempt = async (address: string, options: object) => {
    try {
      const client = await Client.connectTls(address, options)
      const served = await isServed(client)
      client.close()
      return served
    } catch {
      return false
    }
  }

  it('encrypts', async (test) => {
    const { tls } = await start(test, listener('none'))
    assert.equal(await attempt(tls, { ca }), true)
    assert.equal(await attempt(tls, {}), false)
    const plain = await Client.connect(tls)
    assert.equal(await plain.ask(metadata, 1, { topics: [] }), null)
  })

  it('and required certificates takes those of its authority only, and knows by them who it is', async (test) => {
    const { tls } = await start(test, { ...listener('required'), loopbackUsers: ['alice'] })
    assert.equal(await attempt(tls, identity('alice')), true)
    assert.equal(await attempt(tls, { ca }), false)
    assert.equal(await attempt(tls, identity('impostor')), false)
  })

  it('and requested certificates takes clients without one, but no false ones', async (test) => {
    const { tls } = await start(test, listener('requested'))
    assert.equal(await attempt(tls, identity('alice')), true)
    assert.equal(await attempt(tls, { ca }), true)
    assert.equal(await attempt(tls, identity('impostor')), false)
  })

  it('and a certificate of nobody who may be here lets nobody in', async (test) => {
    const { tls } = await start(test, { ...listener('required'), users: {} })
    assert.equal(await attempt(tls, identity('alice')), false)
  })
})

describe('startBroker', () => {
  it('tells where Kafka clients begin, and leaves nothing open', async () => {
    const broker: Broker = await startBroker({ memory: true, amqpPort: null })
    const client = await Client.connect(broker.kafkaBootstrap!)
    assert.equal(hostOf(broker.kafkaBootstrap!), '127.0.0.1')
    assert.equal((await client.ask(apiVersions, 0, {}))!.errorCode, 0)
    const gone = once(client.socket, 'close')
    await broker.stop()
    await gone
    const off = await startBroker({ memory: true, kafkaPort: null })
    assert.equal(off.kafkaBootstrap, null)
    await off.stop()
  })
})
