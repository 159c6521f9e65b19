/** A connection as the management API gives it, and what of it people recognise. */
import type { Details } from '../../api/samples.ts'
import type { Arguments } from '../../api/types.ts'
import type { Tone } from '../../parts/badge.tsx'

export interface ConnectionRow {
  /** Both ends: `10.0.0.7:40000 -> 10.0.0.1:5672`. */
  readonly name: string
  /** What the client calls itself. */
  readonly user_provided_name?: string
  readonly user: string
  readonly vhost: string
  readonly protocol: string
  readonly state?: string
  readonly channels?: number
  readonly node?: string
  readonly host?: string
  readonly port?: number
  readonly peer_host?: string
  readonly peer_port?: number
  readonly ssl?: boolean
  readonly ssl_protocol?: string | null
  readonly ssl_cipher?: string | null
  readonly auth_mechanism?: string
  /** Seconds between heartbeats. */
  readonly timeout?: number
  readonly frame_max?: number
  readonly channel_max?: number
  readonly connected_at: number
  readonly client_properties?: Arguments
  readonly recv_oct?: number
  readonly recv_oct_details?: Details
  readonly send_oct?: number
  readonly send_oct_details?: Details
  readonly recv_cnt?: number
  readonly send_cnt?: number
  /** Octets that the client has not taken yet. */
  readonly send_pend?: number
}

/** Ten minutes of traffic, one sample each five seconds. */
export const TRAFFIC_HISTORY = { data_rates_age: 600, data_rates_incr: 5 } as const

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** `amqplib 2.3.1` */
export function clientOf({ client_properties: properties = {} }: ConnectionRow): string {
  return [properties.product, properties.version].map(textOf).filter(Boolean).join(' ')
}

/** The client's end: `10.0.0.7:40000`. */
export const peerOf = ({ name }: { readonly name: string }): string => name.split(' -> ')[0]

export const titleOf = (connection: ConnectionRow): string => connection.user_provided_name || peerOf(connection)

export const hasChannels = ({ protocol }: ConnectionRow): boolean => protocol.startsWith('AMQP')

export const CONNECTION_STATES: Readonly<Record<string, { readonly tone: Tone; readonly text: string }>> = {
  running: { tone: 'good', text: 'Reads and writes as they come' },
  blocked: { tone: 'danger', text: 'An alarm keeps it from publishing' },
  blocking: { tone: 'warn', text: 'An alarm is on: it is blocked as soon as it publishes' },
  flow: { tone: 'warn', text: 'Publishes faster than the log can write, and is slowed down' },
  closing: { tone: 'neutral', text: 'On its way out' },
}
