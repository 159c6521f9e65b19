// Frames out of place and octets that are no frames: each has its answer, and other connections go on.

import { encodeContent } from '../../src/wire/amqp/content.ts'
import { encodeMethod } from '../../src/wire/amqp/methods.ts'
import { dialogues, differs, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const connection = new Speaker('a', 0)
const bystander = new Speaker('bystander', 1)

const publish = encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'malformed.q' })
const header = (size: number) => encodeContent(1, {}, new Uint8Array(size), 0).subarray(0, 22)
const frame = (type: number, channel: number, payload: readonly number[], end = 0xce) =>
  Uint8Array.of(type, channel >> 8, channel & 0xff, 0, 0, payload.length >> 8, payload.length & 0xff, ...payload, end)
const CUT_OFF = 'RabbitMQ 3.10 ends the socket without a word over a method or an argument that it does not know'
const SYNTAX = 'RabbitMQ 3.10 answers arguments that it cannot read with 501, AMQP asks for 502'
const unknownMethod = frame(1, 1, [0, 60, 0, 99])

dialogues({
  'a frame without its end': [
    bystander.silence(),
    a.silence(),
    a.octets(frame(1, 1, [0, 20, 0, 20, 1], 0xcd)),
    connection.expelled(501, /.*/, 'nothing'),
    bystander.silence(),
  ],
  'a frame type that does not exist': [
    a.silence(),
    a.octets(frame(5, 1, [1])),
    connection.expelled(501, /.*/, 'nothing'),
  ],
  'a frame larger than agreed on': [
    a.silence(),
    a.octets(Uint8Array.of(3, 0, 1, 0, 2, 0, 1), new Uint8Array(131073)),
    connection.expelled(501, /.*/, 'nothing'),
  ],
  'a heartbeat on a channel': [a.silence(), a.octets(frame(8, 1, [])), connection.expelled(505, /.*/, 'nothing')],
  'a header without a method': [a.silence(), a.octets(header(1)), connection.expelled(505, /.*/, 'nothing')],
  'a body without a header': [
    a.silence(),
    a.octets(publish, frame(3, 1, [1])),
    connection.expelled(505, /.*/, 'basic.publish'),
  ],
  'a method in the middle of content': [
    a.silence(),
    a.octets(publish, header(5), encodeMethod(1, 'channel.flow', { active: true })),
    connection.expelled(505, /.*/, 'basic.publish'),
  ],
  'more body than announced': [
    a.silence(),
    a.octets(publish, header(1), frame(3, 1, [1, 2])),
    differs('RabbitMQ waits for more after more body than was announced', {
      signalbox: [connection.expelled(505, 'body is longer than its header says', 'basic.publish')],
      rabbit: [a.hangUp()],
    }),
  ],
  'content of another class': [
    a.silence(),
    a.octets(publish, frame(2, 1, [0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
    connection.expelled(505, /.*/, 'basic.publish'),
  ],
  'a method that does not exist': [
    a.silence(),
    a.octets(unknownMethod),
    differs(CUT_OFF, {
      signalbox: [connection.expelled(540, /unknown method \{60,99\}/, [60, 99])],
      rabbit: [connection.cutOff()],
    }),
  ],
  'a method cut short': [
    a.silence(),
    a.octets(frame(1, 1, [0, 50, 0, 10, 0, 0, 5])),
    differs(SYNTAX, {
      signalbox: [connection.expelled(502, /.*/, 'queue.declare')],
      rabbit: [connection.expelled(501, /.*/, 'queue.declare')],
    }),
  ],
  'a method frame of three octets': [
    a.silence(),
    a.octets(frame(1, 1, [0, 50, 0])),
    differs(SYNTAX, {
      signalbox: [connection.expelled(502, /.*/, 'nothing')],
      rabbit: [connection.expelled(501, /.*/, 'nothing')],
    }),
  ],
  'an argument table that is none': [
    a.silence(),
    a.octets(frame(1, 1, [0, 50, 0, 10, 0, 0, 1, 0x71, 0, 0, 0, 0, 3, 1, 0x6b, 0x7a])),
    differs(CUT_OFF, {
      signalbox: [connection.expelled(502, /unknown field type 122/, 'queue.declare')],
      rabbit: [connection.cutOff()],
    }),
  ],
  'a channel method on channel 0': [
    a.silence(),
    connection.octets(encodeMethod(0, 'queue.declare', { queue: 'malformed.q' })),
    connection.expelled(504, 'unexpected method in connection state running', 'queue.declare'),
  ],
  'a connection method on a channel': [
    a.silence(),
    a.octets(encodeMethod(1, 'connection.tune-ok', { channelMax: 1, frameMax: 4096, heartbeat: 0 })),
    connection.expelled(503, /.*/, 'connection.tune-ok'),
  ],
  'a client that hangs up in the middle of a message leaves nothing': [
    a.silence(),
    bystander.ask('queue.declare', { queue: 'malformed.q' }),
    a.octets(publish, header(5), frame(3, 1, [1, 2])),
    a.hangUp(),
    bystander.ask('queue.declare', { queue: 'malformed.q', passive: true }, { messageCount: 0 }),
  ],
})
