// What RabbitMQ has and Signalbox does not have yet is refused by name: to ignore it silently would lose somebody's
// messages.

import { all, dialogues, differs, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const q = { queue: 'missing.q', durable: true }
const gone = all(a.send('queue.declare', { ...q, passive: true }), a.refused(404, "no queue 'missing.q' in vhost '/'"))

dialogues({
  'x-queue-type: stream is refused': [
    differs('Signalbox refuses with 540 what has a meaning for RabbitMQ that it does not have yet', {
      signalbox: [
        a.send('queue.declare', { ...q, arguments: { 'x-queue-type': 'stream' } }),
        a.expelled(
          540,
          "argument 'x-queue-type' = 'stream' of queue 'missing.q' in vhost '/' is not implemented; classic and quorum are",
        ),
      ],
      rabbit: [],
    }),
    gone,
  ],
  'what changes nothing for the user is accepted': [
    a.ask('queue.declare', {
      ...q,
      arguments: { 'x-queue-type': 'classic', 'x-queue-mode': 'lazy', 'x-queue-version': 2, 'x-mine': 'anything' },
    }),
    a.ask('basic.consume', { queue: q.queue, consumerTag: 'c', arguments: { 'x-mine': 1 } }),
    a.ask('exchange.declare', { exchange: 'missing.x', type: 'direct', arguments: { 'x-mine': 1 } }),
  ],
  'a queue type that nobody has is no legal request': [
    a.send('queue.declare', { ...q, arguments: { 'x-queue-type': 'telepathic' } }),
    a.refused(406, /^PRECONDITION_FAILED - .*x-queue-type/),
  ],
})
