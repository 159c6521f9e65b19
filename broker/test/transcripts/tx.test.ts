// Transactions: publishes and acks that take effect together.

import { all, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const watcher = new Speaker('a', 2)

const q = { queue: 'tx.q' }
const count = (messageCount: number) => watcher.holds('tx.q', messageCount)
const selected = all(a.ask('queue.declare', q), a.ask('tx.select', {}))

dialogues({
  'publishes appear at commit': [
    selected,
    a.publish('', 'tx.q', '1'),
    a.publish('', 'tx.q', '2'),
    a.silence(),
    count(0),
    a.ask('tx.commit', {}),
    count(2),
    a.publish('', 'tx.q', '3'),
    a.ask('tx.commit', {}),
    count(3),
  ],
  'publishes vanish at rollback': [
    selected,
    a.publish('', 'tx.q', '1'),
    a.ask('tx.rollback', {}),
    a.ask('tx.commit', {}),
    count(0),
  ],
  'publishes vanish when the channel closes': [selected, a.publish('', 'tx.q', '1'), a.close(), count(0)],
  'acks count at commit': [
    a.ask('queue.declare', q),
    a.publish('', 'tx.q', '1'),
    a.publish('', 'tx.q', '2'),
    count(2),
    a.ask('tx.select', {}),
    a.send('basic.get', q),
    a.got(1, '1'),
    a.send('basic.get', q),
    a.got(2, '2'),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.ask('tx.commit', {}),
    a.send('basic.ack', { deliveryTag: 2 }),
    a.close(),
    count(1),
  ],
  'after a rollback the same deliveries may be settled again': [
    a.ask('queue.declare', q),
    a.publish('', 'tx.q', '1'),
    count(1),
    a.ask('tx.select', {}),
    a.send('basic.get', q),
    a.got(1, '1'),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.ask('tx.rollback', {}),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.ask('tx.commit', {}),
    a.close(),
    count(0),
  ],
  'nack with requeue at commit': [
    a.ask('queue.declare', q),
    a.publish('', 'tx.q', '1'),
    count(1),
    a.ask('tx.select', {}),
    a.send('basic.get', q),
    a.got(1, '1'),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.silence(),
    count(0),
    a.ask('tx.commit', {}),
    a.send('basic.get', q),
    a.got(2, '1', { redelivered: true }),
  ],
  'a mandatory publish comes back at commit': [
    a.ask('tx.select', {}),
    a.publish('', 'tx.nowhere', 'back', { mandatory: true }),
    a.silence(),
    a.send('tx.commit', {}),
    a.returned(312, 'NO_ROUTE', 'back'),
    a.hear('tx.commit-ok'),
  ],
  'an unknown tag is refused when it is said, not at commit': [
    a.ask('tx.select', {}),
    a.send('basic.ack', { deliveryTag: 5 }),
    a.refused(406, 'unknown delivery tag 5'),
  ],
  'a missing exchange is refused when it is said': [
    a.ask('tx.select', {}),
    a.publish('tx.none', 'k', 'lost'),
    a.refused(404, "no exchange 'tx.none' in vhost '/'"),
  ],
  'messages of one transaction arrive in their order, and deliveries go on meanwhile': [
    selected,
    watcher.publish('', 'tx.q', 'outside'),
    watcher.ask('basic.consume', { ...q, consumerTag: 'w', noAck: true }),
    watcher.delivery('w', 1, 'outside'),
    a.publish('', 'tx.q', '1'),
    a.publish('', 'tx.q', '2', { deliveryMode: 2 }),
    a.publish('', 'tx.q', '3'),
    a.ask('tx.commit', {}),
    watcher.delivery('w', 2, '1'),
    watcher.delivery('w', 3, '2'),
    watcher.delivery('w', 4, '3'),
  ],
  'selecting twice is fine': [a.ask('tx.select', {}), a.ask('tx.select', {})],
  'commit and rollback without select': [
    a.send('tx.commit', {}),
    a.refused(406, 'channel is not transactional'),
    a.send('tx.rollback', {}),
    a.refused(406, 'channel is not transactional'),
  ],
  'transactions and confirms exclude each other': [
    a.ask('tx.select', {}),
    a.send('confirm.select', {}),
    a.refused(406, 'cannot switch from tx to confirm mode'),
    a.ask('confirm.select', {}),
    a.send('tx.select', {}),
    a.refused(406, 'cannot switch from confirm to tx mode'),
  ],
})
