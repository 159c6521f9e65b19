// From the first octets to connection.open-ok, and the ways in which that goes wrong.

import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { encodeTable } from '../../src/wire/amqp/field-table.ts'
import { all, dialogues, differs, login, pause, Speaker, type Step, startOk } from './dialogue.ts'

const a = new Speaker('a', 0)

const MUTE = 'RabbitMQ ends the socket of a client that fails in the handshake without saying why'

const dial = a.dial(PROTOCOL_HEADER)
const started = all(dial, a.hear('connection.start'))
const authenticated = all(started, a.send('connection.start-ok', startOk()), a.hear('connection.tune'))

/** Tunes with these values and hears a refusal. */
function untunable(channelMax: number, frameMax: number, text: string): readonly Step[] {
  return [
    authenticated,
    a.send('connection.tune-ok', { channelMax, frameMax, heartbeat: 0 }),
    differs(MUTE, {
      signalbox: [a.expelled(530, text, 'connection.tune-ok')],
      rabbit: [a.cutOff()],
    }),
  ]
}

const open = all(a.send('connection.open', { virtualHost: '/' }), a.hear('connection.open-ok'))
const heartbeat = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0xce)
const table = (fields: { [key: string]: string }) => encodeTable(fields).subarray(4)

dialogues({
  'what is no AMQP is told the version that is spoken, and the socket ends': [
    a.dial('GET / HTTP/1.1\r\n\r\n'),
    a.hearOctets('AMQP\x00\x00\x09\x01'),
  ],
  'AMQP 1.0 is told the version': [a.dial('AMQP\x00\x01\x00\x00'), a.hearOctets('AMQP\x00\x00\x09\x01')],
  'AMQP 0-8 is told the version': [
    a.dial('AMQP\x01\x01\x08\x00'),
    differs('RabbitMQ 3.10 still spoke AMQP 0-8', {
      signalbox: [a.hearOctets('AMQP\x00\x00\x09\x01')],
      rabbit: [a.hear('connection.start'), a.hangUp()],
    }),
  ],
  'AMQP 0-9 is welcome': [
    a.dial('AMQP\x01\x01\x00\x09'),
    a.hear('connection.start', { versionMajor: 0, versionMinor: 9 }),
    a.hangUp(),
  ],
  'the first octets may come one by one': [
    a.dial('AM'),
    pause(5),
    a.octets('QP\x00\x00'),
    pause(5),
    a.octets('\x09\x01'),
    a.hear('connection.start'),
    a.hangUp(),
  ],
  'start names versions, mechanisms and locales': [
    dial,
    a.hear('connection.start', {
      versionMajor: 0,
      versionMinor: 9,
      mechanisms: /(^| )PLAIN( |$)/,
      locales: 'en_US',
    }),
    a.hangUp(),
  ],
  'start names AMQPLAIN too': [dial, a.hear('connection.start', { mechanisms: /(^| )AMQPLAIN( |$)/ }), a.hangUp()],
  'tune proposes 2047 channels, 131072 octets, 60 seconds': [
    started,
    a.send('connection.start-ok', startOk()),
    a.hear('connection.tune', { channelMax: 2047, frameMax: 131072, heartbeat: 60 }),
    a.send('connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 0 }),
    open,
    a.leave(),
  ],
  'AMQPLAIN logs in': [
    started,
    a.send('connection.start-ok', {
      ...startOk(),
      mechanism: 'AMQPLAIN',
      response: table({ LOGIN: 'guest', PASSWORD: 'guest' }),
    }),
    a.hear('connection.tune'),
    a.send('connection.tune-ok', { channelMax: 0x7ff, frameMax: 131072, heartbeat: 0 }),
    open,
  ],
  'a wrong password is refused in words to those who understand them': [
    started,
    a.send('connection.start-ok', { ...startOk(), response: '\0guest\0wrong' }),
    a.expelled(
      403,
      'Login was refused using authentication mechanism PLAIN. For details see the broker logfile.',
      'nothing',
    ),
  ],
  'an unknown user is refused with the same words': [
    started,
    a.send('connection.start-ok', { ...startOk(), response: '\0whoever\0guest' }),
    a.expelled(
      403,
      'Login was refused using authentication mechanism PLAIN. For details see the broker logfile.',
      'nothing',
    ),
  ],
  'AMQPLAIN with a wrong password is refused': [
    started,
    a.send('connection.start-ok', {
      ...startOk(),
      mechanism: 'AMQPLAIN',
      response: table({ LOGIN: 'guest', PASSWORD: 'wrong' }),
    }),
    a.expelled(
      403,
      'Login was refused using authentication mechanism AMQPLAIN. For details see the broker logfile.',
      'nothing',
    ),
  ],
  'without the capability, a refused login just ends the socket': [
    started,
    a.send('connection.start-ok', {
      ...startOk({ capabilities: { authentication_failure_close: false } }),
      response: '\0guest\0wrong',
    }),
    a.cutOff(),
  ],
  'an unknown mechanism': [
    started,
    a.send('connection.start-ok', { ...startOk(), mechanism: 'TELEPATHY' }),
    differs(MUTE, {
      signalbox: [a.expelled(503, "unknown authentication mechanism 'TELEPATHY'", 'connection.start-ok')],
      rabbit: [a.cutOff()],
    }),
  ],
  'a PLAIN response that is none': [
    started,
    a.send('connection.start-ok', { ...startOk(), response: 'guest' }),
    differs(MUTE, {
      signalbox: [a.expelled(502, /^SYNTAX_ERROR - /, 'connection.start-ok')],
      rabbit: [a.cutOff()],
    }),
  ],
  'no more channels than proposed': untunable(
    2048,
    131072,
    'negotiated channel_max = 2048 is higher than the maximum allowed value (2047)',
  ),
  'not unlimited channels': untunable(
    0,
    131072,
    'negotiated channel_max = 0 is higher than the maximum allowed value (2047)',
  ),
  'no larger frames than proposed': untunable(
    2047,
    131073,
    'negotiated frame_max = 131073 is higher than the maximum allowed value (131072)',
  ),
  'not unlimited frames': untunable(
    2047,
    0,
    'negotiated frame_max = 0 is higher than the maximum allowed value (131072)',
  ),
  'no smaller frames than 4096': untunable(
    2047,
    4095,
    'negotiated frame_max = 4095 is lower than the minimum allowed value (4096)',
  ),
  'frames of 4096 octets are enough': [
    authenticated,
    a.send('connection.tune-ok', { channelMax: 1, frameMax: 4096, heartbeat: 0 }),
    open,
  ],
  'an unknown vhost': [
    authenticated,
    a.send('connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 0 }),
    a.send('connection.open', { virtualHost: 'nowhere' }),
    a.expelled(530, 'vhost nowhere not found', 'connection.open'),
  ],
  'a vhost without permission': [
    started,
    a.send('connection.start-ok', startOk({ user: 'nobody' })),
    a.hear('connection.tune'),
    a.send('connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 0 }),
    a.send('connection.open', { virtualHost: '/' }),
    a.expelled(530, "access to vhost '/' refused for user 'nobody'", 'connection.open'),
  ],
  'the server sends heartbeats': [
    authenticated,
    a.send('connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 1 }),
    open,
    a.octets(heartbeat),
    a.heartbeats(1),
    a.octets(heartbeat),
    a.heartbeats(1),
    a.leave(),
  ],
  'a silent client is dropped after two missed heartbeats': [
    authenticated,
    a.send('connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 1 }),
    open,
    a.cutOff(),
  ],
  'no heartbeat is due when none was agreed on': [
    login('a', {}),
    new Speaker('a', 1).silence(),
    pause(2500),
    new Speaker('a', 1).silence(),
  ],
  'update-secret with the same user': [
    new Speaker('a', 1).silence(),
    a.ask('connection.update-secret', { newSecret: 'guest', reason: 'a new one' }),
    a.leave(),
  ],
  'update-secret that is no password of the user': [
    new Speaker('a', 1).silence(),
    a.send('connection.update-secret', { newSecret: 'wrong', reason: 'a new one' }),
    differs('RabbitMQ looks at a new secret only where it comes from an OAuth 2 server', {
      signalbox: [a.expelled(530, 'New secret was refused by one of the backends', 'connection.update-secret')],
      rabbit: [a.hear('connection.update-secret-ok')],
    }),
  ],
})
