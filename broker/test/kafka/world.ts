/**
 * Kafka sessions without sockets or time: a broker on a disk in memory, turns run by hand, a clock that stands still, and
 * peers that read and hold back as a test says.
 */
import assert from 'node:assert/strict'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { giveBackAll } from '../../src/base/loan.ts'
import { createLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn, TurnPhase, type TurnTask } from '../../src/base/turn.ts'
import { Broker } from '../../src/broker/broker.ts'
import { STREAM_DEFAULTS, type StreamSettings } from '../../src/broker/stream-settings.ts'
import { KafkaContext, type KafkaSettings } from '../../src/kafka/context.ts'
import type { Handler } from '../../src/kafka/handler.ts'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { type KafkaListener, KafkaSession } from '../../src/kafka/session.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import type { PauseReason, PeerAddress, Transport } from '../../src/net/connection.ts'
import { Output, releaseChunks } from '../../src/net/output.ts'
import type { Api, DecodedResponse, RequestInput } from '../../src/wire/kafka/schema.ts'
import { AnswerReader, decodeAnswer, encodeRequest } from './requests.ts'

export interface WorldOptions {
  readonly settings?: Partial<KafkaSettings>
  readonly streams?: Partial<StreamSettings>
  readonly handlers?: readonly Handler[]
  /** Of a broker before this one, which is not used any more. */
  readonly disk?: MemoryDisk
}

const LISTENER: KafkaListener = { name: 'test', advertised: null, sasl: false }
const LOOPBACK: PeerAddress = {
  address: '127.0.0.1',
  port: 40_000,
  localAddress: '127.0.0.1',
  localPort: 9092,
  loopback: true,
  tls: null,
}

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class World {
  readonly clock = new ManualClock()
  readonly disk: MemoryDisk
  /** What was logged, as JSON, one a line. */
  readonly logged: string[] = []
  readonly peers = new Set<Peer>()
  readonly turn: Turn
  broker!: Broker
  kafka!: KafkaContext
  private armed = false

  private constructor(disk: MemoryDisk) {
    this.disk = disk
    this.turn = new Turn(() => {
      this.armed = true
    })
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const world = new World(options.disk ?? new MemoryDisk())
    const { clock, turn, disk } = world
    const logger = createLogger('info', { write: (line) => world.logged.push(line) })
    const opening = openFileEngine({ disk, clock, turn, logger, random: new SeededRandom(1), tailBytesMax: 64 << 20 })
    const engine = await opening
    const streams: StreamSettings = { ...STREAM_DEFAULTS, groupInitialRebalanceDelayMs: 0, ...options.streams }
    const common = { engine, turn, clock, logger, properties: propertyBlocks, streams }
    world.broker = new Broker({ ...common, loopbackUsers: ['guest'], durability: 'synced' })
    await world.broker.restored()
    if (world.broker.isNew) {
      world.broker.declareVhost('/')
      world.broker.access.addAdministrator('guest', 'guest', '/')
    }
    const settings: KafkaSettings = {
      nodeId: 1,
      socketRequestMaxBytes: 100 << 20,
      connectionsMaxIdleMs: 600_000,
      anonymous: null,
      dataDir: null,
      streams,
      ...options.settings,
    }
    world.kafka = new KafkaContext(world.broker, settings, options.handlers ?? HANDLERS)
    await world.settle()
    return world
  }

  connect(listener: Partial<KafkaListener> = {}, address: Partial<PeerAddress> = {}): Peer {
    const peer = new Peer(this, { ...LOOPBACK, ...address })
    this.peers.add(peer)
    peer.session = new KafkaSession(this.kafka, peer, { ...LISTENER, ...listener })
    return peer
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet++) {
      if (this.step()) quiet = -1
      await idle()
    }
  }

  private step(): boolean {
    let busy = false
    for (const peer of this.peers) if (peer.pump()) busy = true
    if (this.armed) {
      this.armed = false
      this.turn.runNow()
      busy = true
    }
    return busy
  }

  /** Lets time pass, in steps. */
  async pass(ms: number, stepMs = Math.max(1, Math.ceil(ms / 20))): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed))
      await this.settle()
    }
  }

  /** The reasons that were logged for connections the broker closed. */
  closingReasons(): string[] {
    return this.logged
      .map((line) => JSON.parse(line) as { reason?: string; msg: string })
      .filter(({ msg }) => msg === 'closing connection')
      .map(({ reason }) => reason ?? '')
  }

  bugs(): string[] {
    return this.logged.filter((line) => line.includes('a bug in the broker'))
  }
}

/** The far end of a session and the socket between: nothing arrives while the broker does not read. */
export class Peer implements Transport, TurnTask {
  scheduled = false
  readonly output = new Output()
  readonly peer: PeerAddress
  unsent = 0
  bytesIn = 0
  bytesOut = 0
  readsIn = 0
  writesOut = 0
  session!: KafkaSession
  /** The broker has ended the connection. */
  ended = false
  /** Whole answers that arrived, without their sizes. */
  readonly answers: Buffer[] = []
  reading = true
  private readonly world: World
  private readonly reader = new AnswerReader()
  private readonly asked: { api: Api; version: number }[] = []
  private pauses = 0
  private toSend: Uint8Array[] = []
  private kept: Buffer[] = []
  private correlationId = 0
  private gone = false

  constructor(world: World, peer: PeerAddress) {
    this.world = world
    this.peer = peer
  }

  // The broker's side

  flushSoon(): void {
    this.world.turn.schedule(TurnPhase.flush, this)
  }

  runTurn(): void {
    if (this.output.pending === 0) return
    this.bytesOut += this.output.pending
    const { parts, chunks, loans } = this.output.take()
    const bytes = Buffer.concat(parts)
    releaseChunks(chunks)
    giveBackAll(loans)
    if (this.reading) this.answers.push(...this.reader.take(bytes))
    else this.kept.push(bytes)
    this.unsent = this.kept.reduce((sum, one) => sum + one.length, 0)
    if (this.unsent === 0) this.session.writable()
  }

  pause(reason: PauseReason): void {
    this.pauses |= reason
  }

  resume(reason: PauseReason): void {
    this.pauses &= ~reason
  }

  get paused(): boolean {
    return this.pauses !== 0
  }

  end(): void {
    this.runTurn()
    this.ended = true
  }

  destroy(): void {
    this.ended = true
  }

  // The client's side

  /** @returns the correlation id */
  send<A extends Api>(api: A, version: number, request: RequestInput<A>): number {
    const id = ++this.correlationId
    this.asked.push({ api, version })
    this.write(encodeRequest(api, version, id, request))
    return id
  }

  write(octets: Uint8Array): void {
    this.toSend.push(octets)
  }

  /** The answer to the oldest request that has none yet, null if it has not come. `asVersion`: if it is another one. */
  answer<A extends Api>(api: A, asVersion?: number): { correlationId: number; response: DecodedResponse<A> } | null {
    const bytes = this.answers.shift()
    if (bytes === undefined) return null
    const asked = this.asked.shift()!
    assert.equal(asked.api.name, api.name)
    return decodeAnswer(api, asVersion ?? asked.version, bytes)
  }

  /** Sends, lets everything happen that needs no time, and takes the answer, which must have come. */
  async ask<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<DecodedResponse<A>> {
    const id = this.send(api, version, request)
    await this.world.settle()
    const answer = this.answer(api)
    assert.ok(answer, `no answer to ${api.name}: ${this.world.closingReasons().at(-1)}`)
    assert.equal(answer.correlationId, id)
    return answer.response
  }

  stopReading(): void {
    this.reading = false
  }

  readAgain(): void {
    this.reading = true
    this.answers.push(...this.reader.take(Buffer.concat(this.kept.splice(0))))
    this.unsent = 0
    this.session.writable()
  }

  /** The connection breaks. */
  cut(): void {
    if (this.gone) return
    this.gone = true
    this.world.peers.delete(this)
    this.session.closed()
  }

  /** Moves bytes to the broker. @returns whether anything happened. */
  pump(): boolean {
    if (this.ended) {
      this.cut()
      return true
    }
    if (this.toSend.length === 0 || this.paused) return false
    const chunk = this.toSend.length === 1 ? this.toSend[0] : Buffer.concat(this.toSend)
    this.toSend = []
    this.deliver(chunk)
    return true
  }

  /** Bytes reach the broker now, as one chunk. */
  deliver(chunk: Uint8Array): void {
    this.bytesIn += chunk.length
    this.session.receive(chunk)
  }
}
