// x-expires: queues that go when nobody uses them.

import { all, dialogues, pause, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)

const name = 'queue-expiry.q'
const queue = (args: object = { 'x-expires': 600 }) => a.ask('queue.declare', { queue: name, arguments: { ...args } })
const passive = { queue: name, passive: true }
const there = b.ask('queue.declare', passive)
const gone = all(b.send('queue.declare', passive), b.refused(404, `no queue '${name}' in vhost '/'`))
/** Three times in a row, long enough together for the queue to have gone without it. */
const used = (step: Step) => all(pause(250), step, pause(250), step, pause(250), step)
const invalid = (value: unknown, why: string) => [
  a.send('queue.declare', { queue: name, arguments: { 'x-expires': value as number } }),
  a.refused(406, `invalid arg 'x-expires' for queue '${name}' in vhost '/': ${why}`),
]

dialogues({
  'unused, it goes, with its messages and whether they are there or not': [
    queue(),
    a.publish('', name, '1'),
    pause(1100),
    gone,
  ],
  'declaring it is a use': [queue(), used(queue()), there, pause(1100), gone],
  'asking for it is a use': [queue(), used(there), pause(1100), gone],
  'basic.get is a use': [
    queue(),
    used(all(a.send('basic.get', { queue: name }), a.hear('basic.get-empty'))),
    there,
    pause(1100),
    gone,
  ],
  'a consumer is a use as long as it stays': [
    queue(),
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    pause(900),
    there,
    a.ask('basic.cancel', { consumerTag: 'c' }),
    pause(1100),
    gone,
  ],
  'publishing is none': [queue(), used(a.publish('', name, 'x')), pause(700), gone],
  'times that are none': [
    ...invalid(0, '{value_zero,0}'),
    ...invalid(-1, '{value_negative,-1}'),
    ...invalid('100', '"expected integer, got longstr"'),
    a.ask('queue.declare', { queue: name, arguments: { 'x-expires': 1 } }),
    pause(200),
    gone,
  ],
  'declared again': [
    queue({ 'x-expires': 60_000 }),
    a.send('queue.declare', { queue: name, arguments: { 'x-expires': 50_000 } }),
    a.refused(
      406,
      `inequivalent arg 'x-expires' for queue '${name}' in vhost '/': received '50000' but current is '60000'`,
    ),
  ],
})
