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
import { AlarmMonitor } from './broker/alarm-monitor.ts'
import { Broker } from './broker/broker.ts'
import { definitionsTarget } from './broker/broker-definitions.ts'
import { importDefinitions } from './broker/definitions/import.ts'
import { defineFirst } from './broker/first-definitions.ts'
import type { Settings } from './config/schema.ts'
import { openFileEngine } from './log/file-engine.ts'
import { isAnswered, Listener } from './net/listener.ts'

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
  readonly kafka: null
  readonly http: null
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
    })
    // Nothing begins any more, and what waits to be settled is.
    opened.push(async () => {
      clock.stop()
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
    const listeners: Listener[] = []
    opened.push(async () => {
      for (const listener of listeners) listener.stopAccepting()
      closeAll(amqp.sessions, "broker forced connection closure with reason 'shutdown'")
      await Promise.all(listeners.map((listener) => listener.close(CLIENTS_GRACE_MS)))
    })
    const listen = async (at: { host: string; port: number } | { path: string }, tls: boolean): Promise<string> => {
      const keys = tls ? { cert: fs.readFileSync(options.tlsCert!), key: fs.readFileSync(options.tlsKey!) } : null
      const listener = await Listener.listen({
        turn,
        at,
        tls: keys,
        open: (transport) => new AmqpSession(amqp, transport),
      })
      listeners.push(listener)
      return listener.address
    }
    const { host, amqpPort, amqpsPort, amqpSocket } = options
    const addresses = {
      amqp: amqpPort === null ? null : await listen({ host, port: amqpPort }, false),
      amqps: amqpsPort === null ? null : await listen({ host, port: amqpsPort }, true),
      amqpSocket: amqpSocket === null ? null : await listen({ path: await freedSocket(amqpSocket) }, false),
      kafka: null,
      http: null,
    }
    return { addresses, userNames: () => [...broker.access.users()].map((user) => user.name), stop }
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
