// x-recent-history: a fanout exchange that gives a queue bound later the last messages.

import { all, dialogues, pause, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)

const exchange = 'history.x'
const queue = 'history.q'
const x = (args = {}) => a.ask('exchange.declare', { exchange, type: 'x-recent-history', arguments: args })
const q = a.ask('queue.declare', { queue, exclusive: true })
const bind = (routingKey = '') => a.ask('queue.bind', { queue, exchange, routingKey })
const say = (...bodies: string[]) => all(...bodies.map((body) => a.publish(exchange, `key ${body}`, body)))
const taken = (...bodies: string[]) => [
  a.holds(queue, bodies.length),
  a.ask('basic.consume', { queue, consumerTag: 'c', noAck: true }),
  ...bodies.map((body) => a.delivery('c', /^\d+$/, body)),
  a.silence(queue),
]
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`)
const refusal = (length: unknown, shown: string) => [
  a.send('exchange.declare', {
    exchange,
    type: 'x-recent-history',
    arguments: { 'x-recent-history-length': length as number },
  }),
  a.refused(406, `Invalid argument ${shown}, 'x-recent-history-length' must be a positive integer`),
]

dialogues({
  'the last of them, oldest first, as they were published': [
    x({ 'x-recent-history-length': 3 }),
    q,
    say('1', '2'),
    a.publish(exchange, 'own key', '3', { headers: { n: 3 }, messageId: 'm', deliveryMode: 2 }),
    say('4'),
    pause(50),
    bind(),
    a.holds(queue, 3),
    a.send('basic.get', { queue, noAck: true }),
    a.got(1, '2', { exchange, routingKey: 'key 2' }),
    a.send('basic.get', { queue, noAck: true }),
    a.got(2, '3', {
      exchange,
      routingKey: 'own key',
      headers: { n: 'I:3' },
      properties: { messageId: 'm', deliveryMode: 2 },
    }),
    a.send('basic.get', { queue, noAck: true }),
    a.got(3, '4'),
  ],
  'twenty unless it says otherwise': [x(), q, say(...numbers(1, 25)), pause(100), bind(), ...taken(...numbers(6, 25))],
  'then all that is published, whatever the keys': [
    x({ 'x-recent-history-length': 1 }),
    q,
    bind('any key'),
    say('1', '2'),
    ...taken('1', '2'),
  ],
  'each binding brings them once more': [
    x({ 'x-recent-history-length': 2 }),
    q,
    say('1', '2', '3'),
    pause(50),
    bind('one'),
    a.holds(queue, 2),
    bind('two'),
    ...taken('2', '3', '2', '3'),
  ],
  'what is not to be kept is delivered all the same': [
    x({ 'x-recent-history-length': 5 }),
    q,
    bind(),
    say('1'),
    a.publish(exchange, '', 'secret', { headers: { 'x-recent-history-no-store': true } }),
    say('2'),
    ...taken('1', 'secret', '2'),
    a.ask('basic.cancel', { consumerTag: 'c' }),
    a.ask('queue.unbind', { queue, exchange, routingKey: '' }),
    bind(),
    ...taken('1', '2'),
  ],
  'kept messages are routed to nobody yet': [
    x({ 'x-recent-history-length': 5 }),
    a.publish(exchange, '', 'nobody', { mandatory: true }),
    a.returned(312, 'NO_ROUTE', 'nobody'),
    q,
    pause(20),
    bind(),
    ...taken('nobody'),
  ],
  'an exchange declared anew remembers nothing': [
    x({ 'x-recent-history-length': 5 }),
    say('1'),
    a.silence(),
    a.ask('exchange.delete', { exchange }),
    x({ 'x-recent-history-length': 5 }),
    q,
    bind(),
    pause(50),
    a.holds(queue, 0),
  ],
  'lengths that are none': [...refusal(0, '0'), ...refusal(-1, '-1'), ...refusal('a', '<<"a">>')],
})
