// Consumer priorities: who of several gets a message.

import { all, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const c = new Speaker('c', 1)
const d = new Speaker('d', 1)

const name = 'consumer-priority.q'
const queue = a.ask('queue.declare', { queue: name })
const say = (...bodies: string[]) => all(...bodies.map((body) => a.publish('', name, body)))
const consume = (who: Speaker, consumerTag: string, priority?: number, prefetchCount = 0) =>
  all(
    who.ask('basic.qos', { prefetchSize: 0, prefetchCount }),
    who.ask('basic.consume', {
      queue: name,
      consumerTag,
      arguments: priority === undefined ? {} : { 'x-priority': priority },
    }),
  )

dialogues({
  'the higher one gets all it can take, the lower one the rest': [
    queue,
    consume(b, 'low', 1),
    consume(c, 'high', 10, 2),
    say('1', '2', '3'),
    c.delivery('high', 1, '1'),
    c.delivery('high', 2, '2'),
    b.delivery('low', 1, '3'),
    c.send('basic.ack', { deliveryTag: 1 }),
    c.silence(name),
    say('4', '5'),
    c.delivery('high', 3, '4'),
    b.delivery('low', 2, '5'),
  ],
  'none is 0, and less than that is lower': [
    queue,
    consume(b, 'negative', -5),
    consume(c, 'none', undefined, 1),
    consume(d, 'zero', 0, 1),
    say('1', '2', '3'),
    c.delivery('none', 1, '1'),
    d.delivery('zero', 1, '2'),
    b.delivery('negative', 1, '3'),
  ],
  'among equals they take turns': [
    queue,
    consume(b, 'one', 5),
    consume(c, 'other', 5),
    consume(d, 'low', 1),
    say('1', '2', '3', '4'),
    b.delivery('one', 1, '1'),
    c.delivery('other', 1, '2'),
    b.delivery('one', 2, '3'),
    c.delivery('other', 2, '4'),
    d.silence(name),
  ],
  'one that comes later is served first if it is higher': [
    queue,
    consume(b, 'low', 1),
    say('1'),
    b.delivery('low', 1, '1'),
    consume(c, 'high', 2),
    say('2'),
    c.delivery('high', 1, '2'),
    c.ask('basic.cancel', { consumerTag: 'high' }),
    say('3'),
    b.delivery('low', 2, '3'),
  ],
  'a priority that is none': [
    queue,
    a.send('basic.consume', { queue: name, consumerTag: 'x', arguments: { 'x-priority': 'high' } }),
    a.refused(406, `invalid arg 'x-priority' for queue '${name}' in vhost '/': "expected integer, got longstr"`),
    a.send('basic.consume', { queue: name, consumerTag: 'x', arguments: { 'x-priority': 1.5 } }),
    a.refused(406, `invalid arg 'x-priority' for queue '${name}' in vhost '/': "expected integer, got double"`),
    a.send('basic.consume', { queue: name, consumerTag: 'x', arguments: { 'x-priority': true } }),
    a.refused(406, `invalid arg 'x-priority' for queue '${name}' in vhost '/': "expected integer, got bool"`),
  ],
})
