// What policies and operator policies set, of those that `definitions.ts` gives to both brokers.

import { dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const q = (name: string, args = {}) => ({ queue: `policies.${name}`, durable: true, arguments: args })
const kept = 'policies.kept'

const three = (queue: string) => ['1', '2', '3'].map((body) => a.publish('', queue, body))

dialogues({
  'a limit': [
    a.ask('queue.declare', q('short.q')),
    ...three('policies.short.q'),
    a.holds('policies.short.q', 2),
    a.send('basic.get', { queue: 'policies.short.q', noAck: true }),
    a.got(1, '2'),
  ],
  'the lower of argument and policy': [
    a.ask('queue.declare', q('short.lower', { 'x-max-length': 1 })),
    ...three('policies.short.lower'),
    a.holds('policies.short.lower', 1),
    a.ask('queue.declare', q('short.higher', { 'x-max-length': 9 })),
    ...three('policies.short.higher'),
    a.holds('policies.short.higher', 2),
  ],
  'an operator policy bounds both': [
    a.ask('queue.declare', q('short.bound', { 'x-max-length': 9 })),
    ...three('policies.short.bound'),
    a.holds('policies.short.bound', 1),
  ],
  'an operator policy alone': [
    a.ask('queue.declare', q('bound')),
    ...three('policies.bound'),
    a.holds('policies.bound', 1),
  ],
  'dead letters': [
    a.ask('queue.declare', { queue: kept }),
    a.ask('queue.declare', q('dead')),
    a.publish('', 'policies.dead', 'bad'),
    a.holds('policies.dead', 1),
    a.send('basic.get', { queue: 'policies.dead' }),
    a.got(1, 'bad'),
    a.send('basic.reject', { deliveryTag: 1, requeue: false }),
    a.holds(kept, 1),
  ],
  'an argument goes before a policy': [
    a.ask('queue.declare', { queue: kept }),
    a.ask(
      'queue.declare',
      q('dead.own', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'policies.none' }),
    ),
    a.publish('', 'policies.dead.own', 'bad'),
    a.holds('policies.dead.own', 1),
    a.send('basic.get', { queue: 'policies.dead.own' }),
    a.got(1, 'bad'),
    a.send('basic.reject', { deliveryTag: 1, requeue: false }),
    a.holds('policies.dead.own', 0),
    a.holds(kept, 0),
  ],
  'only the policy of the highest priority counts': [
    a.ask('queue.declare', { queue: kept }),
    a.ask('queue.declare', q('short.dead')),
    a.publish('', 'policies.short.dead', 'bad'),
    a.holds('policies.short.dead', 1),
    a.send('basic.get', { queue: 'policies.short.dead' }),
    a.got(1, 'bad'),
    a.send('basic.reject', { deliveryTag: 1, requeue: false }),
    a.holds('policies.short.dead', 0),
    a.holds(kept, 0),
  ],
  'a declare is not compared with a policy': [
    a.ask('queue.declare', q('short.q')),
    a.send('queue.declare', q('short.q', { 'x-max-length': 2 })),
    a.refused(
      406,
      "inequivalent arg 'x-max-length' for queue 'policies.short.q' in vhost '/': received the value '2' of type 'signedint' but current is none",
    ),
  ],
  'an alternate exchange': [
    a.ask('queue.declare', { queue: kept }),
    a.ask('exchange.declare', { exchange: 'policies.lost', type: 'fanout' }),
    a.ask('queue.bind', { queue: kept, exchange: 'policies.lost', routingKey: '' }),
    a.ask('exchange.declare', { exchange: 'policies.x', type: 'direct' }),
    a.publish('policies.x', 'nowhere', 'm'),
    a.holds(kept, 1),
    a.ask('exchange.declare', {
      exchange: 'policies.x.own',
      type: 'direct',
      arguments: { 'alternate-exchange': 'amq.headers' },
    }),
    a.publish('policies.x.own', 'nowhere', 'm'),
    a.holds(kept, 1),
  ],
})
