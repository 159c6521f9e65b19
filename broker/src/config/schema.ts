/**
 * Every setting of the broker, once: its type, default, what is allowed and what it does. The flags, the environment
 * variables, the keys of the config file, the options of `startBroker` and docs/configuration.md all follow from
 * this table, so none of them can drift.
 *
 * One setting has one name in four spellings: `dataDir` in code, `data_dir` in the file, `--data-dir` as a flag,
 * `SIGNALBOX_DATA_DIR` in the environment. Where RabbitMQ has the setting, it has RabbitMQ's name and default.
 */
import { z } from 'zod'
import { LOG_LEVELS } from '../base/logger.ts'
import { type KafkaOption, type KafkaSetting, kafkaSection } from './kafka.ts'
import {
  bytes,
  type HostAndPort,
  hostAndPortOrNull,
  integer,
  names,
  oneOf,
  pathOrNull,
  port,
  shareOrBytes,
  text,
  trueOrFalse,
  verbatim,
} from './values.ts'

export interface Setting<T> {
  readonly type: z.ZodType<T>
  readonly initial: T
  /** How the default reads in a config file. */
  readonly shown: string
  /** What may be written, as it follows "allowed: " in an error. */
  readonly allowed: string
  readonly doc: string
  /** Too deep for a flag or a variable: only the config file and `startBroker` have it. */
  readonly fileOnly?: true
}

function setting<T>(type: z.ZodType<T>, initial: NoInfer<T>, shown: string, allowed: string, doc: string): Setting<T> {
  return { type, initial, shown, allowed, doc }
}

const fileOnly = <T>(one: Setting<T>): Setting<T> => ({ ...one, fileOnly: true })

const permission = z.strictObject({ configure: verbatim, write: verbatim, read: verbatim })

const user = z
  .strictObject({
    password: verbatim.optional(),
    password_hash: z.string().optional(),
    hashing_algorithm: z
      .enum(['rabbit_password_hashing_sha256', 'rabbit_password_hashing_sha512', 'rabbit_password_hashing_md5'])
      .optional(),
    tags: z.array(z.string()).default([]),
    permissions: z.record(z.string(), permission).default({}),
  })
  .refine((one) => (one.password === undefined) !== (one.password_hash === undefined))

export type Permission = z.output<typeof permission>
export type UserSetting = z.output<typeof user>
/** As it may be written: without tags and permissions. */
export type UserOption = z.input<typeof user>

const PORT = 'a port from 0 to 65535 (0 takes any free one), or off'
const SIZE = 'a size such as 1048576, 64MiB or 50MB'
const MIB = 1024 * 1024

export const settings = {
  dataDir: setting<string | null>(
    pathOrNull,
    './signalbox-data',
    './signalbox-data',
    'a path',
    'The folder that holds everything the broker keeps; made if missing. One process at a time: a second one is refused.',
  ),
  host: setting(
    text(/^[^\s/]+$/),
    '127.0.0.1',
    '127.0.0.1',
    'a host name or an IP address',
    'The address that the listeners take. `0.0.0.0` or `::` listens on all of them: make a user of your own first.',
  ),
  amqpPort: setting<number | null>(port, 5672, '5672', PORT, 'AMQP 0-9-1 over TCP.'),
  amqpSocket: setting<string | null>(pathOrNull, null, 'none', 'a path', 'AMQP 0-9-1 over a Unix socket at this path.'),
  amqpsPort: setting<number | null>(
    port,
    null,
    '5671 with tls_cert and tls_key, else off',
    PORT,
    'AMQP 0-9-1 over TLS; needs `tls_cert` and `tls_key`.',
  ),
  tlsCert: setting<string | null>(pathOrNull, null, 'none', 'a path', 'The PEM file with the certificate chain.'),
  tlsKey: setting<string | null>(pathOrNull, null, 'none', 'a path', 'The PEM file with its private key.'),
  tlsCa: setting<string | null>(
    pathOrNull,
    null,
    'none',
    'a path',
    'The PEM file with the authorities that vouch for the certificates of clients.',
  ),
  kafkaPort: setting<number | null>(port, 9092, '9092', PORT, 'The Kafka protocol over TCP.'),
  kafkaAdvertised: setting<HostAndPort | null>(
    hostAndPortOrNull,
    null,
    'none',
    'HOST:PORT',
    "Where clients of `kafka_port` are sent to, as Kafka's advertised.listeners. Without it, to the address each of them connected to.",
  ),
  kafkaSasl: setting(
    trueOrFalse,
    false,
    'false',
    'true or false',
    'Whether clients of `kafka_port` must log in (SASL PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512). Otherwise they are `guest`, from this machine only.',
  ),
  kafka: fileOnly(
    setting<KafkaSetting>(
      kafkaSection,
      kafkaSection.parse({}),
      '{}',
      "listeners (a list of name, port, and optionally host, tls, sasl, client_auth (none, requested or required) and advertised (HOST:PORT)), anonymous (a user's name), durability (synced or written), accept_any_replication_factor (true or false), properties (Kafka's own names)",
      'More for Kafka: further `listeners`; the user that clients without a login are from whatever address (`anonymous`); what acks=all promises for topics that do not say it (`durability`, as the setting of that name); whether topics may ask for more replicas than the one there is; and `properties` of a Kafka broker, see docs/kafka-listeners.md.',
    ),
  ),
  httpPort: setting<number | null>(
    port,
    15672,
    '15672',
    PORT,
    'The management API, REST messaging, metrics and the console over HTTP.',
  ),
  httpsPort: setting<number | null>(port, null, 'off', PORT, 'The same over TLS; needs `tls_cert` and `tls_key`.'),
  prometheusPort: setting<number | null>(
    port,
    null,
    'off',
    PORT,
    "Metrics alone, without a login, where whoever gets to the port may read them; RabbitMQ's is 15692. They are on the HTTP port, too.",
  ),
  durability: setting(
    oneOf('synced', 'written'),
    'synced',
    'synced',
    'synced or written',
    'When a persistent message in a durable queue is confirmed: `synced` on the disk, `written` in the page cache, which a power loss takes.',
  ),
  definitions: setting<string | null>(
    pathOrNull,
    null,
    'none',
    'a path',
    'A JSON file exported by RabbitMQ (users with their password hashes, vhosts, permissions, limits, policies, queues, exchanges, bindings), merged at every start.',
  ),
  vhosts: fileOnly(
    setting<string[]>(names, [], '[]', 'a list of names', 'Virtual hosts to have, made at start if missing.'),
  ),
  users: fileOnly(
    setting<Record<string, UserSetting>>(
      z.record(z.string().min(1), user),
      {},
      '{}',
      'users by name, each with either password or password_hash (and hashing_algorithm), and optionally tags and permissions (by vhost: configure, write, read)',
      'Users to have, set at every start. A user named here replaces the stored one of that name.',
    ),
  ),
  defaultUser: setting(
    text(),
    'guest',
    'guest',
    'a name',
    'The first user; made only when the data directory is empty.',
  ),
  defaultPass: setting(verbatim, 'guest', 'guest', 'any text', 'The password of the first user.'),
  defaultVhost: setting(
    text(),
    '/',
    '/',
    'a name',
    'The first virtual host; made only when the data directory is empty.',
  ),
  defaultPermissions: fileOnly(
    setting<Permission>(
      permission,
      { configure: '.*', write: '.*', read: '.*' },
      '{ configure: .*, write: .*, read: .* }',
      'three regular expressions named configure, write and read',
      'What the first user may do in the first virtual host.',
    ),
  ),
  loopbackUsers: setting<string[]>(
    names,
    ['guest'],
    'guest',
    'names separated by commas, or none',
    'Users that may connect only from this machine.',
  ),
  eventExchangeVhost: setting(
    text(),
    '/',
    '/',
    'a name',
    'The virtual host whose exchange `amq.rabbitmq.event` tells what happens in the broker.',
  ),
  frameMax: setting(
    integer(4096, 2147483647),
    131072,
    '131072',
    'a number from 4096 to 2147483647',
    'The largest AMQP frame offered to clients, in bytes.',
  ),
  channelMax: setting(
    integer(1, 65535),
    2047,
    '2047',
    'a number from 1 to 65535',
    'The most channels on one connection offered to clients.',
  ),
  heartbeat: setting(
    integer(0, 65535),
    60,
    '60',
    'a number of seconds from 0 to 65535 (0 is none)',
    'The heartbeat offered to clients, in seconds. A peer silent for two of them is gone.',
  ),
  handshakeTimeout: setting(
    integer(100, 3600000),
    10000,
    '10000',
    'a number of milliseconds from 100 to 3600000',
    'How long a connection may take until it is opened, in milliseconds.',
  ),
  maxMessageSize: setting(
    bytes(1, 512 * MIB),
    16 * MIB,
    '16MiB',
    `${SIZE}, at most 512MiB`,
    'The largest message body; a larger one closes its channel with 406.',
  ),
  consumerTimeout: setting(
    integer(0, 4294967295),
    1800000,
    '1800000',
    'a number of milliseconds from 0 to 4294967295 (0 is none)',
    'How long a consumer of a quorum queue may leave a delivery unacknowledged, in milliseconds, unless the queue or the consumer says otherwise.',
  ),
  vmMemoryHighWatermark: setting(
    shareOrBytes,
    0.6,
    '0.6',
    `a share of the memory such as 0.6, or ${SIZE}`,
    'Above this resident memory publishers are blocked. A number up to 1 is a share of the memory this process may use.',
  ),
  diskFreeLimit: setting(
    bytes(0),
    50_000_000,
    '50MB',
    SIZE,
    'Below this free space on the data directory publishers are blocked.',
  ),
  tailBytesMax: setting(
    bytes(MIB),
    128 * MIB,
    '128MiB',
    `${SIZE}, at least 1MiB`,
    'How much memory the newest records of all logs and the read caches take together before they live on disk only.',
  ),
  journalFileBytes: setting(
    bytes(MIB, 1024 * MIB),
    64 * MIB,
    '64MiB',
    `${SIZE}, from 1MiB to 1GiB`,
    'The size of one journal file.',
  ),
  journalBytesMax: setting(
    bytes(4 * MIB),
    512 * MIB,
    '512MiB',
    `${SIZE}, at least 4MiB`,
    'How much journal is kept before its oldest file is moved to segments.',
  ),
  segmentBytesMax: setting(
    bytes(64 * 1024, 1024 * MIB),
    8 * MIB,
    '8MiB',
    `${SIZE}, from 64KiB to 1GiB`,
    'The size at which a queue starts its next segment file.',
  ),
  shards: setting(
    integer(1, 64),
    1,
    '1',
    'a number from 1 to 64',
    'Journals written side by side; set when the data directory is made.',
  ),
  product: setting(
    text(),
    'Signalbox',
    'Signalbox',
    'a name',
    'The product name told to clients. A few libraries act differently on `RabbitMQ`.',
  ),
  logLevel: setting(
    oneOf(...LOG_LEVELS),
    'info',
    'info',
    LOG_LEVELS.join(', '),
    'What the diagnostic log on stderr holds.',
  ),
}

export type { KafkaOption }

export type SettingName = keyof typeof settings

/** The broker's settings with every default filled in. `dataDir` null keeps everything in memory. */
export type Settings = {
  [K in SettingName]: (typeof settings)[K] extends Setting<infer T> ? T : never
}

export const settingNames = Object.keys(settings) as SettingName[]

export const defaults = Object.fromEntries(
  settingNames.map((name) => [name, settings[name].initial]),
) as unknown as Settings
