/**
 * The composition root: the only file that joins rooms. It opens the log, the broker on it and the listeners in front,
 * and takes them down in the reverse order.
 */
import fs from 'node:fs'
import os from 'node:os'
import { closeAll } from './amqp/connection-class.ts'
import { AmqpContext } from './amqp/context.ts'
import { propertyBlocks } from './amqp/property-blocks.ts'
import { AmqpSession } from './amqp/session.ts'
import { StoppableClock, systemClock } from './base/clock.ts'
import { openDisk } from './base/disk.ts'
import { MemoryDisk } from './base/disk-memory.ts'
import { type DirectoryLock, lockDirectory } from './base/lock.ts'
import type { Logger } from './base/logger.ts'
import { Turn } from './base/turn.ts'
import { Authorizer } from './broker/access/authorizer.ts'
import { AlarmMonitor } from './broker/alarm-monitor.ts'
import { Broker } from './broker/broker.ts'
import { definitionsTarget } from './broker/broker-definitions.ts'
import { importDefinitions } from './broker/definitions/import.ts'
import { defineFirst } from './broker/first-definitions.ts'
import { STREAM_DEFAULTS } from './broker/stream-settings.ts'
import type { Settings } from './config/schema.ts'
import type { HttpContext, HttpSettings, OpenListener } from './http/context.ts'
import { HttpListener, type HttpPlace } from './http/listener.ts'
import { Logins } from './http/login/logins.ts'
import { Stats } from './http/stats/stats.ts'
import { KafkaContext, type KafkaSettings } from './kafka/context.ts'
import { HANDLERS } from './kafka/handlers.ts'
import { type KafkaListener, KafkaSession } from './kafka/session.ts'
import { openFileEngine } from './log/file-engine.ts'
import type { Session, Transport } from './net/connection.ts'
import { isAnswered, Listener, type TlsOptions } from './net/listener.ts'

export interface ServerOptions extends Settings {
  readonly logger: Logger
  readonly version: string
  /** Nothing more can be made durable: the broker has closed itself. Called once. */
  readonly onFatal?: (error: Error) => void
}

export interface Addresses {
  readonly amqp: string | null
  readonly amqps: string | null
  readonly amqpSocket: string | null
  /** Of the first Kafka listener. */
  readonly kafka: string | null
  /** Of all of them, by name; that of `kafka_port` is `default`. */
  readonly kafkaListeners: Readonly<Record<string, string>>
  readonly http: string | null
  readonly https: string | null
  readonly prometheus: string | null
}

export interface Server {
  readonly addresses: Addresses
  /** Names of all users, for the warning about listening beyond loopback. */
  userNames(): string[]
  /** Closes clients with 320, makes everything durable, closes files. */
  stop(): Promise<void>
}

const CLIENTS_GRACE_MS = 3000

/** @throws the system's error for a taken port, DirectoryLocked, SettingsError-like errors for definitions that are none. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { dataDir, logger } = options
  let lock: DirectoryLock | null = null
  if (dataDir !== null) {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    lock = lockDirectory(dataDir)
  }
  const opened: (() => Promise<void>)[] = []
  let stopping: Promise<void> | null = null
  const stop = (): Promise<void> => (stopping ??= closeInReverse(opened, lock))
  try {
    const turn = new Turn()
    const disk = dataDir === null ? new MemoryDisk() : await openDisk(dataDir)
    const engine = await openFileEngine({
      disk,
      clock: systemClock,
      turn,
      logger,
      shards: options.shards,
      tailBytesMax: options.tailBytesMax,
      journalFileBytes: options.journalFileBytes,
      journalBytesMax: options.journalBytesMax,
      segmentBytesMax: options.segmentBytesMax,
    })
    opened.push(() => engine.close())
    let giveUp: (error: Error) => void = () => {}
    let hasFailed = false
    engine.onFatal = (error) => {
      hasFailed = true
      logger.fatal({ error: error.message }, 'the log has stopped: nothing more can be made durable')
      giveUp(error)
      stop().finally(() => options.onFatal?.(error))
    }
    const clock = new StoppableClock(systemClock)
    const forKafka = kafkaSettings(options)
    const broker = new Broker({
      engine,
      turn,
      clock,
      logger,
      loopbackUsers: options.loopbackUsers,
      durability: options.durability,
      consumerTimeoutMs: options.consumerTimeout,
      eventsVhost: options.eventExchangeVhost,
      node: `signalbox@${os.hostname()}`,
      properties: propertyBlocks,
      streams: forKafka.streams,
    })
    // Nothing begins any more, and what waits to be settled is.
    opened.push(async () => {
      clock.stop()
      for (const { feeds, schedules } of broker.vhosts.values()) {
        feeds.stop()
        schedules.stop()
      }
      if (!hasFailed) await new Promise<void>((resolve) => broker.durability.after(engine.seal(), resolve))
    })
    await broker.restored()
    defineFirst(broker, options)
    if (options.definitions !== null) readDefinitions(options.definitions, broker, logger)
    await new Promise<void>((resolve, reject) => {
      giveUp = reject
      broker.durability.after(broker.catalog.lastRound, resolve)
    })

    const monitor = new AlarmMonitor(
      broker.alarms,
      { memoryBytesMax: memoryLimit(options.vmMemoryHighWatermark), diskFreeBytesMin: options.diskFreeLimit },
      { residentBytes: () => process.memoryUsage.rss(), diskFreeBytes: () => disk.freeBytes() },
      systemClock,
      logger,
    )
    opened.push(async () => monitor.stop())
    await monitor.start()

    const amqp = new AmqpContext(broker, {
      frameMax: options.frameMax,
      channelMax: options.channelMax,
      heartbeat: options.heartbeat,
      handshakeTimeoutMs: options.handshakeTimeout,
      maxMessageSize: options.maxMessageSize,
      product: options.product,
      signalboxVersion: options.version,
    })
    const kafka = new KafkaContext(broker, forKafka, HANDLERS)
    const listeners: Listener[] = []
    opened.push(async () => {
      for (const listener of listeners) listener.stopAccepting()
      closeAll(amqp.sessions, "broker forced connection closure with reason 'shutdown'")
      for (const session of [...kafka.sessions]) session.close('the broker stops')
      await Promise.all(listeners.map((listener) => listener.close(CLIENTS_GRACE_MS)))
    })
    const listen = async (at: Place, tls: TlsOptions | null, open: (transport: Transport) => Session) => {
      const listener = await Listener.listen({ turn, at, tls, open })
      listeners.push(listener)
      return listener.address
    }
    const openAmqp = (transport: Transport): Session => new AmqpSession(amqp, transport)
    const { host, amqpPort, amqpsPort, amqpSocket, httpPort, httpsPort, prometheusPort } = options
    const kafkaListeners: Record<string, string> = {}
    const addresses = {
      amqp: amqpPort === null ? null : await listen({ host, port: amqpPort }, null, openAmqp),
      amqps: amqpsPort === null ? null : await listen({ host, port: amqpsPort }, tlsOptions(options), openAmqp),
      amqpSocket: amqpSocket === null ? null : await listen({ path: await freedSocket(amqpSocket) }, null, openAmqp),
      kafkaListeners,
    }
    for (const one of kafkaPlaces(options)) {
      const tls = one.tls ? tlsOptions(options, one.client_auth) : null
      kafkaListeners[one.name] = await listen(one, tls, (transport) => new KafkaSession(kafka, transport, one))
    }
    const stats = new Stats(broker, clock)
    stats.start()
    opened.push(async () => stats.stop())
    const open: OpenListener[] = openListeners(options, addresses)
    const http: HttpContext = {
      broker,
      settings: httpSettings(options),
      authorizer: new Authorizer(broker),
      logins: new Logins(broker),
      stats,
      startedAt: Math.round(performance.timeOrigin),
      isStopping: () => hasFailed || stopping !== null,
      listeners: () => open,
      diskCounters: () => disk.counters,
      diskFreeBytes: () => disk.freeBytes(),
    }
    const listenHttp = async (port: number, tls: HttpPlace['tls']): Promise<string> => {
      const listener = await HttpListener.listen(http, { host, port, tls })
      opened.push(() => listener.close())
      open.push({ protocol: tls === null ? 'http' : 'https', ...placeOf(listener.address) })
      return listener.address
    }
    const listenMetrics = async (port: number): Promise<string> => {
      const listener = await HttpListener.listen(http, { host, port, tls: null, metricsOnly: true })
      opened.push(() => listener.close())
      open.push({ protocol: 'http/prometheus', ...placeOf(listener.address) })
      return listener.address
    }
    const httpAddresses = {
      http: httpPort === null ? null : await listenHttp(httpPort, null),
      https: httpsPort === null ? null : await listenHttp(httpsPort, tlsOptions(options)),
      prometheus: prometheusPort === null ? null : await listenMetrics(prometheusPort),
    }
    return {
      addresses: { ...addresses, ...httpAddresses, kafka: Object.values(kafkaListeners)[0] ?? null },
      userNames: () => [...broker.access.users()].map((user) => user.name),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function closeInReverse(opened: (() => Promise<void>)[], lock: DirectoryLock | null): Promise<void> {
  try {
    for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close()
  } finally {
    lock?.release()
  }
}

function readDefinitions(file: string, broker: Broker, logger: Logger): void {
  const report = importDefinitions(fs.readFileSync(file, 'utf8'), definitionsTarget(broker))
  for (const skipped of report.skipped) logger.warn({ file }, `definition left out: ${skipped}`)
}

function openListeners(
  options: Settings,
  { amqp, amqps, kafkaListeners }: Pick<Addresses, 'amqp' | 'amqps' | 'kafkaListeners'>,
): OpenListener[] {
  const open: OpenListener[] = []
  if (amqp !== null) open.push({ protocol: 'amqp', ...placeOf(amqp) })
  if (amqps !== null) open.push({ protocol: 'amqp/ssl', ...placeOf(amqps) })
  for (const { name, tls } of kafkaPlaces(options)) {
    open.push({ protocol: tls ? 'kafka/ssl' : 'kafka', name, ...placeOf(kafkaListeners[name]) })
  }
  return open
}

function placeOf(address: string): { address: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { address: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

function httpSettings(options: ServerOptions): HttpSettings {
  const { version, product, dataDir, defaultUser, durability, maxMessageSize, frameMax, channelMax, heartbeat } =
    options
  const { tlsCert } = options
  return {
    signalboxVersion: version,
    product,
    dataDir,
    defaultUser,
    tlsCert,
    durability,
    maxMessageSize,
    memoryBytesMax: memoryLimit(options.vmMemoryHighWatermark),
    diskFreeBytesMin: options.diskFreeLimit,
    frameMax,
    channelMax,
    heartbeat,
  }
}

type Place = { readonly host: string; readonly port: number } | { readonly path: string }

function tlsOptions(options: Settings, clientAuth: TlsOptions['clientAuth'] = 'none'): TlsOptions {
  const { tlsCert, tlsKey, tlsCa } = options
  return {
    cert: fs.readFileSync(tlsCert!),
    key: fs.readFileSync(tlsKey!),
    ca: tlsCa === null ? undefined : fs.readFileSync(tlsCa),
    clientAuth,
  }
}

type KafkaPlace = KafkaListener & { readonly host: string; readonly port: number; readonly tls: boolean } & {
  readonly client_auth: NonNullable<TlsOptions['clientAuth']>
}

/** That of `kafka_port`, and those of the section `kafka`. */
function* kafkaPlaces(options: Settings): Iterable<KafkaPlace> {
  const { host, kafkaPort: port, kafkaSasl: sasl, kafkaAdvertised: advertised } = options
  if (port !== null) yield { name: 'default', host, port, tls: false, sasl, client_auth: 'none', advertised }
  for (const one of options.kafka.listeners) yield { ...one, host: one.host ?? host, port: one.port! }
}

function kafkaSettings({ kafka, durability, dataDir }: Settings): KafkaSettings {
  const { nodeId, socketRequestMaxBytes, connectionsMaxIdleMs, ...properties } = kafka.properties
  return {
    nodeId: nodeId ?? 1,
    socketRequestMaxBytes: socketRequestMaxBytes ?? 100 * 1024 * 1024,
    connectionsMaxIdleMs: connectionsMaxIdleMs ?? 600_000,
    anonymous: kafka.anonymous,
    dataDir,
    streams: {
      ...STREAM_DEFAULTS,
      durability: kafka.durability ?? durability,
      acceptAnyReplicationFactor: kafka.accept_any_replication_factor,
      ...properties,
    },
  }
}

/** A share of the memory this process may use, or bytes. */
function memoryLimit(watermark: number): number {
  if (watermark > 1) return watermark
  const constrained = process.constrainedMemory()
  const total = constrained > 0 && constrained < os.totalmem() ? constrained : os.totalmem()
  return total * watermark
}

/** The file of a Unix socket outlives a kill -9: it goes if it is one and nobody answers behind it. */
async function freedSocket(path: string): Promise<string> {
  const isSocket = fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
  if (isSocket && !(await isAnswered(path))) fs.rmSync(path)
  return path
}
