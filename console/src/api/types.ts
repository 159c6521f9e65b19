/** What the management API answers, as far as the console reads it. A counter that was never used is absent. */
import type { Details } from './samples.ts'

export type Arguments = Readonly<Record<string, unknown>>

type Counted<F extends string> = { readonly [K in F]?: number } & { readonly [K in F as `${K}_details`]?: Details }

export type MessageStats = Counted<
  | 'publish'
  | 'publish_in'
  | 'publish_out'
  | 'confirm'
  | 'deliver'
  | 'deliver_no_ack'
  | 'deliver_get'
  | 'get'
  | 'get_no_ack'
  | 'get_empty'
  | 'ack'
  | 'redeliver'
  | 'return_unroutable'
  | 'drop_unroutable'
>

export type Lengths = Counted<'messages' | 'messages_ready' | 'messages_unacknowledged'>

export interface ConsumerRow {
  readonly consumer_tag: string
  readonly ack_required: boolean
  readonly active?: boolean
  readonly activity_status?: string
  readonly exclusive: boolean
  readonly prefetch_count: number
  readonly arguments: Arguments
  readonly queue?: { readonly name: string; readonly vhost: string }
  readonly channel_details?: {
    readonly name?: string
    readonly number?: number
    readonly connection_name?: string
    readonly peer_host?: string
    readonly peer_port?: number
    readonly user?: string
  }
}

export interface QueueRow extends Lengths {
  readonly name: string
  readonly vhost: string
  readonly type: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly exclusive: boolean
  readonly arguments: Arguments
  readonly node?: string
  readonly state?: string
  readonly policy?: string | null
  readonly operator_policy?: string | null
  readonly effective_policy_definition?: Arguments | null
  readonly consumers?: number
  readonly consumer_utilisation?: number | null
  readonly message_bytes?: number
  readonly messages_persistent?: number
  readonly memory?: number
  readonly head_message_timestamp?: number | null
  readonly idle_since?: string
  readonly single_active_consumer_tag?: string | null
  readonly exclusive_consumer_tag?: string | null
  readonly delivery_limit?: number | string
  readonly message_stats?: MessageStats
  readonly paused?: boolean
  readonly held?: number
  readonly delayed?: number
  readonly source_topic?: string
  readonly lost_records?: number
  readonly consumer_details?: readonly ConsumerRow[]
  readonly incoming?: readonly { readonly exchange: { readonly name: string }; readonly stats: MessageStats }[]
}

export interface ExchangeRow {
  readonly name: string
  readonly vhost: string
  readonly type: string
  readonly durable: boolean
  readonly auto_delete: boolean
  readonly internal: boolean
  readonly arguments: Arguments
  readonly policy?: string | null
  readonly message_stats?: MessageStats
  readonly delayed?: number
  readonly schedule?: Schedule
}

/** Times in ms since 1970. */
export interface Schedule {
  readonly next_at: number | null
  readonly last_at: number | null
  readonly fired: number
  readonly missed: number
}

export interface BindingRow {
  readonly source: string
  readonly vhost: string
  readonly destination: string
  readonly destination_type: 'queue' | 'exchange' | (string & {})
  readonly routing_key: string
  readonly arguments: Arguments
  readonly properties_key: string
}

export interface Overview {
  readonly cluster_name: string
  readonly node: string
  readonly rabbitmq_version: string
  readonly product_name: string
  readonly product_version: string
  readonly exchange_types?: readonly { readonly name: string; readonly enabled?: boolean }[]
  /** For users who monitor. */
  readonly listeners?: readonly {
    readonly node: string
    readonly protocol: string
    readonly ip_address: string
    readonly port: number
  }[]
  readonly object_totals: Readonly<Record<'connections' | 'channels' | 'queues' | 'exchanges' | 'consumers', number>>
  readonly queue_totals: Lengths
  readonly message_stats: MessageStats
}

export interface NodeRow {
  readonly name: string
  readonly running: boolean
  readonly uptime: number
  readonly mem_used: number
  readonly mem_limit: number
  readonly mem_alarm: boolean
  readonly disk_free: number
  readonly disk_free_limit: number
  readonly disk_free_alarm: boolean
  readonly fd_used?: number
  readonly fd_total?: number
  readonly sockets_used?: number
  readonly processors?: number
  readonly os_pid?: string
}

export interface Attention {
  readonly severity: 'critical' | 'warning' | 'info'
  readonly kind: string
  readonly vhost?: string
  readonly object?: { readonly kind: string; readonly name: string }
  readonly text: string
  readonly since?: number | string
  readonly value?: number
}
