/** Every method of a channel and who handles it. Publishes and acks do not come this way: the session reads them by hand. */
import { ReplyCode } from '../wire/amqp/constants.ts'
import type { Method, MethodArgs, MethodName } from '../wire/amqp/methods.ts'
import { basicHandlers } from './basic-class.ts'
import type { Channel } from './channel.ts'
import { exchangeHandlers } from './exchange-class.ts'
import { modeHandlers } from './mode-class.ts'
import { queueHandlers } from './queue-class.ts'
import { ProtocolError } from './reply.ts'
import type { AmqpSession } from './session.ts'

/** Handles one method: answers it, or throws a Refusal or ProtocolError that closes the channel or the connection. */
export type Handlers = {
  readonly [N in MethodName]?: (session: AmqpSession, channel: Channel, args: MethodArgs<N>) => void
}

const channelHandlers: Handlers = {
  'channel.open'() {
    throw new ProtocolError(ReplyCode.CHANNEL_ERROR, "second 'channel.open' seen")
  },
  'channel.flow'(session, channel, { active }) {
    if (!active) throw new ProtocolError(ReplyCode.NOT_IMPLEMENTED, 'active=false')
    session.send(channel.number, 'channel.flow-ok', { active: true })
  },
  'channel.flow-ok'() {},
  'channel.close'(session, channel) {
    session.channels.drop(channel)
    session.send(channel.number, 'channel.close-ok', {})
  },
  'channel.close-ok'() {},
  'access.request'(session, channel) {
    // A relic of AMQP 0-8 that some old clients still send before anything else.
    session.send(channel.number, 'access.request-ok', { ticket: 1 })
  },
}

const handlers: Handlers = {
  ...channelHandlers,
  ...exchangeHandlers,
  ...queueHandlers,
  ...basicHandlers,
  ...modeHandlers,
}

export function handleChannelMethod(session: AmqpSession, channel: Channel, method: Method): void {
  const handle = handlers[method.name] as ((s: AmqpSession, c: Channel, args: unknown) => void) | undefined
  if (handle === undefined) {
    throw new ProtocolError(ReplyCode.COMMAND_INVALID, 'unimplemented method')
  }
  handle(session, channel, method.args)
}
