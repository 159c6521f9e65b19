// The broker tells a consumer that its queue is gone, and says nothing of alarms when there are none.

import { dialogues, login, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const other = new Speaker('a', 2)

const q = { queue: 'cancel.q' }

dialogues({
  'a consumer hears that its queue was deleted': [
    a.ask('queue.declare', q),
    a.ask('basic.consume', { ...q, consumerTag: '1' }),
    other.ask('basic.consume', { ...q, consumerTag: '2' }),
    b.ask('queue.delete', q),
    a.hear('basic.cancel', { consumerTag: '1', nowait: true }),
    other.hear('basic.cancel', { consumerTag: '2', nowait: true }),
    a.ask('basic.cancel', { consumerTag: '1' }, { consumerTag: '1' }),
    a.ask('queue.declare', q),
    a.ask('basic.consume', { ...q, consumerTag: '1' }),
  ],
  'deliveries of a deleted queue may still be settled': [
    a.ask('queue.declare', q),
    a.ask('basic.consume', { ...q, consumerTag: '1' }),
    a.publish('', q.queue, 'x'),
    a.delivery('1', 1, 'x'),
    b.ask('queue.delete', q),
    a.hear('basic.cancel', { consumerTag: '1' }),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.silence(),
  ],
  'a client that does not know basic.cancel does not hear it': [
    login('a', { capabilities: { consumer_cancel_notify: false } }),
    a.ask('queue.declare', q),
    a.ask('basic.consume', { ...q, consumerTag: '1' }),
    b.ask('queue.delete', q),
    a.silence(),
  ],
  'who deletes a queue it consumes hears it too': [
    a.ask('queue.declare', q),
    a.ask('basic.consume', { ...q, consumerTag: '1' }),
    a.send('queue.delete', q),
    async (run) => {
      const client = await run.client('a')
      const heard = [await client.next(1), await client.next(1)].map(({ name }) => name)
      if (heard.sort().join() !== 'basic.cancel,queue.delete-ok') throw new Error(`heard ${heard}`)
    },
  ],
  'no connection.blocked without an alarm': [
    login('a', { capabilities: { 'connection.blocked': true } }),
    a.ask('queue.declare', q),
    a.publish('', q.queue, 'x'.repeat(200_000)),
    a.holds(q.queue, 1),
    a.leave(),
  ],
})
