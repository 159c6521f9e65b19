/** What is set for one group: described, checked, listed, kept, and in effect with its next heartbeat. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alterConfigs } from '../../src/wire/kafka/messages/alter-configs.ts'
import { consumerGroupHeartbeat } from '../../src/wire/kafka/messages/consumer-group-heartbeat.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { describeConfigs } from '../../src/wire/kafka/messages/describe-configs.ts'
import { incrementalAlterConfigs } from '../../src/wire/kafka/messages/incremental-alter-configs.ts'
import { listConfigResources } from '../../src/wire/kafka/messages/list-config-resources.ts'
import { listGroups } from '../../src/wire/kafka/messages/list-groups.ts'
import { offsetCommit } from '../../src/wire/kafka/messages/offset-commit.ts'
import { type Peer, World } from './world.ts'

const GROUP = 32
const SESSION = 'consumer.session.timeout.ms'
const HEARTBEAT = 'consumer.heartbeat.interval.ms'

async function alter(peer: Peer, configs: Record<string, string | null>, validateOnly = false) {
  const changes = Object.entries(configs).map(([name, value]) => ({
    name,
    value,
    configOperation: value === null ? 1 : 0,
  }))
  const resources = [{ resourceType: GROUP, resourceName: 'g', configs: changes }]
  const { responses } = await peer.ask(incrementalAlterConfigs, 1, { resources, validateOnly })
  return responses[0]!
}

async function described(peer: Peer): Promise<Record<string, readonly [string | null, number]>> {
  const resources = [{ resourceType: GROUP, resourceName: 'g', configurationKeys: null }]
  const { results } = await peer.ask(describeConfigs, 4, { resources, includeSynonyms: true })
  return Object.fromEntries(results[0]!.configs.map(({ name, value, configSource }) => [name, [value, configSource]]))
}

async function beat(peer: Peer) {
  return peer.ask(consumerGroupHeartbeat, 1, {
    groupId: 'g',
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 1000,
    subscribedTopicNames: ['t'],
    topicPartitions: [],
  })
}

describe('settings of a group', () => {
  it('hold for it alone, and are kept', async () => {
    const world = await World.open()
    const peer = world.connect()
    assert.deepEqual(await described(peer), { [HEARTBEAT]: ['5000', 5], [SESSION]: ['45000', 5] })
    assert.equal((await alter(peer, { [SESSION]: '50000', [HEARTBEAT]: '6000' }, true)).errorCode, 0)
    assert.deepEqual((await described(peer))[SESSION], ['45000', 5])
    assert.equal((await alter(peer, { [SESSION]: '50000', [HEARTBEAT]: '6000' })).errorCode, 0)
    assert.deepEqual(await described(peer), { [HEARTBEAT]: ['6000', 8], [SESSION]: ['50000', 8] })
    assert.equal((await beat(peer)).heartbeatIntervalMs, 6000)
    const { configResources } = await peer.ask(listConfigResources, 1, { resourceTypes: [GROUP] })
    assert.deepEqual(configResources, [{ resourceName: 'g', resourceType: GROUP }])
    const again = await World.open({ disk: world.disk })
    const later = again.connect()
    assert.deepEqual((await described(later))[SESSION], ['50000', 8])
    assert.equal((await alter(later, { [SESSION]: null, [HEARTBEAT]: null })).errorCode, 0)
    assert.equal((await beat(later)).heartbeatIntervalMs, 5000)
    assert.deepEqual((await later.ask(listConfigResources, 1, { resourceTypes: [GROUP] })).configResources, [])
  })

  it('are within what Kafka takes', async () => {
    const peer = (await World.open()).connect()
    for (const [configs, text] of [
      [{ [SESSION]: '1000' }, `${SESSION} must be greater than or equal to group.consumer.min.session.timeout.ms`],
      [{ [SESSION]: '60001' }, `${SESSION} must be less than or equal to group.consumer.max.session.timeout.ms`],
      [{ [HEARTBEAT]: '15001' }, `${HEARTBEAT} must be less than or equal to group.consumer.max.heartbeat.interval.ms`],
      [{ 'retention.ms': '1' }, 'Unknown group config name: retention.ms'],
    ] as const) {
      const { errorCode, errorMessage } = await alter(peer, configs as Record<string, string>)
      assert.deepEqual([errorCode, errorMessage], [40, text])
    }
    const resources = [{ resourceType: GROUP, resourceName: 'g', configs: [{ name: SESSION, value: '46000' }] }]
    assert.equal((await peer.ask(alterConfigs, 2, { resources, validateOnly: false })).responses[0]!.errorCode, 0)
    assert.deepEqual(await described(peer), { [HEARTBEAT]: ['5000', 5], [SESSION]: ['46000', 8] })
  })
})

describe('a commit from outside of any group', () => {
  it('makes a group only if there is something to commit', async () => {
    const peer = (await World.open()).connect()
    const commit = async (name: string) => {
      const partitions = [{ partitionIndex: 0, committedOffset: 0, committedLeaderEpoch: -1, committedMetadata: '' }]
      const request = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name, partitions }] }
      return (await peer.ask(offsetCommit, 9, request)).topics[0]!.partitions[0]!.errorCode
    }
    assert.equal(await commit('t'), 3)
    assert.deepEqual((await peer.ask(listGroups, 5, {})).groups, [])
    await peer.ask(createTopics, 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
    assert.equal(await commit('t'), 0)
    assert.equal((await peer.ask(listGroups, 5, {})).groups.length, 1)
  })
})
