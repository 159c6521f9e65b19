/** What everything behind the HTTP listener shares. */
import type { DiskCounters } from '../base/disk.ts'
import type { Authorizer } from '../broker/access/authorizer.ts'
import type { Broker } from '../broker/broker.ts'
import type { Logins } from './login/logins.ts'
import type { Stats } from './stats/stats.ts'

/** A port that is open, as the management API lists it. */
export interface OpenListener {
  readonly protocol: 'amqp' | 'amqp/ssl' | 'kafka' | 'kafka/ssl' | 'http' | 'https' | 'http/prometheus'
  /** Of Kafka's listeners. */
  readonly name?: string
  readonly address: string
  readonly port: number
}

export interface HttpSettings {
  readonly signalboxVersion: string
  readonly product: string
  /** Null keeps everything in memory. */
  readonly dataDir: string | null
  readonly defaultUser: string
  /** The file of the certificate that listeners with TLS show; null if there is none. */
  readonly tlsCert: string | null
  readonly durability: 'synced' | 'written'
  /** Octets of a message body. */
  readonly maxMessageSize: number
  readonly memoryBytesMax: number
  readonly diskFreeBytesMin: number
  readonly frameMax: number
  readonly channelMax: number
  readonly heartbeat: number
}

export interface HttpContext {
  readonly broker: Broker
  readonly settings: HttpSettings
  readonly authorizer: Authorizer
  readonly logins: Logins
  readonly stats: Stats
  /** Of the process, ms since 1970. */
  readonly startedAt: number
  /** Whether clients are not to be served any more: it ends, or its log has failed. */
  isStopping(): boolean
  /** All that are open now. */
  listeners(): readonly OpenListener[]
  /** What was read from and written to files. */
  diskCounters(): Readonly<DiskCounters>
  /** Free bytes where the data directory is. */
  diskFreeBytes(): Promise<number>
}
