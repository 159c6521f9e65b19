/**
 * Properties of a Kafka broker that mean something here, by the names they have in Kafka's server.properties. One that
 * means nothing here is refused: a setting without effect is a promise that nobody keeps.
 */
import { z } from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { integer, trueOrFalse } from './values.ts'

const INT_MAX = 2_147_483_647
const LONG_MAX = Number.MAX_SAFE_INTEGER

/** [property, name it has in code, least, most] */
const NUMBERS = [
  ['node.id', 'nodeId', 0, INT_MAX],
  ['broker.id', 'nodeId', 0, INT_MAX],
  ['num.partitions', 'numPartitions', 1, INT_MAX],
  ['socket.request.max.bytes', 'socketRequestMaxBytes', 1, INT_MAX],
  ['connections.max.idle.ms', 'connectionsMaxIdleMs', 1000, INT_MAX],
  ['log.retention.check.interval.ms', 'logRetentionCheckIntervalMs', 1, INT_MAX],
  ['log.cleaner.backoff.ms', 'logCleanerBackoffMs', 0, INT_MAX],
  ['group.initial.rebalance.delay.ms', 'groupInitialRebalanceDelayMs', 0, INT_MAX],
  ['group.min.session.timeout.ms', 'groupMinSessionTimeoutMs', 0, INT_MAX],
  ['group.max.session.timeout.ms', 'groupMaxSessionTimeoutMs', 0, INT_MAX],
  ['group.max.size', 'groupMaxSize', 1, INT_MAX],
  ['group.consumer.session.timeout.ms', 'groupConsumerSessionTimeoutMs', 1, INT_MAX],
  ['group.consumer.heartbeat.interval.ms', 'groupConsumerHeartbeatIntervalMs', 1, INT_MAX],
  ['offsets.retention.minutes', 'offsetsRetentionMinutes', 1, INT_MAX],
  ['offsets.retention.check.interval.ms', 'offsetsRetentionCheckIntervalMs', 1, INT_MAX],
  ['offset.metadata.max.bytes', 'offsetMetadataMaxBytes', 0, INT_MAX],
  ['transaction.max.timeout.ms', 'transactionMaxTimeoutMs', 1, INT_MAX],
  ['transactional.id.expiration.ms', 'transactionalIdExpirationMs', 1, LONG_MAX],
  ['producer.id.expiration.ms', 'producerIdExpirationMs', 1, LONG_MAX],
] as const

const FLAGS = [['auto.create.topics.enable', 'autoCreateTopicsEnable']] as const

const MIGRATION_POLICIES = ['bidirectional', 'upgrade', 'downgrade', 'disabled'] as const

const CHOICES = [['group.consumer.migration.policy', 'groupConsumerMigrationPolicy', MIGRATION_POLICIES]] as const

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** [property, setting of topics, what one of its unit is in the topics' unit]; the smaller unit wins, as in Kafka. */
const OF_TOPICS: readonly (readonly [property: string, setting: string, unit?: number])[] = [
  ['log.cleanup.policy', 'cleanup.policy'],
  ['compression.type', 'compression.type'],
  ['compression.gzip.level', 'compression.gzip.level'],
  ['compression.lz4.level', 'compression.lz4.level'],
  ['compression.zstd.level', 'compression.zstd.level'],
  ['log.cleaner.delete.retention.ms', 'delete.retention.ms'],
  ['log.index.interval.bytes', 'index.interval.bytes'],
  ['log.cleaner.max.compaction.lag.ms', 'max.compaction.lag.ms'],
  ['message.max.bytes', 'max.message.bytes'],
  ['log.message.timestamp.after.max.ms', 'message.timestamp.after.max.ms'],
  ['log.message.timestamp.before.max.ms', 'message.timestamp.before.max.ms'],
  ['log.message.timestamp.type', 'message.timestamp.type'],
  ['log.cleaner.min.cleanable.ratio', 'min.cleanable.dirty.ratio'],
  ['log.cleaner.min.compaction.lag.ms', 'min.compaction.lag.ms'],
  ['min.insync.replicas', 'min.insync.replicas'],
  ['log.retention.bytes', 'retention.bytes'],
  ['log.retention.hours', 'retention.ms', HOUR_MS],
  ['log.retention.minutes', 'retention.ms', MINUTE_MS],
  ['log.retention.ms', 'retention.ms'],
  ['log.segment.bytes', 'segment.bytes'],
  ['log.roll.hours', 'segment.ms', HOUR_MS],
  ['log.roll.ms', 'segment.ms'],
]

const NAMES: readonly string[] = [...NUMBERS, ...FLAGS, ...CHOICES, ...OF_TOPICS].map(([property]) => property)

export type KafkaProperties = { readonly topicDefaults: Readonly<Record<string, string>> } & {
  readonly [K in (typeof NUMBERS)[number][1]]?: number
} & { readonly [K in (typeof FLAGS)[number][1]]?: boolean } & {
  readonly groupConsumerMigrationPolicy?: (typeof MIGRATION_POLICIES)[number]
}

type Scalar = string | number | boolean

export const kafkaProperties = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .transform((written, context): KafkaProperties => {
    const refuse = (property: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [property], message, params: { said: true } })
    for (const name of Object.keys(written)) {
      if (!NAMES.includes(name)) refuse(name, `no such property has a meaning here${didYouMean(name, NAMES)}`)
    }
    const read: Record<string, unknown> = { topicDefaults: topicDefaults(written) }
    for (const [property, name, least, most] of NUMBERS) {
      if (written[property] === undefined) continue
      const result = integer(least, most).safeParse(written[property])
      if (result.success) read[name] = result.data
      else refuse(property, `allowed: a whole number from ${least} to ${most}`)
    }
    for (const [property, name] of FLAGS) {
      if (written[property] === undefined) continue
      const result = trueOrFalse.safeParse(written[property])
      if (result.success) read[name] = result.data
      else refuse(property, 'allowed: true or false')
    }
    for (const [property, name, choices] of CHOICES) {
      if (written[property] === undefined) continue
      const choice = choices.find((one) => one === String(written[property]).toLowerCase())
      if (choice !== undefined) read[name] = choice
      else refuse(property, `allowed: ${choices.join(', ')}`)
    }
    return read as KafkaProperties
  })

/** As text; topics say what they take. */
function topicDefaults(written: Readonly<Record<string, Scalar>>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [property, setting, unit] of OF_TOPICS) {
    const value = written[property]
    if (value === undefined) continue
    const inUnits = unit !== undefined && /^\d+$/.test(String(value))
    found[setting] = inUnits ? String(Number(value) * unit) : String(value)
  }
  return found
}
