/** What a user may do with transactional ids, and with topics and groups through them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashPassword } from '../../src/broker/access/password.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { Attribute } from '../../src/record/batch.ts'
import { addOffsetsToTxn } from '../../src/wire/kafka/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../src/wire/kafka/messages/add-partitions-to-txn.ts'
import { describeTransactions } from '../../src/wire/kafka/messages/describe-transactions.ts'
import { endTxn } from '../../src/wire/kafka/messages/end-txn.ts'
import { initProducerId } from '../../src/wire/kafka/messages/init-producer-id.ts'
import { listTransactions } from '../../src/wire/kafka/messages/list-transactions.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import { txnOffsetCommit } from '../../src/wire/kafka/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../src/wire/kafka/messages/write-txn-markers.ts'
import { NODE_ID } from '../topic/harness.ts'
import { batchOf } from './batches.ts'
import { type Peer, World } from './world.ts'

const NONE = 0
const TOPIC_AUTHORIZATION_FAILED = 29
const GROUP_AUTHORIZATION_FAILED = 30
const CLUSTER_AUTHORIZATION_FAILED = 31
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53
const OPERATION_NOT_ATTEMPTED = 55

/** A user may write and read what is called `mine`, and nothing of what is called `secret`. */
async function open(): Promise<{ world: World; peer: Peer; mine: number; secret: number }> {
  const world = await World.open({ settings: { anonymous: 'alice' } })
  const { access } = world.broker
  access.putUser({ name: 'alice', tags: [], ...hashPassword('secret') })
  access.setPermissions({ user: 'alice', vhost: '/', configure: '^mine$', write: '^mine$', read: '^mine$' })
  const { topics, transactions } = world.broker.vhost('/').streams
  for (const name of ['mine', 'secret']) topics.create(topics.check(ofDefaults(name), NODE_ID))
  const ids: number[] = []
  for (const id of ['mine', 'secret']) {
    transactions.initProducerId(id, 1000, null, (_error, producerId) => ids.push(producerId))
  }
  await world.settle()
  return { world, peer: world.connect(), mine: ids[0]!, secret: ids[1]! }
}

const secretTopics = [{ name: 'secret', partitions: [0] }]

describe('a user without rights', () => {
  it('on a transactional id can do nothing with it', async () => {
    const { peer, secret } = await open()
    const claimed = { transactionalId: 'secret', producerId: secret, producerEpoch: 0 }
    const init = { transactionalId: 'secret', transactionTimeoutMs: 1000 }
    assert.equal((await peer.ask(initProducerId, 5, init)).errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const added = await peer.ask(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'secret',
      v3AndBelowProducerId: secret,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: 'mine', partitions: [0] }],
    })
    const code = added.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode
    assert.equal(code, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const group = await peer.ask(addOffsetsToTxn, 4, { ...claimed, groupId: 'mine' })
    assert.equal(group.errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const ended = await peer.ask(endTxn, 5, { ...claimed, committed: true })
    assert.equal(ended.errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }]
    const topics = [{ name: 'mine', partitions }]
    const offsets = await peer.ask(txnOffsetCommit, 5, { ...claimed, groupId: 'mine', topics })
    assert.equal(offsets.topics[0].partitions[0].errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const options = { attributes: Attribute.transactional, producerId: secret, producerEpoch: 0, baseSequence: 0 }
    const topicData = [{ name: 'mine', partitionData: [{ index: 0, records: batchOf(['x'], options) }] }]
    const request = { transactionalId: 'secret', acks: -1, timeoutMs: 1000, topicData }
    const { responses } = await peer.ask(produce, 12, request)
    assert.equal(responses[0].partitionResponses[0].errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  })

  it('does not see it either', async () => {
    const { peer, world, mine } = await open()
    const { transactionStates } = await peer.ask(listTransactions, 1, {})
    assert.deepEqual(
      transactionStates.map((one) => one.transactionalId),
      ['mine'],
    )
    const claimed = { transactionalId: 'mine', producerId: mine, producerEpoch: 0 }
    const lists = ['mine', 'secret'].map((name) => ({ name, partitions: [0] }))
    assert.equal(world.broker.vhost('/').streams.transactions.addPartitions(claimed, lists), null)
    const described = await peer.ask(describeTransactions, 0, { transactionalIds: ['mine', 'secret'] })
    const [seen, hidden] = described.transactionStates
    assert.deepEqual(seen.topics, [{ topic: 'mine', partitions: [0] }])
    assert.equal(hidden.errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    assert.equal(hidden.producerId, 0)
  })

  it('on a topic or a group can not bring it into a transaction', async () => {
    const { peer, mine } = await open()
    const claimed = { transactionalId: 'mine', producerId: mine, producerEpoch: 0 }
    const topics = [{ name: 'mine', partitions: [0] }, ...secretTopics]
    const added = await peer.ask(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'mine',
      v3AndBelowProducerId: mine,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: topics,
    })
    const codes = added.resultsByTopicV3AndBelow.map((one) => one.resultsByPartition[0].partitionErrorCode)
    assert.deepEqual(codes, [OPERATION_NOT_ATTEMPTED, TOPIC_AUTHORIZATION_FAILED])
    const group = await peer.ask(addOffsetsToTxn, 4, { ...claimed, groupId: 'secret' })
    assert.equal(group.errorCode, GROUP_AUTHORIZATION_FAILED)
    const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }]
    const offsets = async (groupId: string) => {
      const wanted = ['mine', 'secret'].map((name) => ({ name, partitions }))
      const answer = await peer.ask(txnOffsetCommit, 5, { ...claimed, groupId, topics: wanted })
      return answer.topics.map((topic) => topic.partitions[0].errorCode)
    }
    assert.deepEqual(await offsets('secret'), [GROUP_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED])
    assert.deepEqual(await offsets('mine'), [NONE, TOPIC_AUTHORIZATION_FAILED])
  })

  it('on the cluster can not speak as a broker, nor end what hangs', async () => {
    const { peer, mine } = await open()
    const claimed = { transactionalId: 'mine', producerId: mine, producerEpoch: 0 }
    const transactions = [{ ...claimed, topics: [{ name: 'mine', partitions: [0] }] }]
    const added = await peer.ask(addPartitionsToTxn, 4, { transactions })
    assert.deepEqual([added.errorCode, added.resultsByTransaction], [CLUSTER_AUTHORIZATION_FAILED, []])
    const marker = { ...claimed, transactionResult: true, topics: [{ name: 'mine', partitionIndexes: [0] }] }
    const { markers } = await peer.ask(writeTxnMarkers, 1, { markers: [marker] })
    assert.equal(markers[0].topics[0].partitions[0].errorCode, CLUSTER_AUTHORIZATION_FAILED)
  })

  it('but with those on one name works with that', async () => {
    const { peer } = await open()
    const init = await peer.ask(initProducerId, 5, { transactionalId: 'mine', transactionTimeoutMs: 1000 })
    assert.equal(init.errorCode, NONE)
    const idempotent = await peer.ask(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })
    assert.equal(idempotent.errorCode, NONE)
  })
})
