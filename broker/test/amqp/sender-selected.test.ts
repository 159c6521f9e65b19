// Topic permissions hold for every key that a message names, not for its routing key alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './session-harness.ts'

const refused = (key: string) =>
  `channel.close ACCESS_REFUSED - write access to topic '${key}' in exchange 'amq.topic' in vhost '/' refused for user 'guest'`

const rows: readonly (readonly [what: string, key: string, headers: { [name: string]: string[] }, heard: string[]])[] =
  [
    ['all are allowed', 'mine.1', { CC: ['mine.2'], BCC: ['mine.3'] }, []],
    ['a CC is not', 'mine.1', { CC: ['mine.2', 'theirs.1'] }, [refused('theirs.1')]],
    ['a BCC is not', 'mine.1', { CC: ['mine.2'], BCC: ['theirs.2'] }, [refused('theirs.2')]],
    ['the routing key is not', 'theirs.3', { CC: ['mine.2'] }, [refused('theirs.3')]],
  ]

for (const transactional of [false, true]) {
  for (const [what, key, headers, heard] of rows) {
    test(`${what}${transactional ? ', in a transaction' : ''}`, async () => {
      const world = await World.open()
      const permission = { user: 'guest', vhost: '/', exchange: 'amq.topic', write: '^mine\\.', read: '' }
      world.broker.access.setTopicPermissions(permission)
      const peer = await world.connect()
      await peer.ask(1, 'queue.declare', { queue: 'q' })
      for (const routingKey of ['mine.*', 'theirs.*']) {
        world.broker.vhost('/').bind('amq.topic', world.queue('q')!, routingKey, {})
      }
      if (transactional) await peer.ask(1, 'tx.select', {})
      peer.publish(key, 'x', { exchange: 'amq.topic', properties: { headers } })
      await world.settle()
      assert.deepEqual(peer.heard(), heard)
      if (transactional && heard.length === 0) await peer.ask(1, 'tx.commit', {})
      assert.equal(world.queue('q')!.ready, heard.length === 0 ? 1 : 0)
    })
  }
}
