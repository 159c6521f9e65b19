/** Class connection: the handshake (AMQP 0-9-1 §2.2.4), login and the orderly end. */
import { DIALECT } from '../broker/dialect.ts'
import { FRAME_MIN_SIZE, ReplyCode, replyText } from '../wire/amqp/constants.ts'
import type { FieldTable } from '../wire/amqp/field-table.ts'
import type { Method, MethodArgs } from '../wire/amqp/methods.ts'
import { connectionName } from './client-connection.ts'
import { MECHANISMS, readCredentials } from './login.ts'
import { ProtocolError } from './reply.ts'
import type { AmqpSession } from './session.ts'

/** A refused login is answered late, so that guessing is slow. */
const REFUSAL_DELAY_MS = 400

export function startHandshake(session: AmqpSession): void {
  const { product, signalboxVersion } = session.amqp.settings
  session.send(0, 'connection.start', {
    versionMajor: 0,
    versionMinor: 9,
    serverProperties: {
      capabilities: {
        publisher_confirms: true,
        exchange_exchange_bindings: true,
        'basic.nack': true,
        consumer_cancel_notify: true,
        'connection.blocked': true,
        consumer_priorities: false,
        authentication_failure_close: true,
        per_consumer_qos: true,
        direct_reply_to: true,
      },
      cluster_name: 'signalbox',
      product,
      version: DIALECT,
      signalbox_version: signalboxVersion,
      platform: `Node.js ${process.versions.node}`,
      copyright: 'Copyright the Signalbox authors',
      information: 'Licensed under the Apache License, Version 2.0',
    },
    mechanisms: MECHANISMS.join(' '),
    locales: 'en_US',
  })
}

export function handleConnectionMethod(session: AmqpSession, method: Method): void {
  switch (method.name) {
    case 'connection.close':
      session.send(0, 'connection.close-ok', {})
      session.close()
      return
    case 'connection.close-ok':
      if (session.state === 'closing') session.close()
      return
  }
  if (session.state === 'closing') return
  switch (method.name) {
    case 'connection.start-ok':
      expect(session, 'start', method.name)
      startOk(session, method.args)
      return
    case 'connection.tune-ok':
      expect(session, 'tune', method.name)
      tuneOk(session, method.args)
      return
    case 'connection.open':
      expect(session, 'open', method.name)
      open(session, method.args.virtualHost)
      return
    case 'connection.update-secret':
      expect(session, 'running', method.name)
      updateSecret(session, method.args)
      return
    case 'connection.blocked':
    case 'connection.unblocked':
      return
    default:
      throw new ProtocolError(ReplyCode.CHANNEL_ERROR, `unexpected method in connection state ${session.state}`)
  }
}

function expect(session: AmqpSession, state: AmqpSession['state'], name: string): void {
  if (session.state !== state) throw new ProtocolError(ReplyCode.COMMAND_INVALID, `unexpected method '${name}'`)
}

function startOk(session: AmqpSession, args: MethodArgs<'connection.start-ok'>): void {
  const capabilities = (args.clientProperties.capabilities ?? {}) as FieldTable
  session.clientProperties = args.clientProperties
  session.client = {
    cancelNotify: capabilities.consumer_cancel_notify === true,
    blocked: capabilities['connection.blocked'] === true,
    authenticationFailureClose: capabilities.authentication_failure_close === true,
  }
  const credentials = readCredentials(args.mechanism, args.response)
  const { broker, transport } = session
  const user = broker.access.authenticate(credentials.name, credentials.password, transport.peer.loopback)
  session.mechanism = args.mechanism
  broker.loginAttempts.count('amqp091', user !== null)
  broker.events.emit(user === null ? 'user.authentication.failure' : 'user.authentication.success', {
    name: credentials.name,
    mechanism: args.mechanism,
    peer: transport.peer,
    connectionName: connectionName(transport.peer),
  })
  if (user === null) {
    refuseLogin(session, args.mechanism, credentials.name)
    return
  }
  session.user = user
  session.state = 'tune'
  const { channelMax, frameMax, heartbeat } = session.amqp.settings
  session.send(0, 'connection.tune', { channelMax, frameMax, heartbeat })
}

function refuseLogin(session: AmqpSession, mechanism: string, name: string): void {
  const { broker, transport } = session
  broker.logger.warn({ peer: transport.peer.address, user: name, mechanism }, 'login refused')
  const text = `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`
  session.answers.hold((release) =>
    session.atDeadline(REFUSAL_DELAY_MS, () =>
      release(() => {
        if (!session.client.authenticationFailureClose) session.close()
        else session.closeWith(ReplyCode.ACCESS_REFUSED, replyText(ReplyCode.ACCESS_REFUSED, text), 0)
      }),
    ),
  )
}

function tuneOk(session: AmqpSession, args: MethodArgs<'connection.tune-ok'>): void {
  const { settings } = session.amqp
  const frameMax = negotiated('frame_max', args.frameMax, settings.frameMax)
  if (frameMax < FRAME_MIN_SIZE) {
    throw new ProtocolError(
      ReplyCode.NOT_ALLOWED,
      `negotiated frame_max = ${frameMax} is lower than the minimum allowed value (${FRAME_MIN_SIZE})`,
    )
  }
  session.reader.frameMax = frameMax
  session.channelMax = negotiated('channel_max', args.channelMax, settings.channelMax)
  session.heartbeatSeconds = args.heartbeat
  session.state = 'open'
}

/** 0 means no limit, which is more than a limit. */
function negotiated(name: string, asked: number, offered: number): number {
  if (asked === 0 || asked > offered) {
    throw new ProtocolError(
      ReplyCode.NOT_ALLOWED,
      `negotiated ${name} = ${asked} is higher than the maximum allowed value (${offered})`,
    )
  }
  return asked
}

function open(session: AmqpSession, name: string): void {
  const { broker } = session
  const vhost = broker.vhosts.get(name)
  if (vhost === undefined) throw new ProtocolError(ReplyCode.NOT_ALLOWED, `vhost ${name} not found`)
  broker.checkConnectionLimits(session.user!.name, vhost)
  broker.access.checkEntry(session.user!.name, name)
  session.vhost = vhost
  session.started()
  session.send(0, 'connection.open-ok', { reserved1: '' } as never)
}

function updateSecret(session: AmqpSession, args: MethodArgs<'connection.update-secret'>): void {
  const { broker, user, transport } = session
  const password = Buffer.from(args.newSecret).toString()
  if (broker.access.authenticate(user!.name, password, transport.peer.loopback) === null) {
    throw new ProtocolError(ReplyCode.NOT_ALLOWED, 'New secret was refused by one of the backends')
  }
  session.send(0, 'connection.update-secret-ok', {})
}

/** Ends every connection with 320; new ones are not served any more. */
export function closeAll(sessions: Iterable<AmqpSession>, reason: string): void {
  const text = replyText(ReplyCode.CONNECTION_FORCED, reason)
  for (const session of [...sessions]) {
    if (session.state === 'running') session.closeWith(ReplyCode.CONNECTION_FORCED, text, 0)
    else session.close()
  }
}
