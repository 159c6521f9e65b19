import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StreamRefusal } from '../../src/broker/stream-refusal.ts'
import { apiVersionsHandler } from '../../src/kafka/api-versions.ts'
import { type Call, handler } from '../../src/kafka/handler.ts'
import { apiVersions } from '../../src/wire/kafka/messages/api-versions.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { heartbeat } from '../../src/wire/kafka/messages/heartbeat.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import type { ResponseOf } from '../../src/wire/kafka/schema.ts'
import { encodeRequest } from './requests.ts'
import { type Peer, World } from './world.ts'

type Begun = { readonly name: string; readonly call: Call<never> }

/** APIs that note that a request began, and are answered by the test. */
async function manual(settings = {}): Promise<{ world: World; peer: Peer; begun: Begun[] }> {
  const begun: Begun[] = []
  const note = (name: string) => (_: unknown, call: unknown) => void begun.push({ name, call: call as Call<never> })
  const handlers = [
    apiVersionsHandler,
    handler(produce, note('Produce')),
    handler(fetch, note('Fetch')),
    handler(heartbeat, note('Heartbeat')),
  ]
  const world = await World.open({ handlers, settings })
  return { world, peer: world.connect(), begun }
}

const names = (begun: Begun[]) => begun.map(({ name }) => name)
const record = (bytes = 10) => ({
  acks: -1,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: Buffer.alloc(bytes) }] }],
})
const answerOf = (offset: number): ResponseOf<typeof produce> => ({
  responses: [{ name: 't', partitionResponses: [{ index: 0, baseOffset: offset }] }],
})
const respond = (begun: Begun, response: object = {}) => (begun.call as unknown as Call<object>).respond(response)

describe('a request', () => {
  it('is understood however it is cut', async () => {
    const { world, peer } = await manual()
    const octets = Buffer.concat([
      encodeRequest(apiVersions, 0, 1, {}),
      encodeRequest(apiVersions, 3, 2, { clientSoftwareName: 'test', clientSoftwareVersion: '1' }, null),
      encodeRequest(apiVersions, 2, 3, {}),
    ])
    for (let at = 0; at < octets.length; at++) {
      const other = world.connect()
      other.deliver(octets.subarray(0, at))
      other.deliver(octets.subarray(at))
      await world.settle()
      assert.deepEqual(
        other.answers.map((answer) => answer.readInt32BE(0)),
        [1, 2, 3],
        `cut at ${at}`,
      )
    }
    for (const octet of octets) peer.deliver(Uint8Array.of(octet))
    await world.settle()
    assert.deepEqual(
      peer.answers.map((answer) => answer.readInt32BE(0)),
      [1, 2, 3],
    )
  })

  it('has its records in memory of its own, and those of a big one where they arrived', async () => {
    const { peer, begun } = await manual()
    const seen: Uint8Array[] = []
    const { handlers } = peer.session.context
    const produceHandler = handlers.get(0)!
    const taken = handler(produce, (request, call) => {
      seen.push(request.topicData[0].partitionData[0].records!)
      produceHandler.handle(request as never, call as never)
    })
    ;(handlers as Map<number, unknown>).set(0, taken)
    const small = encodeRequest(produce, 9, 1, record(100))
    const chunk = new Uint8Array(Buffer.concat([small, small, small, small]))
    peer.deliver(chunk)
    assert.deepEqual(
      seen.map((one) => one.buffer === chunk.buffer),
      [false, false, false, false],
    )
    const big = new Uint8Array(encodeRequest(produce, 9, 2, record(60_000)))
    peer.deliver(big)
    assert.equal(seen[4].buffer, big.buffer)
    assert.equal(begun.length, 5)
  })

  const refused: [what: string, octets: Buffer, reason: RegExp][] = [
    ['a negative size', Buffer.from('ffffffff', 'hex'), /^invalid receive \(size = -1, at most 104857600\)$/],
    ['too large a size', Buffer.from('06400001', 'hex'), /^invalid receive \(size = 104857601/],
    ['AMQP', Buffer.from('AMQP\0\0\x09\x01'), /^invalid receive \(size = 1095586128/],
    ['an empty request', Buffer.from('00000000', 'hex'), /^malformed request: 2 bytes announced, 0 left/],
    ['an unknown API', Buffer.from('0000000a03e700000000000100000000', 'hex'), /^API key 999 is not supported$/],
    [
      'a version of tomorrow',
      encodeRequest(fetch, 18, 1, {}).fill(99, 7, 8),
      /^Fetch version 99 is not supported, 4 to 18 are$/,
    ],
    ['a version of yesterday', encodeRequest(produce, 3, 1, {}).fill(2, 7, 8), /^Produce version 2 is not supported/],
    ['half a body', encodeRequest(produce, 3, 1, record()).subarray(0, 40).fill(36, 3, 4), /^malformed request: /],
  ]
  for (const [what, octets, reason] of refused) {
    it(`closes the connection with a reason for ${what}`, async () => {
      const { world, peer, begun } = await manual()
      peer.write(octets)
      await world.settle()
      assert.equal(peer.ended, true)
      assert.match(world.closingReasons()[0], reason)
      assert.deepEqual([world.closingReasons().length, begun.length, world.bugs().length], [1, 0, 0])
      assert.equal(world.kafka.sessions.size, 0)
    })
  }

  it('is answered before the connection ends because of the next', async () => {
    const { world, peer } = await manual()
    peer.send(apiVersions, 0, {})
    peer.write(Buffer.from('ffffffff', 'hex'))
    await world.settle()
    assert.equal(peer.answers.length, 1)
    assert.equal(peer.ended, true)
  })
})

describe('requests of one connection', () => {
  it('begin when the one before is answered: a long poll holds up what is behind it', async () => {
    const { world, peer, begun } = await manual()
    peer.send(fetch, 11, {})
    peer.send(heartbeat, 3, { groupId: 'g', memberId: 'm' })
    peer.send(apiVersions, 0, {})
    await world.settle()
    assert.deepEqual(names(begun), ['Fetch'])
    respond(begun[0])
    await world.settle()
    assert.deepEqual(names(begun), ['Fetch', 'Heartbeat'])
    assert.equal(peer.answers.length, 1)
    respond(begun[1])
    await world.settle()
    assert.deepEqual(
      peer.answers.map((answer) => answer.readInt32BE(0)),
      [1, 2, 3],
    )
  })

  it('append the records of one Produce while the last waits for the disk, and are answered in order', async () => {
    const { world, peer, begun } = await manual()
    for (let i = 0; i < 5; i++) peer.send(produce, 9, record())
    peer.send(heartbeat, 3, { groupId: 'g', memberId: 'm' })
    peer.send(produce, 9, record())
    await world.settle()
    assert.deepEqual(names(begun), ['Produce', 'Produce', 'Produce', 'Produce', 'Produce'])
    for (const i of [3, 1, 0]) respond(begun[i], answerOf(i))
    await world.settle()
    const offset = () => peer.answer(produce)?.response.responses[0].partitionResponses[0].baseOffset
    assert.deepEqual([offset(), offset(), offset()], [0, 1, undefined])
    for (const i of [4, 2]) respond(begun[i], answerOf(i))
    await world.settle()
    assert.deepEqual([offset(), offset(), offset(), offset()], [2, 3, 4, undefined])
    assert.deepEqual(names(begun.slice(5)), ['Heartbeat'])
    respond(begun[5])
    await world.settle()
    assert.deepEqual(names(begun.slice(6)), ['Produce'])
  })

  it('that want no answer get none, and hold up nothing', async () => {
    const { world, peer, begun } = await manual()
    peer.send(produce, 9, { ...record(), acks: 0 })
    peer.send(apiVersions, 0, {})
    await world.settle()
    assert.equal(peer.answers.length, 0)
    begun[0].call.respondNothing()
    await world.settle()
    assert.deepEqual(
      peer.answers.map((answer) => answer.readInt32BE(0)),
      [2],
    )
  })

  it('are not read on while many wait', async () => {
    const { world, peer, begun } = await manual()
    peer.send(fetch, 11, {})
    for (let i = 0; i < 300; i++) peer.send(apiVersions, 0, {})
    await world.settle()
    assert.equal(peer.paused, true)
    respond(begun[0])
    await world.settle()
    assert.equal(peer.paused, false)
    assert.equal(peer.answers.length, 301)
  })

  it('do not begin while the peer does not read its answers', async () => {
    const { world, peer, begun } = await manual()
    peer.stopReading()
    for (let i = 0; i < 3; i++) peer.send(fetch, 11, {})
    await world.settle()
    const records = Buffer.alloc(2 << 20)
    respond(begun[0], { responses: [{ topic: 't', partitions: [{ records }] }] })
    await world.settle()
    assert.equal(begun.length, 1)
    peer.readAgain()
    await world.settle()
    assert.equal(begun.length, 2)
    assert.equal(peer.answers[0].length > records.length, true)
  })
})

describe('a handler', () => {
  const throwing = async (error: unknown) => {
    const thrower = () => {
      throw error
    }
    const world = await World.open({ handlers: [handler(heartbeat, thrower), handler(produce, thrower)] })
    return { world, peer: world.connect() }
  }

  it('that refuses is answered with the code', async () => {
    const { world, peer } = await throwing(new StreamRefusal('unknown-member-id', 'who?'))
    assert.equal((await peer.ask(heartbeat, 4, {})).errorCode, 25)
    assert.equal(world.bugs().length, 0)
  })

  it('that fails is logged and answered with -1', async () => {
    const { world, peer } = await throwing(new Error('oops'))
    assert.equal((await peer.ask(heartbeat, 4, {})).errorCode, -1)
    assert.match(world.bugs()[0], /oops/)
  })

  it('that fails where no error can be told ends the connection', async () => {
    const { world, peer } = await throwing(new Error('oops'))
    peer.send(produce, 9, record())
    await world.settle()
    assert.equal(peer.ended, true)
    assert.deepEqual(world.closingReasons(), ['Produce failed: oops'])
  })

  it('learns that the connection is gone', async () => {
    const { world, peer, begun } = await manual()
    peer.send(fetch, 11, {})
    await world.settle()
    let told = 0
    begun[0].call.onClosed(() => told++)
    peer.cut()
    assert.deepEqual([told, begun[0].call.closed], [1, true])
    begun[0].call.onClosed(() => told++)
    assert.equal(told, 2)
    respond(begun[0])
    await world.settle()
    assert.equal(peer.answers.length, 0)
  })
})

describe('a connection', () => {
  it('that is idle for too long is closed, unless an answer is due', async () => {
    const { world, peer, begun } = await manual({ connectionsMaxIdleMs: 1000 })
    const other = world.connect()
    peer.send(fetch, 11, {})
    await world.settle()
    await world.pass(600)
    other.send(apiVersions, 0, {})
    await world.settle()
    await world.pass(600)
    assert.deepEqual([peer.ended, other.ended], [false, false])
    await world.pass(600)
    assert.deepEqual([peer.ended, other.ended], [false, true])
    respond(begun[0])
    await world.settle()
    await world.pass(2000)
    assert.equal(peer.ended, true)
    assert.deepEqual(world.closingReasons(), ['idle for 1000 ms', 'idle for 1000 ms'])
  })

  it('ends when its user is deleted', async () => {
    const { world, peer } = await manual()
    assert.equal(world.broker.connections.ofUser('guest').size, 1)
    world.broker.access.deleteUser('guest')
    await world.settle()
    assert.equal(peer.ended, true)
    assert.equal(world.broker.connections.ofUser('guest').size, 0)
  })

  it('that produces is not read during an alarm, others are', async () => {
    const { world, peer, begun } = await manual()
    const reader = world.connect()
    peer.send(produce, 9, record())
    await world.settle()
    world.broker.alarms.change('memory', true)
    assert.deepEqual([peer.paused, reader.paused], [true, false])
    const late = world.connect()
    late.send(produce, 9, record())
    await world.settle()
    assert.equal(late.paused, true)
    world.broker.alarms.change('memory', false)
    assert.deepEqual([peer.paused, late.paused, begun.length], [false, false, 2])
  })
})
