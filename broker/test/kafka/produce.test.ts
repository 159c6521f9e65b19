/** When Produce is answered, and what readers see until then. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { batchOf } from './batches.ts'
import { type Peer, World, type WorldOptions } from './world.ts'

const NOT_ENOUGH_REPLICAS = 19

async function open(
  configs: Record<string, string>,
  options: WorldOptions = {},
): Promise<{ world: World; peer: Peer }> {
  const world = await World.open(options)
  const peer = world.connect()
  const asked = Object.entries(configs).map(([name, value]) => ({ name, value }))
  const topic = { name: 't', numPartitions: 1, replicationFactor: 1, configs: asked }
  const { topics } = await peer.ask(createTopics, 5, { topics: [topic] })
  assert.equal(topics[0].errorCode, 0, topics[0].errorMessage ?? '')
  return { world, peer }
}

const recordsOf = (acks: number) => ({
  acks,
  topicData: [{ name: 't', partitionData: [{ index: 0, records: batchOf(['a']) }] }],
})

/** What arrives before the turn ends, and with it the round that makes records durable. */
function answersAtOnce(peer: Peer, acks: number): number {
  peer.send(produce, 9, recordsOf(acks))
  peer.pump()
  peer.runTurn()
  return peer.answers.length
}

describe('Produce', () => {
  for (const durability of ['synced', 'written']) {
    it(`with acks=all waits until ${durability} records are so`, async () => {
      const { world, peer } = await open({ durability })
      assert.equal(answersAtOnce(peer, -1), 0)
      await world.settle()
      assert.equal(peer.answer(produce)!.response.responses[0].partitionResponses[0].errorCode, 0)
    })
  }

  it('with acks=1 does not wait for the disk, but for the system where a topic is written', async () => {
    assert.equal(answersAtOnce((await open({ durability: 'synced' })).peer, 1), 1)
    assert.equal(answersAtOnce((await open({ durability: 'written' })).peer, 1), 0)
  })

  it('shows nobody a record before it is durable', async () => {
    const { world, peer } = await open({ durability: 'synced' })
    const reader = world.connect()
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
    const asked = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, topics: [{ topic: 't', partitions }] }
    const highWatermark = () => reader.answer(fetch)!.response.responses[0].partitions[0].highWatermark
    assert.equal(answersAtOnce(peer, 1), 1)
    reader.send(fetch, 12, asked)
    reader.pump()
    reader.runTurn()
    assert.equal(highWatermark(), 0)
    await world.settle()
    reader.send(fetch, 12, asked)
    await world.settle()
    assert.equal(highWatermark(), 1)
  })

  it('with acks=all wants as many replicas as the topic does, unless a setting takes any number', async () => {
    const errorOf = async (options: WorldOptions, acks: number) => {
      const { peer } = await open({ 'min.insync.replicas': '2' }, options)
      return (await peer.ask(produce, 9, recordsOf(acks))).responses[0].partitionResponses[0].errorCode
    }
    assert.equal(await errorOf({}, -1), NOT_ENOUGH_REPLICAS)
    assert.equal(await errorOf({}, 1), 0)
    assert.equal(await errorOf({ streams: { acceptAnyReplicationFactor: true } }, -1), 0)
  })
})
