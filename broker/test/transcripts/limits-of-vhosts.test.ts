// How many connections, channels and queues a vhost and a user may have.

import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { all, dialogues, differs, login, pause, Speaker, type Step, startOk } from './dialogue.ts'

const first = new Speaker('first', 1)
const second = new Speaker('second', 0)

const TOO_MANY_CHANNELS =
  "number of channels opened for user 'narrow' has reached the maximum allowed user limit of (1)"

/** The second connection gets as far as connection.open. */
function opens(user: string, virtualHost: string): Step {
  return all(
    second.dial(PROTOCOL_HEADER),
    second.hear('connection.start'),
    second.send('connection.start-ok', startOk({ user })),
    second.hear('connection.tune'),
    second.send('connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 0 }),
    second.send('connection.open', { virtualHost }),
  )
}

/** Asks for a channel, whatever the answer will be. */
function opensChannel(number: number): Step {
  return async (run) => (await run.client('first')).send(number, 'channel.open', {})
}

dialogues({
  'a vhost takes no more connections than it may': [
    login('first', { user: 'limited', virtualHost: 'limited' }),
    first.ask('channel.flow', { active: true }),
    opens('limited', 'limited'),
    second.expelled(
      530,
      "access to vhost 'limited' refused for user 'limited': connection limit (1) is reached",
      'connection.open',
    ),
    first.leave(),
    opens('limited', 'limited'),
    second.hear('connection.open-ok'),
  ],
  'a vhost takes no more queues than it may, and the old ones may be declared again': [
    login('first', { user: 'limited', virtualHost: 'limited' }),
    first.ask('queue.declare', { queue: 'limits.one', exclusive: true }),
    first.ask('queue.declare', { queue: 'limits.one', exclusive: true }),
    first.send('queue.declare', { queue: 'limits.two', exclusive: true }),
    first.refused(406, "cannot declare queue 'limits.two': queue limit in vhost 'limited' (1) is reached"),
    first.send('queue.declare', { queue: '', exclusive: true }),
    first.refused(
      406,
      /^PRECONDITION_FAILED - cannot declare queue 'amq\.gen-[\w-]{22}': queue limit in vhost 'limited' \(1\) is reached$/,
    ),
    first.ask('queue.delete', { queue: 'limits.one' }),
    first.ask('queue.declare', { queue: 'limits.two', exclusive: true }),
  ],
  'a user has no more connections than he may': [
    login('first', { user: 'single' }),
    first.ask('channel.flow', { active: true }),
    opens('single', '/'),
    second.expelled(
      530,
      "connection refused for user 'single': user connection limit (1) is reached",
      'connection.open',
    ),
  ],
  'a user has no more channels than he may, over all his connections': [
    login('first', { user: 'narrow' }),
    first.ask('channel.flow', { active: true }),
    first.close(),
    pause(100),
    first.ask('channel.flow', { active: true }),
    opensChannel(2),
    differs('Signalbox names the method in more of the cases in which it closes a connection', {
      signalbox: [first.expelled(530, TOO_MANY_CHANNELS, 'channel.open')],
      rabbit: [first.expelled(530, TOO_MANY_CHANNELS, 'nothing')],
    }),
  ],
})
