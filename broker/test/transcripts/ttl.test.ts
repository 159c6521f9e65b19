// Time to live: of messages, by their queue and by their own expiration.

import { all, dialogues, differs, pause, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const other = new Speaker('a', 2)

const name = 'ttl.q'
const queue = (args = {}) => a.ask('queue.declare', { queue: name, arguments: args })
const say = (body: string, expiration?: string) =>
  a.publish('', name, body, expiration === undefined ? {} : { expiration })
const get = a.send('basic.get', { queue: name, noAck: true })
const empty = all(get, a.hear('basic.get-empty'))
const invalid = (value: unknown, why: string) => [
  a.send('queue.declare', { queue: name, arguments: { 'x-message-ttl': value as number } }),
  a.refused(406, `invalid arg 'x-message-ttl' for queue '${name}' in vhost '/': ${why}`),
]

const HEAD = 'RabbitMQ takes expired messages out of a classic queue only at its head'

dialogues({
  "a message lives as long as its queue's time to live": [
    queue({ 'x-message-ttl': 100 }),
    say('1'),
    say('2'),
    pause(250),
    a.ask('queue.declare', { queue: name, passive: true }, { messageCount: 0 }),
    empty,
  ],
  'a message is there before its time': [
    queue({ 'x-message-ttl': 60_000 }),
    say('1', '60000'),
    a.holds(name, 1),
    get,
    a.got(1, '1', { properties: { expiration: '60000' } }),
  ],
  'its own expiration': [
    queue(),
    say('short', '50'),
    pause(200),
    empty,
    say('long', '60000'),
    a.holds(name, 1),
    get,
    a.got(1, 'long'),
  ],
  'the lower of both: its own': [queue({ 'x-message-ttl': 60_000 }), say('1', '50'), pause(200), empty],
  "the lower of both: the queue's": [queue({ 'x-message-ttl': 50 }), say('1', '60000'), pause(200), empty],
  '0 is for those who wait already': [
    queue({ 'x-message-ttl': 0 }),
    say('nobody there'),
    empty,
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    say('somebody there'),
    a.delivery('c', 1, 'somebody there'),
  ],
  'an expiration of 0 likewise': [
    queue(),
    say('nobody there', '0'),
    empty,
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    say('somebody there', '0'),
    a.delivery('c', 1, 'somebody there'),
  ],
  'expired messages behind a live one': [
    queue(),
    say('lives'),
    say('dies', '50'),
    say('lives too', '60000'),
    pause(200),
    differs(HEAD, { signalbox: [a.holds(name, 2)], rabbit: [a.holds(name, 3)] }),
    get,
    a.got(1, 'lives'),
    get,
    a.got(2, 'lives too'),
    empty,
  ],
  'what was delivered in time may be acknowledged late': [
    queue({ 'x-message-ttl': 50 }),
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    say('1'),
    a.delivery('c', 1, '1'),
    pause(150),
    a.send('basic.ack', { deliveryTag: 1 }),
    a.silence(name),
  ],
  'requeued, it keeps its deadline': [
    queue({ 'x-message-ttl': 100 }),
    say('1'),
    a.send('basic.get', { queue: name }),
    a.got(1, '1'),
    pause(200),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.silence(),
    pause(50),
    empty,
  ],
  'requeued with an expiration, it keeps that deadline': [
    queue(),
    say('1', '100'),
    a.send('basic.get', { queue: name }),
    a.got(1, '1'),
    pause(200),
    a.send('basic.nack', { deliveryTag: 1, requeue: true }),
    a.silence(),
    pause(50),
    empty,
  ],
  'an expired message is never delivered, even to a consumer that comes later': [
    queue({ 'x-message-ttl': 50 }),
    say('1'),
    say('2'),
    pause(150),
    a.ask('basic.consume', { queue: name, consumerTag: 'c' }),
    say('3'),
    a.delivery('c', 1, '3'),
    a.silence(name),
  ],
  'expired is confirmed': [
    a.ask('confirm.select', {}),
    queue({ 'x-message-ttl': 0 }),
    say('1'),
    a.hear('basic.ack', { deliveryTag: 1 }),
    empty,
  ],
  'an expiration that is no number of milliseconds': [
    queue(),
    say('0', '+60000'),
    a.holds(name, 1),
    get,
    a.got(1, '0', { properties: { expiration: '+60000' } }),
    say('1', 'soon'),
    a.refused(406, "invalid expiration 'soon': no_integer", 'basic.publish'),
    say('2', '-5'),
    a.refused(406, "invalid expiration '-5': {value_negative,-5}", 'basic.publish'),
    say('3', '1.5'),
    a.refused(406, 'invalid expiration \'1.5\': {leftover_string,".5"}', 'basic.publish'),
    say('4', '99999999999999'),
    a.refused(406, "invalid expiration '99999999999999': {value_too_large,99999999999999}", 'basic.publish'),
    say('5', ''),
    a.refused(406, "invalid expiration '': no_integer", 'basic.publish'),
    say('6', '10s'),
    a.refused(406, 'invalid expiration \'10s\': {leftover_string,"s"}', 'basic.publish'),
    say('7', ' 7'),
    a.refused(406, "invalid expiration ' 7': no_integer", 'basic.publish'),
    a.holds(name, 0),
  ],
  'the longest expiration': [queue(), say('1', '315360000000'), a.holds(name, 1)],
  'a time to live that is none': [
    ...invalid(-1, '{value_negative,-1}'),
    ...invalid('100', '"expected integer, got longstr"'),
    ...invalid(true, '"expected integer, got bool"'),
    ...invalid(1.5, '"expected integer, got double"'),
    ...invalid(315_360_000_001, '{value_too_large,315360000001}'),
    a.ask('queue.declare', { queue: name, arguments: { 'x-message-ttl': 315_360_000_000 } }),
  ],
  'declared again': [
    queue({ 'x-message-ttl': 1000 }),
    queue({ 'x-message-ttl': 1000 }),
    a.send('queue.declare', { queue: name, arguments: { 'x-message-ttl': 2000 } }),
    a.refused(
      406,
      `inequivalent arg 'x-message-ttl' for queue '${name}' in vhost '/': received '2000' but current is '1000'`,
    ),
    a.send('queue.declare', { queue: name }),
    a.refused(
      406,
      `inequivalent arg 'x-message-ttl' for queue '${name}' in vhost '/': received none but current is the value '1000' of type 'signedint'`,
    ),
  ],
  'declared again with one': [
    queue(),
    a.send('queue.declare', { queue: name, arguments: { 'x-message-ttl': 1000 } }),
    a.refused(
      406,
      `inequivalent arg 'x-message-ttl' for queue '${name}' in vhost '/': received the value '1000' of type 'signedint' but current is none`,
    ),
  ],
  'purged and counted while some are expired': [
    queue({ 'x-message-ttl': 60_000 }),
    say('1', '30'),
    say('2'),
    pause(120),
    a.ask('queue.purge', { queue: name }, { messageCount: 1 }),
    other.silence(name),
  ],
})
