// Opening, closing and misusing channels.

import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { encodeMethod } from '../../src/wire/amqp/methods.ts'
import { dialogues, differs, pause, Speaker, startOk } from './dialogue.ts'

const a = new Speaker('a', 1)
const other = new Speaker('a', 2)
const connection = new Speaker('a', 0)
const TOO_MANY = 'number of channels opened (1) has reached the negotiated channel_max (1)'
const closing = { replyCode: 200, replyText: 'done', classId: 0, methodId: 0 }

dialogues({
  'a channel closes and opens again': [a.silence(), a.close(), a.silence(), a.close()],
  'a channel opened twice': [
    a.silence(),
    a.send('channel.open', {}),
    a.expelled(504, "second 'channel.open' seen", 'channel.open'),
  ],
  'a method on a channel that is not open': [
    connection.octets(encodeMethod(5, 'queue.purge', { queue: 'x' })),
    connection.expelled(504, "expected 'channel.open'", 'queue.purge'),
  ],
  'the channel with the highest number': [new Speaker('a', 2047).silence()],
  'more channels than agreed on': [
    connection.dial(PROTOCOL_HEADER),
    connection.hear('connection.start'),
    connection.send('connection.start-ok', startOk()),
    connection.hear('connection.tune'),
    connection.send('connection.tune-ok', { channelMax: 1, frameMax: 4096, heartbeat: 0 }),
    connection.ask('connection.open', { virtualHost: '/' }),
    a.silence(),
    connection.octets(encodeMethod(2, 'channel.open', {})),
    differs('Signalbox names the method in more of the cases in which it closes a connection', {
      signalbox: [connection.expelled(530, TOO_MANY, 'channel.open')],
      rabbit: [connection.expelled(530, TOO_MANY, 'nothing')],
    }),
  ],
  'flow: a channel may ask to be served, not to be held': [
    a.ask('channel.flow', { active: true }, { active: true }),
    a.send('channel.flow', { active: false }),
    a.expelled(540, 'active=false', 'channel.flow'),
  ],
  'an error on one channel leaves the others alone': [
    a.ask('queue.declare', { queue: 'channels.other' }),
    other.send('queue.declare', { queue: 'channels.missing', passive: true }),
    other.refused(404, "no queue 'channels.missing' in vhost '/'"),
    a.ask('queue.declare', { queue: 'channels.other', passive: true }),
    other.silence(),
  ],
  'between close and close-ok everything else is ignored': [
    a.send('queue.declare', { queue: 'channels.missing', passive: true }),
    a.send('queue.declare', { queue: 'channels.ignored' }),
    a.publish('', 'channels.ignored', 'lost'),
    a.refused(404, "no queue 'channels.missing' in vhost '/'", 'queue.declare'),
    a.send('queue.declare', { queue: 'channels.ignored', passive: true }),
    a.refused(404, "no queue 'channels.ignored' in vhost '/'"),
  ],
  'close answered by close while the broker closes too': [
    a.send('queue.declare', { queue: 'channels.missing', passive: true }),
    a.hear('channel.close', { replyCode: 404 }),
    a.send('channel.close', closing),
    a.hear('channel.close-ok'),
    a.send('channel.close-ok', {}),
    pause(10),
    other.silence(),
  ],
  'the old access.request is answered with ticket 1': [a.ask('access.request', { realm: '/data' }, { ticket: 1 })],
  'a reply that nobody asked for': [
    a.send('queue.declare-ok', { queue: 'x', messageCount: 0, consumerCount: 0 }),
    a.expelled(503, 'unimplemented method', 'queue.declare-ok'),
  ],
})
