/**
 * The settings of a topic: Kafka's names, types, defaults and bounds, and ours. Where a line says that a setting has no
 * effect, one node that keeps its logs itself has no use for it; it is kept and described for tools that set it.
 */
import { atLeast, between, betweenOr, type ConfigRow, oneOf } from './config-row.ts'

export interface TopicConfigRow extends ConfigRow {
  readonly default: string
  /** The broker's settings that are the default, the first one in use first; empty for what only topics have. */
  readonly synonyms: readonly BrokerSynonym[]
  /** Taken, but not described: for tests of small logs. */
  readonly hidden?: true
}

export interface BrokerSynonym {
  readonly name: string
  /** What it is without being set; null: then the next one holds. */
  readonly default: string | null
}

const LONG_MAX = '9223372036854775807'
const DAY_MS = '86400000'
const WEEK_MS = '604800000'

/** The broker's name for it, with the same default. */
function named(...names: readonly string[]): (row: { default: string }) => BrokerSynonym[] {
  return (row) => names.map((name) => ({ name, default: row.default }))
}

/** The broker has names in larger units, and only the last one has a default. */
function units(...synonyms: readonly (readonly [name: string, ifUnset: string | null])[]): () => BrokerSynonym[] {
  return () => synonyms.map(([name, ifUnset]) => ({ name, default: ifUnset }))
}

const none = (): BrokerSynonym[] => []

type Line = readonly [
  name: string,
  type: ConfigRow['type'],
  ifUnset: string,
  synonyms: (row: { default: string }) => BrokerSynonym[],
  check: ConfigRow['check'] | null,
  doc: string,
]

const throttled: ConfigRow['check'] = (text) =>
  text === '*' || /^\d+:\d+$/.test(text)
    ? null
    : "it must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."

const LINES: readonly Line[] = [
  [
    'cleanup.policy',
    'list',
    'delete',
    named('log.cleanup.policy'),
    oneOf('compact', 'delete'),
    'What becomes of old segments: delete removes them by time and size, compact keeps the newest record of every key; both together do both, an empty list keeps everything.',
  ],
  [
    'compression.gzip.level',
    'int',
    '-1',
    named('compression.gzip.level'),
    betweenOr(1, 9, -1),
    'The level if compression.type is gzip. Has no effect: that of the codec is taken.',
  ],
  [
    'compression.lz4.level',
    'int',
    '9',
    named('compression.lz4.level'),
    between(1, 17),
    'The level if compression.type is lz4. Has no effect: that of the codec is taken.',
  ],
  [
    'compression.type',
    'string',
    'producer',
    named('compression.type'),
    oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    'The codec batches are kept in; producer keeps the one they came in.',
  ],
  [
    'compression.zstd.level',
    'int',
    '3',
    named('compression.zstd.level'),
    between(-131_072, 22),
    'The level if compression.type is zstd. Has no effect: that of the codec is taken.',
  ],
  [
    'delete.retention.ms',
    'long',
    DAY_MS,
    named('log.cleaner.delete.retention.ms'),
    atLeast(0),
    'How long a tombstone of a compacted topic can be read after its key was compacted, in milliseconds.',
  ],
  [
    'durability',
    'string',
    'synced',
    named('durability'),
    oneOf('synced', 'written'),
    'What acks=all promises: synced means the records are on the disk, written that they are in the page cache, as with Kafka.',
  ],
  [
    'file.delete.delay.ms',
    'long',
    '60000',
    named('log.segment.delete.delay.ms'),
    atLeast(0),
    'How long a removed file stays on the disk, in milliseconds. Here it goes as soon as its removal is durable.',
  ],
  [
    'flush.messages',
    'long',
    LONG_MAX,
    named('log.flush.interval.messages'),
    atLeast(1),
    'After how many records the log is forced to the disk. Has no effect: durability says when.',
  ],
  [
    'flush.ms',
    'long',
    LONG_MAX,
    units(['log.flush.interval.ms', null], ['log.flush.scheduler.interval.ms', LONG_MAX]),
    atLeast(0),
    'After what time the log is forced to the disk, in milliseconds. Has no effect: durability says when.',
  ],
  [
    'follower.replication.throttled.replicas',
    'list',
    '',
    none,
    throttled,
    'Replicas throttled as followers. Has no effect on one node.',
  ],
  [
    'index.interval.bytes',
    'int',
    '4096',
    named('log.index.interval.bytes'),
    atLeast(0),
    'How many bytes of log lie between two entries of its index.',
  ],
  [
    'leader.replication.throttled.replicas',
    'list',
    '',
    none,
    throttled,
    'Replicas throttled as leaders. Has no effect on one node.',
  ],
  [
    'local.retention.bytes',
    'long',
    '-2',
    named('log.local.retention.bytes'),
    atLeast(-2),
    'The part of a tiered log kept locally; -2 is retention.bytes. Has no effect: there is no tiered storage.',
  ],
  [
    'local.retention.ms',
    'long',
    '-2',
    named('log.local.retention.ms'),
    atLeast(-2),
    'How long a tiered log is kept locally; -2 is retention.ms. Has no effect: there is no tiered storage.',
  ],
  [
    'max.compaction.lag.ms',
    'long',
    LONG_MAX,
    named('log.cleaner.max.compaction.lag.ms'),
    atLeast(1),
    'The longest a record of a compacted topic stays without being considered for compaction, in milliseconds.',
  ],
  [
    'max.message.bytes',
    'int',
    '1048588',
    named('message.max.bytes'),
    atLeast(0),
    'The largest record batch taken, in bytes, as compressed.',
  ],
  [
    'message.timestamp.after.max.ms',
    'long',
    '3600000',
    named('log.message.timestamp.after.max.ms'),
    atLeast(0),
    "How far a record's timestamp may lie ahead of the broker's time, in milliseconds; for CreateTime.",
  ],
  [
    'message.timestamp.before.max.ms',
    'long',
    LONG_MAX,
    named('log.message.timestamp.before.max.ms'),
    atLeast(0),
    "How far a record's timestamp may lie behind the broker's time, in milliseconds; for CreateTime.",
  ],
  [
    'message.timestamp.type',
    'string',
    'CreateTime',
    named('log.message.timestamp.type'),
    oneOf('CreateTime', 'LogAppendTime'),
    "Whether a record's timestamp is the producer's or the time of its arrival.",
  ],
  [
    'min.cleanable.dirty.ratio',
    'double',
    '0.5',
    named('log.cleaner.min.cleanable.ratio'),
    between(0, 1),
    'The share of uncompacted bytes at which a compacted log is compacted again.',
  ],
  [
    'min.compaction.lag.ms',
    'long',
    '0',
    named('log.cleaner.min.compaction.lag.ms'),
    atLeast(0),
    'The shortest a record stays uncompacted, in milliseconds.',
  ],
  [
    'min.insync.replicas',
    'int',
    '1',
    named('min.insync.replicas'),
    atLeast(1),
    'How many replicas acks=all needs. There is one: with more, acks=all is refused.',
  ],
  [
    'preallocate',
    'boolean',
    'false',
    named('log.preallocate'),
    null,
    'Whether the file of a new segment is allocated at once. Has no effect.',
  ],
  [
    'remote.log.copy.disable',
    'boolean',
    'false',
    none,
    null,
    'Whether tiered data becomes read-only. Has no effect: there is no tiered storage.',
  ],
  [
    'remote.log.delete.on.disable',
    'boolean',
    'false',
    none,
    null,
    'Whether tiered data goes when tiering is disabled. Has no effect: there is no tiered storage.',
  ],
  ['remote.storage.enable', 'boolean', 'false', none, null, 'Whether the log is tiered. There is no tiered storage.'],
  [
    'retention.bytes',
    'long',
    '-1',
    named('log.retention.bytes'),
    null,
    'How large a partition may grow before its oldest segments are removed, in bytes; -1 is without bound. For cleanup.policy delete.',
  ],
  [
    'retention.ms',
    'long',
    WEEK_MS,
    units(['log.retention.ms', null], ['log.retention.minutes', null], ['log.retention.hours', '168']),
    atLeast(-1),
    'How long records are kept before their segment is removed, in milliseconds; -1 is for ever. For cleanup.policy delete.',
  ],
  [
    'segment.bytes',
    'int',
    '1073741824',
    named('log.segment.bytes'),
    atLeast(1_048_576),
    'The size at which a new segment is begun, in bytes. Retention and compaction take whole segments.',
  ],
  [
    'segment.index.bytes',
    'int',
    '10485760',
    named('log.index.size.max.bytes'),
    atLeast(4),
    "The largest size of a segment's index, in bytes. Has no effect: it is as large as the segment needs.",
  ],
  [
    'segment.jitter.ms',
    'long',
    '0',
    units(['log.roll.jitter.ms', null], ['log.roll.jitter.hours', '0']),
    atLeast(0),
    'How much earlier than segment.ms a segment may end, so that not all of them end at once, in milliseconds.',
  ],
  [
    'segment.ms',
    'long',
    WEEK_MS,
    units(['log.roll.ms', null], ['log.roll.hours', '168']),
    atLeast(1),
    'The age at which a new segment is begun though the old one is not full, in milliseconds.',
  ],
  [
    'unclean.leader.election.enable',
    'boolean',
    'false',
    named('unclean.leader.election.enable'),
    null,
    'Whether a replica that lags may lead. Has no effect on one node.',
  ],
]

function rowOf([name, type, ifUnset, synonyms, check, doc]: Line): TopicConfigRow {
  const row = { name, type, default: ifUnset, doc, synonyms: synonyms({ default: ifUnset }) }
  return check === null || check === undefined ? row : { ...row, check }
}

const smallSegments: TopicConfigRow = {
  name: 'internal.segment.bytes',
  type: 'int',
  default: '',
  doc: 'As segment.bytes, without its lower bound.',
  synonyms: [],
  check: atLeast(14),
  hidden: true,
}

/** By name. */
export const TOPIC_CONFIGS: ReadonlyMap<string, TopicConfigRow> = new Map(
  [...LINES.map(rowOf), smallSegments].map((row) => [row.name, row]),
)

/** The settings of topics by the broker's first name for their default, as they can be altered while it runs. */
export const TOPIC_DEFAULTS: ReadonlyMap<string, TopicConfigRow> = new Map(
  [...TOPIC_CONFIGS.values()].filter((row) => row.synonyms.length > 0).map((row) => [row.synonyms[0].name, row]),
)
