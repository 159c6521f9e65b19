/**
 * The settings of the broker as Kafka's tools ask for them: what topics get by default, which can be altered while it
 * runs, and what else clients and consoles look at, which is set at the start. Only what means something here is told.
 */
import type { ConfigRow } from '../broker/topic/config-row.ts'
import { TOPIC_CONFIGS, TOPIC_DEFAULTS } from '../broker/topic/config-table.ts'
import type { AlterableLevel, SourcedValue, TopicDefaults } from '../broker/topic/topic-defaults.ts'
import { type ConfigEntry, configEntry } from './config-entries.ts'
import type { Call } from './handler.ts'

type Line = readonly [
  name: string,
  type: ConfigRow['type'],
  /** Kafka's. */
  ifUnset: string | null,
  read: (call: Call<never>) => string | number | boolean | null,
  doc: string,
]

const address = ({ advertised }: Call<never>): string => `PLAINTEXT://${advertised.host}:${advertised.port}`

const LINES: readonly Line[] = [
  ['advertised.listeners', 'list', null, address, 'Where clients find the broker, as the listener in use tells them.'],
  [
    'auto.create.topics.enable',
    'boolean',
    'true',
    (call) => call.context.settings.autoCreateTopicsEnable,
    'Whether asking for a topic that is not there makes it.',
  ],
  ['broker.id', 'int', null, (call) => call.context.nodeId, 'The number of this broker.'],
  ['broker.rack', 'string', null, () => null, 'Where this broker stands.'],
  [
    'connections.max.idle.ms',
    'long',
    '600000',
    (call) => call.context.kafka.connectionsMaxIdleMs,
    'After how much silence a connection is closed, in milliseconds.',
  ],
  ['default.replication.factor', 'int', '1', () => 1, 'Of topics that do not say it.'],
  ['delete.topic.enable', 'boolean', 'true', () => true, 'Whether topics can be deleted.'],
  [
    'group.consumer.heartbeat.interval.ms',
    'int',
    '5000',
    (call) => call.context.settings.groupConsumerHeartbeatIntervalMs,
    'How often members of groups of the consumer protocol report, in milliseconds.',
  ],
  [
    'group.consumer.migration.policy',
    'string',
    'bidirectional',
    (call) => call.context.settings.groupConsumerMigrationPolicy,
    'Which groups that have members go over to the other protocol when a client of that one comes, or the last one goes.',
  ],
  [
    'group.consumer.session.timeout.ms',
    'int',
    '45000',
    (call) => call.context.settings.groupConsumerSessionTimeoutMs,
    'After how much silence such a member is gone, in milliseconds.',
  ],
  [
    'group.coordinator.rebalance.protocols',
    'list',
    'classic,consumer',
    () => 'classic,consumer',
    'The protocols groups may use.',
  ],
  [
    'group.initial.rebalance.delay.ms',
    'int',
    '3000',
    (call) => call.context.settings.groupInitialRebalanceDelayMs,
    'How long a new group waits for further members, in milliseconds.',
  ],
  [
    'group.max.session.timeout.ms',
    'int',
    '1800000',
    (call) => call.context.settings.groupMaxSessionTimeoutMs,
    'The longest session timeout a member may ask for, in milliseconds.',
  ],
  [
    'group.max.size',
    'int',
    '2147483647',
    (call) => call.context.settings.groupMaxSize,
    'How many members a group may have.',
  ],
  [
    'group.min.session.timeout.ms',
    'int',
    '6000',
    (call) => call.context.settings.groupMinSessionTimeoutMs,
    'The shortest session timeout a member may ask for, in milliseconds.',
  ],
  ['listeners', 'list', 'PLAINTEXT://:9092', address, 'Where the broker listens.'],
  [
    'log.cleaner.backoff.ms',
    'long',
    '15000',
    (call) => call.context.settings.logCleanerBackoffMs,
    'How long the cleaner rests when nothing is to be compacted, in milliseconds.',
  ],
  ['log.cleaner.enable', 'boolean', 'true', () => true, 'Whether compacted topics are compacted.'],
  ['log.dirs', 'list', null, (call) => call.context.logDir, 'Where the logs are.'],
  [
    'log.retention.check.interval.ms',
    'long',
    '300000',
    (call) => call.context.settings.logRetentionCheckIntervalMs,
    'How often it is seen which segments may go, in milliseconds.',
  ],
  ['node.id', 'int', null, (call) => call.context.nodeId, 'The number of this broker.'],
  ['num.partitions', 'int', '1', (call) => call.context.settings.numPartitions, 'Of topics that do not say it.'],
  [
    'offset.metadata.max.bytes',
    'int',
    '4096',
    (call) => call.context.settings.offsetMetadataMaxBytes,
    'How much a consumer may note beside an offset, in bytes.',
  ],
  [
    'offsets.retention.check.interval.ms',
    'long',
    '600000',
    (call) => call.context.settings.offsetsRetentionCheckIntervalMs,
    'How often it is seen which offsets may go, in milliseconds.',
  ],
  [
    'offsets.retention.minutes',
    'int',
    '10080',
    (call) => call.context.settings.offsetsRetentionMinutes,
    'How long the offsets of an empty group are kept, in minutes.',
  ],
  ['process.roles', 'list', '', () => 'broker,controller', 'What this process does.'],
  [
    'producer.id.expiration.ms',
    'int',
    '86400000',
    (call) => call.context.settings.producerIdExpirationMs,
    'How long a partition remembers a producer that wrote nothing, in milliseconds.',
  ],
  [
    'socket.request.max.bytes',
    'int',
    '104857600',
    (call) => call.context.kafka.socketRequestMaxBytes,
    'The largest request, in bytes.',
  ],
  [
    'transaction.max.timeout.ms',
    'int',
    '900000',
    (call) => call.context.settings.transactionMaxTimeoutMs,
    'The longest a transaction may be open, in milliseconds.',
  ],
  [
    'transactional.id.expiration.ms',
    'int',
    '604800000',
    (call) => call.context.settings.transactionalIdExpirationMs,
    'How long an unused transactional id is remembered, in milliseconds.',
  ],
]

/** All of this broker, by name. */
export function brokerEntries(call: Call<never>): ConfigEntry[] {
  const { defaults } = call.vhost.streams.topics
  const entries = [...alterable(defaults), ...LINES.map((line) => startEntry(line, call))]
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** What was altered for all brokers. */
export function clusterEntries(call: Call<never>): ConfigEntry[] {
  return [...call.vhost.streams.topics.defaults.alteredFor(ALL)].map(([name, value]) =>
    configEntry({ ...TOPIC_DEFAULTS.get(name)!, name }, [{ name, value, source: ALL }]),
  )
}

const ALL: AlterableLevel = 'all-brokers'

function startEntry([name, type, ifUnset, read, doc]: Line, call: Call<never>): ConfigEntry {
  const value = read(call)
  const text = value === null ? null : String(value)
  const sources: SourcedValue[] = []
  if (text !== null && text !== ifUnset) sources.push({ name, value: text, source: 'static' })
  if (ifUnset !== null) sources.push({ name, value: ifUnset, source: 'default' })
  return configEntry({ name, type, default: text, doc }, sources, true)
}

/** The defaults of topics: under the first of the broker's names they can be altered, under the others only be read. */
function alterable(defaults: TopicDefaults): ConfigEntry[] {
  const entries: ConfigEntry[] = []
  for (const row of TOPIC_CONFIGS.values()) {
    for (const [place, synonym] of row.synonyms.entries()) {
      const sources = place === 0 ? defaults.describe(row) : []
      entries.push(configEntry({ ...row, name: synonym.name, default: synonym.default }, sources, place > 0))
    }
  }
  return entries
}
