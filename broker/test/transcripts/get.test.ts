// basic.get, and what a queue counts.

import { dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

dialogues({
  'get: nothing, then one, then acked': [
    a.ask('queue.declare', { queue: 'get.one' }, { queue: 'get.one', messageCount: 0, consumerCount: 0 }),
    a.send('basic.get', { queue: 'get.one' }),
    a.hear('basic.get-empty'),
    a.publish('', 'get.one', 'hello'),
    a.holds('get.one', 1),
    a.send('basic.get', { queue: 'get.one' }),
    a.got(1, 'hello', { messageCount: 0, exchange: '', routingKey: 'get.one' }),
    a.ask('queue.declare', { queue: 'get.one', passive: true }, { messageCount: 0 }),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.send('basic.get', { queue: 'get.one' }),
    a.hear('basic.get-empty'),
  ],
})
