/** Transactions as clients of both dialects speak them, and as operators look at them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { Attribute } from '../../src/record/batch.ts'
import { addOffsetsToTxn } from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { describeTransactions } from '../../src/wire/kafka/messages/describe-transactions.ts'
import { endTxn } from '../../src/wire/kafka/messages/end-txn.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import { initProducerId } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { listTransactions } from '../../src/wire/kafka/messages/list-transactions.ts'
import { offsetFetch } from '../../src/wire/kafka/messages/offset-fetch.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { txnOffsetCommit } from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../src/wire/kafka/messages/write-txn-markers.ts'
import { NODE_ID } from '../topic/harness.ts'
import { batchOf } from './batches.ts'
import { type Peer, World } from './world.ts'

const NONE = 0
const UNKNOWN_TOPIC_OR_PARTITION = 3
const OFFSET_METADATA_TOO_LARGE = 12
const COORDINATOR_LOAD_IN_PROGRESS = 14
const ILLEGAL_GENERATION = 22
const INVALID_REQUEST = 42
const INVALID_PRODUCER_EPOCH = 47
const INVALID_TXN_STATE = 48
const INVALID_PRODUCER_ID_MAPPING = 49
const INVALID_TRANSACTION_TIMEOUT = 50
const TRANSACTION_COORDINATOR_FENCED = 52
const OPERATION_NOT_ATTEMPTED = 55
const PRODUCER_FENCED = 90
const TRANSACTIONAL_ID_NOT_FOUND = 105
const TRANSACTION_ABORTABLE = 120
const INVALID_REGULAR_EXPRESSION = 128

const READ_COMMITTED = 1
const transactionalId = 't'

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

async function open(): Promise<{ world: World; peer: Peer }> {
  const world = await World.open()
  const { topics } = world.broker.vhost('/').streams
  for (const name of ['a', 'b']) topics.create(topics.check({ ...ofDefaults(name), partitions: 2 }, NODE_ID))
  await world.settle()
  return { world, peer: world.connect() }
}

function init(peer: Peer, version = 5, changes = {}) {
  return peer.ask(initProducerId, version, { transactionalId, transactionTimeoutMs: 60_000, ...changes })
}

async function send(peer: Peer, version: number, { producerId, producerEpoch }: Identity, value: string, sequence = 0) {
  const attributes = Attribute.transactional
  const records = batchOf([value], { attributes, producerId, producerEpoch, baseSequence: sequence })
  const topicData = [{ name: 'a', partitionData: [{ index: 0, records }] }]
  const { responses } = await peer.ask(produce, version, { transactionalId, acks: -1, timeoutMs: 1000, topicData })
  return responses[0].partitionResponses[0].errorCode
}

/** How many bytes a consumer that wants what is committed may read, and which producers' records it drops. */
async function committed(peer: Peer) {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
  const request = { minBytes: 0, maxWaitMs: 0, maxBytes: 1 << 20, isolationLevel: READ_COMMITTED }
  const { responses } = await peer.ask(fetch, 11, { ...request, topics: [{ topic: 'a', partitions }] })
  const { records, abortedTransactions, lastStableOffset } = responses[0].partitions[0]
  return { bytes: records?.length ?? 0, aborted: abortedTransactions ?? [], lastStableOffset }
}

function claimed({ producerId, producerEpoch }: Identity) {
  return { transactionalId, producerId, producerEpoch }
}

function old({ producerId, producerEpoch }: Identity, topics = [{ name: 'a', partitions: [0] }]) {
  return {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: topics,
  }
}

function offsets(identity: Identity, changes = {}) {
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: 'm' }]
  return { ...claimed(identity), groupId: 'g', topics: [{ name: 'b', partitions }], ...changes }
}

async function offsetOf(peer: Peer): Promise<number> {
  const request = { groups: [{ groupId: 'g', topics: [{ name: 'b', partitionIndexes: [0] }] }], requireStable: false }
  const { groups } = await peer.ask(offsetFetch, 8, request)
  return groups[0].topics[0].partitions[0].committedOffset
}

describe('a transaction that names what it writes', () => {
  for (const version of [0, 1, 2, 3]) {
    it(`with requests of version ${version}`, async () => {
      const { peer } = await open()
      const identity = await init(peer, version)
      assert.deepEqual([identity.errorCode, identity.producerEpoch], [NONE, 0])
      const added = await peer.ask(addPartitionsToTxn, version, old(identity))
      assert.equal(added.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode, NONE)
      assert.equal(await send(peer, 7, identity, 'x'), NONE)
      const group = await peer.ask(addOffsetsToTxn, version, { ...claimed(identity), groupId: 'g' })
      assert.equal(group.errorCode, NONE)
      const staged = await peer.ask(txnOffsetCommit, version, offsets(identity))
      assert.equal(staged.topics[0].partitions[0].errorCode, NONE)
      assert.deepEqual(await committed(peer), { bytes: 0, aborted: [], lastStableOffset: 0 })
      assert.equal(await offsetOf(peer), -1)
      const ended = await peer.ask(endTxn, version, { ...claimed(identity), committed: true })
      assert.equal(ended.errorCode, NONE)
      const { bytes, aborted, lastStableOffset } = await committed(peer)
      assert.ok(bytes > 0)
      assert.deepEqual([aborted, lastStableOffset], [[], 2])
      assert.equal(await offsetOf(peer), 0)
    })
  }
})

describe('a transaction of which every request adds what it needs', () => {
  it('ends with the epoch of the next one', async () => {
    const { peer } = await open()
    const identity = await init(peer)
    assert.equal(await send(peer, 12, identity, 'x'), NONE)
    const staged = await peer.ask(txnOffsetCommit, 5, offsets(identity))
    assert.equal(staged.topics[0].partitions[0].errorCode, NONE)
    const ended = await peer.ask(endTxn, 5, { ...claimed(identity), committed: false })
    assert.deepEqual([ended.errorCode, ended.producerId, ended.producerEpoch], [NONE, identity.producerId, 1])
    const { aborted, lastStableOffset } = await committed(peer)
    assert.deepEqual(aborted, [{ producerId: identity.producerId, firstOffset: 0 }])
    assert.equal(lastStableOffset, 2)
    assert.equal(await offsetOf(peer), -1)
    assert.equal(await send(peer, 12, ended, 'y'), NONE)
    const late = await peer.ask(endTxn, 5, { ...claimed(identity), committed: true })
    assert.equal(late.errorCode, PRODUCER_FENCED)
    const second = await peer.ask(endTxn, 5, { ...claimed(ended), committed: true })
    assert.deepEqual([second.errorCode, second.producerEpoch], [NONE, 2])
    assert.equal((await committed(peer)).lastStableOffset, 4)
  })

  it('may be aborted though nothing of it ever came', async () => {
    const { peer } = await open()
    const identity = await init(peer)
    const ended = await peer.ask(endTxn, 5, { ...claimed(identity), committed: false })
    assert.deepEqual([ended.errorCode, ended.producerEpoch], [NONE, 1])
    const nothing = await peer.ask(endTxn, 5, { ...claimed(ended), committed: true })
    assert.equal(nothing.errorCode, INVALID_TXN_STATE)
  })
})

describe('what is refused, in the words of the version', () => {
  it('a producer whose epoch is over', async () => {
    const { peer } = await open()
    const zombie = await init(peer)
    await init(peer)
    const ended = async (version: number) =>
      (await peer.ask(endTxn, version, { ...claimed(zombie), committed: true })).errorCode
    assert.deepEqual(
      [await ended(1), await ended(2), await ended(5)],
      [INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, PRODUCER_FENCED],
    )
    const added = async (version: number) => {
      const { resultsByTopicV3AndBelow } = await peer.ask(addPartitionsToTxn, version, old(zombie))
      return resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode
    }
    assert.deepEqual([await added(1), await added(2)], [INVALID_PRODUCER_EPOCH, PRODUCER_FENCED])
    const group = async (version: number) =>
      (await peer.ask(addOffsetsToTxn, version, { ...claimed(zombie), groupId: 'g' })).errorCode
    assert.deepEqual([await group(1), await group(2)], [INVALID_PRODUCER_EPOCH, PRODUCER_FENCED])
    assert.equal((await init(peer, 3, { ...claimed(zombie), producerEpoch: 7 })).errorCode, INVALID_PRODUCER_EPOCH)
    assert.equal((await init(peer, 4, { ...claimed(zombie), producerEpoch: 7 })).errorCode, PRODUCER_FENCED)
    assert.equal(await send(peer, 12, zombie, 'x'), INVALID_PRODUCER_EPOCH)
    const { topics } = await peer.ask(txnOffsetCommit, 5, offsets(zombie))
    assert.equal(topics[0].partitions[0].errorCode, INVALID_PRODUCER_EPOCH)
  })

  it('a producer that began without being known', async () => {
    const { peer } = await open()
    const nobody = { producerId: 4711, producerEpoch: 0 }
    assert.equal(await send(peer, 12, nobody, 'x'), INVALID_PRODUCER_ID_MAPPING)
    const ended = await peer.ask(endTxn, 5, { ...claimed(nobody), committed: true })
    assert.equal(ended.errorCode, INVALID_PRODUCER_ID_MAPPING)
    assert.equal((await init(peer, 4, { transactionalId: '' })).errorCode, INVALID_REQUEST)
    assert.equal((await init(peer, 4, { producerId: 4 })).errorCode, INVALID_REQUEST)
    assert.equal((await init(peer, 4, { transactionTimeoutMs: 900_001 })).errorCode, INVALID_TRANSACTION_TIMEOUT)
  })

  it('records and offsets that were not announced', async () => {
    const { peer } = await open()
    const identity = await init(peer)
    assert.equal(await send(peer, 10, identity, 'x'), INVALID_TXN_STATE)
    assert.equal(await send(peer, 11, identity, 'x'), TRANSACTION_ABORTABLE)
    const staged = async (version: number) =>
      (await peer.ask(txnOffsetCommit, version, offsets(identity))).topics[0].partitions[0].errorCode
    assert.deepEqual([await staged(3), await staged(4)], [INVALID_TXN_STATE, TRANSACTION_ABORTABLE])
  })

  it('all partitions of a request if one of them is none', async () => {
    const { peer, world } = await open()
    const identity = await init(peer)
    const topics = [
      { name: 'a', partitions: [0, 9] },
      { name: 'none', partitions: [0] },
    ]
    const { resultsByTopicV3AndBelow } = await peer.ask(addPartitionsToTxn, 3, old(identity, topics))
    const codes = resultsByTopicV3AndBelow.map((one) => one.resultsByPartition.map((each) => each.partitionErrorCode))
    assert.deepEqual(codes, [[OPERATION_NOT_ATTEMPTED, UNKNOWN_TOPIC_OR_PARTITION], [UNKNOWN_TOPIC_OR_PARTITION]])
    assert.equal(world.broker.vhost('/').streams.transactions.get(transactionalId)?.status, 'Empty')
  })

  it('offsets of members that are none, with too much to say, of partitions that are none', async () => {
    const { peer } = await open()
    const identity = await init(peer)
    const codes = async (changes: object) => {
      const { topics } = await peer.ask(txnOffsetCommit, 5, offsets(identity, changes))
      return topics.flatMap((topic) => topic.partitions.map((one) => one.errorCode))
    }
    assert.deepEqual(await codes({ memberId: 'm', generationId: 3 }), [ILLEGAL_GENERATION])
    const partitions = [
      { partitionIndex: 0, committedOffset: 0, committedMetadata: 'm'.repeat(5000) },
      { partitionIndex: 9, committedOffset: 0, committedMetadata: null },
      { partitionIndex: 1, committedOffset: 0, committedMetadata: null },
    ]
    const mixed = await codes({ topics: [{ name: 'b', partitions }] })
    assert.deepEqual(mixed, [OFFSET_METADATA_TOO_LARGE, UNKNOWN_TOPIC_OR_PARTITION, NONE])
  })

  it('what comes while the transaction ends', async () => {
    const { peer, world } = await open()
    const identity = await init(peer)
    assert.equal(await send(peer, 12, identity, 'x'), NONE)
    // The decision stands in memory, and is on its way to the disk.
    const { transactions } = world.broker.vhost('/').streams
    transactions.end({ ...claimed(identity) }, true, false, () => {})
    const other = world.connect()
    const late = other.send(txnOffsetCommit, 4, offsets(identity))
    await world.settle()
    const { correlationId, response } = other.answer(txnOffsetCommit)!
    assert.equal(correlationId, late)
    assert.equal(response.topics[0].partitions[0].errorCode, COORDINATOR_LOAD_IN_PROGRESS)
  })
})

describe('what brokers ask each other', () => {
  it('adds to several transactions, or only asks', async () => {
    const { peer } = await open()
    const identity = await init(peer)
    const topics = [{ name: 'a', partitions: [0] }]
    const ask = async (verifyOnly: boolean) => {
      const transactions = [{ ...claimed(identity), verifyOnly, topics }]
      const { resultsByTransaction } = await peer.ask(addPartitionsToTxn, 5, { transactions })
      return resultsByTransaction[0].topicResults[0].resultsByPartition[0].partitionErrorCode
    }
    assert.deepEqual([await ask(true), await ask(false), await ask(true)], [TRANSACTION_ABORTABLE, NONE, NONE])
  })
})

describe('what operators see and do', () => {
  it('describes transactions', async () => {
    const { peer, world } = await open()
    const identity = await init(peer)
    await send(peer, 12, identity, 'x')
    const transactionalIds = [transactionalId, 'other', '']
    const { transactionStates } = await peer.ask(describeTransactions, 0, { transactionalIds })
    assert.deepEqual(transactionStates[0], {
      errorCode: NONE,
      transactionalId,
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: world.clock.now(),
      producerId: identity.producerId,
      producerEpoch: 0,
      topics: [{ topic: 'a', partitions: [0] }],
    })
    assert.equal(transactionStates[1].errorCode, TRANSACTIONAL_ID_NOT_FOUND)
    assert.equal(transactionStates[2].errorCode, INVALID_REQUEST)
  })

  it('tells of nothing before it is durable', async () => {
    const { peer, world } = await open()
    peer.send(initProducerId, 5, { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 })
    peer.pump()
    const [describing, listing] = [world.connect(), world.connect()]
    describing.send(describeTransactions, 0, { transactionalIds: [transactionalId] })
    listing.send(listTransactions, 1, {})
    for (const one of [describing, listing]) one.pump()
    for (const one of [describing, listing]) one.runTurn()
    assert.deepEqual([describing.answers.length, listing.answers.length], [0, 0])
    await world.settle()
    assert.equal(describing.answer(describeTransactions)!.response.transactionStates[0].errorCode, NONE)
    assert.equal(listing.answer(listTransactions)!.response.transactionStates.length, 1)
  })

  it('lists them by state, producer, age and name', async () => {
    const { peer, world } = await open()
    const identity = await init(peer)
    const idle = await init(peer, 5, { transactionalId: 'idle' })
    await send(peer, 12, identity, 'x')
    await world.pass(5000)
    const ids = async (filters: object) => {
      const answer = await peer.ask(listTransactions, 1, filters)
      return answer.transactionStates.map((one) => `${one.transactionalId} ${one.transactionState}`)
    }
    assert.deepEqual(await ids({}), ['t Ongoing', 'idle Empty'])
    assert.deepEqual(await ids({ stateFilters: ['Empty', 'PrepareCommit'] }), ['idle Empty'])
    assert.deepEqual(await ids({ producerIdFilters: [idle.producerId] }), ['idle Empty'])
    assert.deepEqual(await ids({ durationFilter: 4000 }), ['t Ongoing'])
    assert.deepEqual(await ids({ durationFilter: 6000 }), [])
    const named = await peer.ask(listTransactions, 2, { transactionalIdPattern: 'i.*e' })
    assert.deepEqual(
      named.transactionStates.map((one) => one.transactionalId),
      ['idle'],
    )
    const pattern = await peer.ask(listTransactions, 2, { transactionalIdPattern: '(' })
    assert.equal(pattern.errorCode, INVALID_REGULAR_EXPRESSION)
    const wrong = await peer.ask(listTransactions, 0, { stateFilters: ['Dead', 'Lost'] })
    assert.deepEqual(wrong.unknownStateFilters, ['Lost'])
    assert.deepEqual(wrong.transactionStates, [])
  })

  it('ends what hangs in a partition, unless somebody knows better', async () => {
    const { peer, world } = await open()
    const { topics } = world.broker.vhost('/').streams
    const hanging = { attributes: Attribute.transactional, producerId: 99, producerEpoch: 3, baseSequence: 0 }
    topics.get('a')!.partitions[0]!.append(batchOf(['x'], hanging), world.clock.now())
    await world.settle()
    const ask = async (version: number, changes: object) => {
      const marker = {
        producerId: 99,
        producerEpoch: 3,
        coordinatorEpoch: 0,
        transactionResult: false,
        topics: [{ name: 'a', partitionIndexes: [0] }],
        ...changes,
      }
      const { markers } = await peer.ask(writeTxnMarkers, version, { markers: [marker] })
      return markers[0].topics[0].partitions[0].errorCode
    }
    assert.equal(await ask(1, { producerEpoch: 2 }), INVALID_PRODUCER_EPOCH)
    assert.equal(await ask(2, { transactionVersion: 2 }), INVALID_PRODUCER_EPOCH)
    assert.equal(await ask(1, { topics: [{ name: 'a', partitionIndexes: [9] }] }), UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal((await committed(peer)).lastStableOffset, 0)
    assert.equal(await ask(1, { coordinatorEpoch: 5 }), NONE)
    const { aborted, lastStableOffset } = await committed(peer)
    assert.deepEqual([aborted, lastStableOffset], [[{ producerId: 99, firstOffset: 0 }], 2])
    assert.equal(await ask(1, { coordinatorEpoch: 4 }), TRANSACTION_COORDINATOR_FENCED)
  })
})
