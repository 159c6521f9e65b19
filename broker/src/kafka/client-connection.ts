/** An open Kafka connection as the broker knows it: whose it is, how it is called, how it is ended. */
import type { ClientChannel, ClientConnection, Traffic } from '../broker/connections.ts'
import type { Headers } from '../broker/routing/headers.ts'
import { trafficOf } from '../net/connection.ts'
import type { KafkaSession } from './session.ts'

export class KafkaConnection implements ClientConnection {
  readonly name: string
  readonly user: string
  readonly vhost: string
  readonly connectedAt: number
  readonly protocol = 'Kafka'
  /** Kafka has none. */
  readonly channelCount = 0
  private readonly session: KafkaSession

  constructor(session: KafkaSession, user: string, vhost: string) {
    this.session = session
    this.name = session.name
    this.user = user
    this.vhost = vhost
    this.connectedAt = session.now
  }

  get state(): ClientConnection['state'] {
    return this.session.state === 'closed' ? 'closing' : this.session.pacing.state
  }

  get traffic(): Traffic {
    return trafficOf(this.session.transport)
  }

  channels(): Iterable<ClientChannel> {
    return []
  }

  channel(): undefined {}

  describe(): Headers {
    const { session } = this
    const { peer } = session.transport
    return {
      type: 'network',
      protocol: this.protocol,
      node: session.context.broker.node,
      host: peer.localAddress,
      port: peer.localPort,
      peer_host: peer.address,
      peer_port: peer.port,
      ssl: peer.tls !== null,
      ssl_protocol: peer.tls?.protocol ?? '',
      ssl_cipher: peer.tls?.cipher ?? '',
      auth_mechanism: session.mechanism,
      client_properties: {
        product: session.softwareName,
        version: session.softwareVersion,
        ...(session.clientId !== '' && { connection_name: session.clientId }),
      },
      ...(session.clientId !== '' && { user_provided_name: session.clientId }),
    }
  }

  forceClose(reason: string): void {
    this.session.close(reason)
  }
}
