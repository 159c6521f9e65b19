/** A channel as the management API gives it. */
import type { ConsumerRow, MessageStats } from '../../api/types.ts'

export interface ChannelRow {
  /** Of its connection, with its number: `… -> … (1)`. */
  readonly name: string
  readonly number: number
  readonly user: string
  readonly vhost: string
  readonly state?: string
  readonly confirm: boolean
  readonly transactional: boolean
  /** Of consumers; 0: no limit. */
  readonly prefetch_count: number
  /** Of the channel as a whole. */
  readonly global_prefetch_count: number
  readonly consumer_count: number
  readonly messages_unacknowledged: number
  readonly messages_unconfirmed: number
  readonly messages_uncommitted: number
  readonly acks_uncommitted: number
  readonly idle_since?: string
  readonly oldest_unacked_since?: number
  readonly connection_details: { readonly name: string; readonly peer_host?: string; readonly peer_port?: number }
  readonly message_stats?: MessageStats
  /** Of one that was asked for alone. */
  readonly consumer_details?: readonly ConsumerRow[]
}

/** `10.0.0.7:40000 (1)`: the client's end and the number, which nobody else has. */
export function channelTitle(name: string): string {
  const [peer] = name.split(' -> ')
  const number = / \(\d+\)$/.exec(name)?.[0] ?? ''
  return `${peer}${number}`
}
