/** What all Kafka sessions of one broker share. */
import { randomBytes } from 'node:crypto'
import { Authorizer } from '../broker/access/authorizer.ts'
import type { Broker } from '../broker/broker.ts'
import type { StreamSettings } from '../broker/stream-settings.ts'
import { FetchSessions } from './fetch-session.ts'
import type { Handler } from './handler.ts'
import type { KafkaSession } from './session.ts'

export interface KafkaSettings {
  /** Of the one broker of this cluster. */
  readonly nodeId: number
  /** Bytes of a whole request. */
  readonly socketRequestMaxBytes: number
  readonly connectionsMaxIdleMs: number
  /** Who works without a login, from any address; null: `guest`, from loopback only. */
  readonly anonymous: string | null
  /** Null: everything is in memory. */
  readonly dataDir: string | null
  readonly streams: StreamSettings
}

export class KafkaContext {
  readonly broker: Broker
  readonly kafka: KafkaSettings
  readonly settings: StreamSettings
  readonly nodeId: number
  /** The same for as long as the data directory lives. */
  readonly clusterId: string
  /** What Kafka's tools are told of where the logs are. */
  readonly logDir: string
  readonly authorizer: Authorizer
  readonly handlers: ReadonlyMap<number, Handler>
  readonly sessions = new Set<KafkaSession>()
  readonly fetchSessions = new FetchSessions()

  constructor(broker: Broker, settings: KafkaSettings, handlers: readonly Handler[]) {
    this.broker = broker
    this.kafka = settings
    this.settings = settings.streams
    this.nodeId = settings.nodeId
    this.clusterId = storedClusterId(broker)
    this.logDir = settings.dataDir ?? 'memory'
    this.authorizer = new Authorizer(broker)
    this.handlers = new Map(handlers.map((one) => [one.api.key, one]))
  }
}

function storedClusterId({ catalog }: Broker): string {
  for (const { value } of catalog.all('kafka-cluster')) return (value as { id: string }).id
  const id = randomBytes(16).toString('base64url')
  catalog.put('kafka-cluster', [], { id })
  return id
}
