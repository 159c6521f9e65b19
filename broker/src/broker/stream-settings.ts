/** What holds for all topics, groups and transactions of a broker; names and defaults are those of Kafka's server properties. */
export type MigrationPolicy = 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled'

export interface StreamSettings {
  /** Of topics made without a number of partitions. */
  readonly numPartitions: number
  readonly autoCreateTopicsEnable: boolean
  /** A replication factor above one is taken, and reported as the one it is; otherwise it is refused. */
  readonly acceptAnyReplicationFactor: boolean
  /** Of topics that do not say it themselves. */
  readonly durability: 'synced' | 'written'
  /** Defaults of topic settings, by their topic names (`retention.ms`), where they differ from Kafka's. */
  readonly topicDefaults: Readonly<Record<string, string>>
  readonly logRetentionCheckIntervalMs: number
  readonly logCleanerBackoffMs: number
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly groupConsumerSessionTimeoutMs: number
  readonly groupConsumerHeartbeatIntervalMs: number
  /** Which living groups go over to the other protocol when a member comes or the last one goes. */
  readonly groupConsumerMigrationPolicy: MigrationPolicy
  readonly offsetsRetentionMinutes: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetMetadataMaxBytes: number
  readonly transactionMaxTimeoutMs: number
  readonly transactionalIdExpirationMs: number
  readonly producerIdExpirationMs: number
}

export const STREAM_DEFAULTS: StreamSettings = {
  numPartitions: 1,
  autoCreateTopicsEnable: true,
  acceptAnyReplicationFactor: false,
  durability: 'synced',
  topicDefaults: {},
  logRetentionCheckIntervalMs: 300_000,
  logCleanerBackoffMs: 15_000,
  groupInitialRebalanceDelayMs: 3000,
  groupMinSessionTimeoutMs: 6000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupMaxSize: 2_147_483_647,
  groupConsumerSessionTimeoutMs: 45_000,
  groupConsumerHeartbeatIntervalMs: 5000,
  groupConsumerMigrationPolicy: 'bidirectional',
  offsetsRetentionMinutes: 10_080,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetMetadataMaxBytes: 4096,
  transactionMaxTimeoutMs: 900_000,
  transactionalIdExpirationMs: 604_800_000,
  producerIdExpirationMs: 86_400_000,
}
