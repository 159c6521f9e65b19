// Arguments that mean nothing here, and types that nobody has.

import { dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const q = { queue: 'unknown.q', durable: true }
dialogues({
  'what changes nothing for the user is accepted': [
    a.ask('queue.declare', {
      ...q,
      arguments: { 'x-queue-type': 'classic', 'x-queue-mode': 'lazy', 'x-queue-version': 2, 'x-mine': 'anything' },
    }),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { 'x-mine': 1 } }),
    a.ask('exchange.declare', { exchange: 'unknown.x', type: 'direct', arguments: { 'x-mine': 1 } }),
  ],
  'a queue type that nobody has is no legal request': [
    a.send('queue.declare', { ...q, arguments: { 'x-queue-type': 'telepathic' } }),
    a.refused(406, /^PRECONDITION_FAILED - .*x-queue-type/),
  ],
})
