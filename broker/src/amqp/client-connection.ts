/** An open AMQP connection as the broker knows it: whose it is, how it is called, how it is ended. */
import type { ClientChannel, ClientConnection, Traffic } from '../broker/connections.ts'
import type { Headers } from '../broker/routing/headers.ts'
import { type PeerAddress, trafficOf } from '../net/connection.ts'
import { ReplyCode, replyText } from '../wire/amqp/constants.ts'
import type { AmqpSession } from './session.ts'

export class AmqpConnection implements ClientConnection {
  readonly name: string
  readonly user: string
  readonly vhost: string
  readonly connectedAt: number
  readonly protocol = 'AMQP 0-9-1'
  private readonly session: AmqpSession

  /** Of a session that is through its handshake. */
  constructor(session: AmqpSession) {
    this.session = session
    this.name = connectionName(session.transport.peer)
    this.user = session.user!.name
    this.vhost = session.vhost!.name
    this.connectedAt = session.broker.clock.now()
  }

  get channelCount(): number {
    return this.session.channels.size
  }

  get state(): ClientConnection['state'] {
    const { session } = this
    return session.state === 'running' ? session.pacing.state : 'closing'
  }

  get traffic(): Traffic {
    return trafficOf(this.session.transport)
  }

  channels(): Iterable<ClientChannel> {
    return this.session.channels.values()
  }

  channel(number: number): ClientChannel | undefined {
    return this.session.channels.get(number) ?? undefined
  }

  describe(): Headers {
    const { session } = this
    const { peer } = session.transport
    const clientProperties = session.clientProperties as Headers
    return {
      type: 'network',
      protocol: this.protocol,
      node: session.broker.node,
      host: peer.localAddress,
      port: peer.localPort,
      peer_host: peer.address,
      peer_port: peer.port,
      ssl: peer.tls !== null,
      ssl_protocol: peer.tls?.protocol ?? '',
      ssl_cipher: peer.tls?.cipher ?? '',
      auth_mechanism: session.mechanism,
      timeout: session.heartbeatSeconds,
      frame_max: session.frameMax,
      channel_max: session.channelMax,
      client_properties: clientProperties,
      ...('connection_name' in clientProperties && { user_provided_name: clientProperties.connection_name }),
    }
  }

  forceClose(reason: string): void {
    this.session.closeWith(ReplyCode.CONNECTION_FORCED, replyText(ReplyCode.CONNECTION_FORCED, reason), 0)
  }
}

export function connectionName({ address, port, localAddress, localPort }: PeerAddress): string {
  return `${address}:${port} -> ${localAddress}:${localPort}`
}
