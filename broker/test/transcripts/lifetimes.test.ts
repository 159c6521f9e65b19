// Queues that come with a name of the broker's or go by themselves.

import { capture, captured, dialogues, differs, pause, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const b = new Speaker('b', 1)
const second = new Speaker('a', 2)
const locked = (queue: string) =>
  `cannot obtain exclusive access to locked queue '${queue}' in vhost '/'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.`

const ex = { queue: 'lifetimes.exclusive' }
const auto = { queue: 'lifetimes.auto', autoDelete: true }

dialogues({
  'the broker names a queue': [
    a.ask('queue.declare', { queue: '', exclusive: true }, { queue: capture('name', /^amq\.gen-[\w-]{22}$/) }),
    a.publish('', captured('name'), 'for you'),
    a.ask('basic.consume', { queue: captured('name'), consumerTag: 'c', noAck: true }),
    a.delivery('c', 1, 'for you'),
  ],
  'two names of the broker differ': [
    a.ask('queue.declare', { queue: '', exclusive: true }, { queue: capture('first', /^amq\.gen-/) }),
    a.ask('queue.declare', { queue: '', exclusive: true }, { queue: capture('second', /^amq\.gen-/) }),
    a.ask('queue.delete', { queue: captured('first') }),
    a.ask('queue.declare', { queue: captured('second'), passive: true }),
    a.send('queue.declare', { queue: captured('second'), exclusive: true }),
    differs('RabbitMQ refuses to redeclare a queue that it named itself', {
      signalbox: [a.hear('queue.declare-ok')],
      rabbit: [a.refused(403, /^ACCESS_REFUSED - queue name 'amq\.gen-[\w-]{22}' contains reserved prefix 'amq\.\*'$/)],
    }),
  ],
  'an exclusive queue is locked for others': [
    a.ask('queue.declare', { ...ex, exclusive: true }),
    b.send('queue.declare', { ...ex, passive: true }),
    b.refused(405, locked(ex.queue)),
    b.send('queue.declare', { ...ex, exclusive: true }),
    b.refused(405, locked(ex.queue)),
    b.send('basic.consume', { ...ex, consumerTag: '' }),
    b.refused(405, locked(ex.queue)),
    b.send('basic.get', ex),
    b.refused(405, locked(ex.queue)),
    b.send('queue.purge', ex),
    b.refused(405, locked(ex.queue)),
    b.send('queue.bind', { ...ex, exchange: 'amq.fanout', routingKey: '' }),
    b.refused(405, locked(ex.queue)),
    b.send('queue.delete', ex),
    b.refused(405, locked(ex.queue)),
    b.publish('', ex.queue, 'anybody may write'),
    b.silence(),
    second.send('basic.get', { ...ex, noAck: true }),
    second.got(1, 'anybody may write'),
  ],
  'an exclusive queue goes with its connection': [
    a.ask('queue.declare', { ...ex, exclusive: true }),
    a.close(),
    a.ask('queue.declare', { ...ex, passive: true }),
    a.leave(),
    b.send('queue.declare', { ...ex, passive: true }),
    b.refused(404, `no queue '${ex.queue}' in vhost '/'`),
  ],
  'an exclusive queue goes when its connection breaks': [
    a.ask('queue.declare', { ...ex, exclusive: true }),
    a.hangUp(),
    pause(300),
    b.send('queue.declare', { ...ex, passive: true }),
    b.refused(404, `no queue '${ex.queue}' in vhost '/'`),
  ],
  'an auto-delete queue goes with its last consumer': [
    a.ask('queue.declare', auto),
    a.ask('basic.consume', { queue: auto.queue, consumerTag: '1' }),
    a.ask('basic.consume', { queue: auto.queue, consumerTag: '2' }),
    a.ask('basic.cancel', { consumerTag: '1' }, { consumerTag: '1' }),
    a.ask('queue.declare', { ...auto, passive: true }, { consumerCount: 1 }),
    a.ask('basic.cancel', { consumerTag: '2' }, { consumerTag: '2' }),
    pause(50),
    a.send('queue.declare', { ...auto, passive: true }),
    a.refused(404, `no queue '${auto.queue}' in vhost '/'`),
  ],
  'an auto-delete queue that never had a consumer stays': [
    b.ask('queue.declare', auto),
    b.leave(),
    a.ask('queue.declare', { ...auto, passive: true }),
  ],
  'an auto-delete queue goes when the channel with its consumer closes': [
    a.ask('queue.declare', auto),
    second.ask('basic.consume', { queue: auto.queue, consumerTag: '1' }),
    second.close(),
    pause(50),
    a.send('queue.declare', { ...auto, passive: true }),
    a.refused(404, `no queue '${auto.queue}' in vhost '/'`),
  ],
})
